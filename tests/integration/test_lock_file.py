"""The npm lock file pins by hash, and names no address to download from."""

from __future__ import annotations

import json

from tests.integration.servers import HERE

LOCK = json.loads((HERE / "package-lock.json").read_text())


def test_no_download_address_is_locked() -> None:
    assert [name for name, entry in LOCK["packages"].items() if "resolved" in entry] == []


def test_every_package_is_locked_by_hash() -> None:
    packages = {name: entry for name, entry in LOCK["packages"].items() if name}
    assert {name for name, entry in packages.items() if "integrity" not in entry} == set()


def test_the_medplum_packages_are_pinned_to_one_version() -> None:
    asked = json.loads((HERE / "package.json").read_text())["dependencies"]
    assert set(asked.values()) == {"5.2.13"}
