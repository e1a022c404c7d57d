"""The audit never calls what was not checked fine, and never passes what is vulnerable."""

from __future__ import annotations

import json

from tests.audit import SKIPPED, verdict

ASKED = {"name": "sound", "version": "1.0", "vulns": []}
UNKNOWN = {"name": "private", "skip_reason": "Dependency not found on PyPI"}
BAD = {"name": "bad", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]}


def said(*dependencies: object) -> tuple[int, list[str]]:
    """The verdict on what pip-audit printed."""
    return verdict(json.dumps({"dependencies": dependencies}))


def test_what_is_vulnerable_fails_and_names_the_mend() -> None:
    code, lines = said(ASKED, BAD)
    assert (code, lines[0]) == (1, "bad 2.0: PYSEC-1, fixed in ['2.1']")


def test_what_was_asked_and_is_sound_passes() -> None:
    assert said(ASKED) == (0, ["audit: 1 packages, 0 vulnerabilities"])


def test_one_that_could_not_be_asked_is_named() -> None:
    code, lines = said(ASKED, UNKNOWN)
    assert (code, lines[0]) == (0, "audit: not known to the advisory service: private")


def test_nothing_asked_is_said_and_is_no_failure() -> None:
    assert said(UNKNOWN) == (0, [SKIPPED])
    assert verdict("") == (0, [SKIPPED])
