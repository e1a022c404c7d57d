"""`plumbline journal`: the report and the export as a person runs them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from app import cli
from app.journal.records import Decided, Place
from app.journal.store import Batch, open_store
from tests.journal.rows import feedback

DAY = 86_400_000


def run(*words: str, store: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of one command."""
    result = CliRunner().invoke(cli.main, ["journal", *words], env={"PLUMBLINE_STORE_URL": store})
    return result.exit_code, result.stdout, result.stderr


def decided(name: str, outcome: str, place: Place | None = None) -> Decided:
    """A decision about the patient."""
    unchecked = (("Observation", "not sent", "temperature"),) if outcome == "cannot tell" else ()
    return Decided(name, outcome, None, ("fact",), "warning" if place else None, 0, place, unchecked)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A store of two days: one recommendation that was shown twice, and three that were not."""
    url = f"sqlite:///{tmp_path}/journal.sqlite"
    store, batch = open_store(url), Batch()
    listed = [
        decided("thumb-care", "applies", "shown"),
        decided("rest", "applies", "held back"),
        decided("ice", "cannot tell"),
        decided("silent", "does not apply"),
    ]
    batch.rows["decision_list"] = [("d1", "1.0", "abc", msgspec.json.encode(listed).decode())]
    for day in (0, 1):
        call = (f"call{day}", day * DAY, "ehr", "s", "h", f"i{day}", "p", None, None, "k", "d1", "[]", "{}")
        batch.rows["hook_call"].append(call)
        suggestions = '{"s1": "splint"}'
        batch.rows["card"].append(
            (f"card{day}", day * DAY, "ehr", f"call{day}", "thumb-care", "warning", suggestions)
        )
    batch.rows["feedback"] = [
        feedback("f1", "card0", "accepted", suggestions='["s1"]')[1],
        feedback("f2", "card1", reason="not-recorded", counts_apart=1)[1],
        feedback("f3", "card1", client="another")[1],
    ]
    store.open()
    store.write(batch, 0)
    store.close()
    return url


def test_the_report_says_how_often_and_why(url: str) -> None:
    code, out, _ = run("report", store=url)
    assert code == 0
    assert out.splitlines() == [
        "2 calls",
        "",
        "ice",
        "  decided 2, applied 0, cannot tell 2",
        "  cards 0 (0 %) of decisions",
        "  accepted 0 of cards",
        "  overridden 0 of cards",
        "  not checked: Observation 2",
        "",
        "rest",
        "  decided 2, applied 2, cannot tell 0",
        "  cards 0 (0 %) of decisions",
        "  held back 2, in shadow 0",
        "  accepted 0 of cards",
        "  overridden 0 of cards",
        "",
        "thumb-care",
        "  decided 2, applied 2, cannot tell 0",
        "  cards 2 (100 %) of decisions: warning 2",
        "  accepted 1 (50 %) of cards: splint 1",
        "  overridden 1 (50 %) of cards: not-recorded 1",
        "  overridden because the record lacks something: 1",
    ]


def test_the_report_of_a_time_counts_that_time_only(url: str) -> None:
    code, out, _ = run("report", "--json", "--since", "1970-01-02", "--until", "1970-01-03", store=url)
    lines = {each["recommendation"]: each for each in json.loads(out)["lines"]}
    assert (code, json.loads(out)["calls"]) == (0, 1)
    assert (lines["thumb-care"]["cards"], lines["thumb-care"]["apart"], lines["silent"]["decided"]) == (
        1,
        1,
        1,
    )


def test_the_export_is_csv_with_a_head(url: str) -> None:
    lengths = {"decisions": 8, "cards": 2, "feedback": 3}
    for what, length in lengths.items():
        code, out, _ = run("export", what, store=url)
        rows = list(csv.DictReader(io.StringIO(out)))
        assert (code, len(rows)) == (0, length)
        assert rows[0]["at"].startswith("1970-01-01T00:00:0")
    assert run("export", store=url)[1] == run("export", "decisions", store=url)[1]


def test_a_journal_that_is_not_there_is_said_and_not_made(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite"
    code, out, err = run("report", store=f"sqlite:///{file}")
    assert (code, out, err) == (2, "", f"The journal cannot be read: there is no file {file}\n")
    assert not file.exists()


def test_a_journal_that_cannot_be_opened_is_said_and_ends_with_2(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite"
    file.write_text("not a database" * 500, encoding="utf-8")
    code, out, err = run("report", store=f"sqlite:///{file}")
    assert (code, out, err) == (2, "", "The journal cannot be read: the file is damaged\n")


def test_a_faulty_setting_is_said_and_ends_with_2() -> None:
    code, _, err = run("report", store="mysql://there")
    assert code == 2
    assert "sqlite:////absolute/path or postgresql://" in err
