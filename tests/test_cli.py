"""The command line: what it prints and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from app import cli, serving
from app.knowledge.load import load
from app.settings import Settings
from tests.content import change, write


def run(*words: str, **environment: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of one command."""
    result = CliRunner().invoke(cli.main, list(words), env=dict(environment))
    return result.exit_code, result.stdout, result.stderr


def test_checking_good_cards_says_what_there_is() -> None:
    code, out, _ = run("check")
    knowledge = load(Settings().cards)
    assert code == 0
    assert f"{len(knowledge.recommendations)} recommendations, {len(knowledge.facts)} facts" in out


def test_checking_faulty_cards_prints_every_fault_and_ends_with_1(tmp_path: Path) -> None:
    code, _, err = run("check", str(tmp_path))
    assert code == 1
    assert [line for line in err.splitlines() if line.startswith(("services.yaml:1:", "groups.yaml:1:"))]
    assert err.splitlines()[-1].endswith(f"faults in {tmp_path}")


def test_checking_works_the_cases_too(tmp_path: Path) -> None:
    root = write(tmp_path)
    line = change(root, "recommendations/thumb-care/cases.yaml", "expect: does not apply", "expect: applies")
    code, _, err = run("check", str(root))
    assert code == 1
    assert err.startswith(f"recommendations/thumb-care/cases.yaml:{line - 2}: Nothing is known.: expected")


def test_a_faulty_site_file_is_checked_and_not_served_with(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text("clients:\n  epic:\n    profil: epic\n", encoding="utf-8")
    for command, expected in (("check", 1), ("serve", 2)):
        code, _, err = run(command, PLUMBLINE_SITE_FILE=str(site))
        said = ["site.yaml:3: there is no `profil` here; did you mean `profile`?", f"1 fault in {site}"]
        assert (code, err.splitlines()) == (expected, said)


def test_serving_faulty_cards_prints_every_fault_and_ends_with_2(tmp_path: Path) -> None:
    code, _, err = run("serve", PLUMBLINE_CARDS=str(tmp_path))
    assert code == 2
    assert "services.yaml:1: this file is missing" in err


@pytest.mark.parametrize("command", ["serve", "check"])
def test_faulty_settings_are_named_and_end_with_2(command: str) -> None:
    code, _, err = run(command, PLUMBLINE_PROT="1")
    assert (code, err.strip()) == (2, "there is no setting PLUMBLINE_PROT; did you mean `PLUMBLINE_PORT`?")


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        (Settings(), "http://127.0.0.1:8000"),
        (Settings(host="::1", port=9000), "http://[::1]:9000"),
        (Settings(public_url="https://cds.example/base"), "https://cds.example/base"),
    ],
)
def test_the_address_is_printed_as_others_reach_it(settings: Settings, address: str) -> None:
    assert serving.address(settings) == address
