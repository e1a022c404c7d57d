"""The checked content in one file: the same as what it was made of, or not used at all."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app import compiled
from app.knowledge.load import Contents, FaultyContent, contents
from app.settings import Settings
from tests.content import change, write
from tests.test_cli import run

CARDS = Settings().cards


class Start:
    """A content in a folder, and what each start from it says of the compiled file."""

    def __init__(self, folder: Path) -> None:
        self.cards = write(folder / "cards")
        self.file = folder / "kept" / "content"
        self.said: list[dict[str, Any]] = []

    def __call__(self) -> str:
        compiled.load(self.cards, self.file, lambda _, **said: self.said.append(said))
        return str(self.said[-1]["compiled"])


@pytest.fixture
def start(tmp_path: Path) -> Start:
    return Start(tmp_path)


def test_what_is_read_back_is_what_was_checked() -> None:
    whole = contents(CARDS)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(whole), type=Contents) == whole


def test_the_first_start_writes_the_file_and_the_next_reads_it(start: Start) -> None:
    assert start() == "not there"
    assert start() == "used"
    assert start.said[0]["digest"] == start.said[1]["digest"] == contents(start.cards).digest


def test_without_a_file_nothing_is_written(start: Start) -> None:
    compiled.load(start.cards, None, lambda _: pytest.fail("nothing to say"))
    assert not start.file.parent.exists()


def test_a_change_of_any_file_of_the_content_counts(start: Start) -> None:
    start()
    for file in sorted(start.cards.rglob("*.yaml")):
        if file.name == "cases.yaml":  # not read to serve
            continue
        file.write_bytes(file.read_bytes() + b"# changed\n")
        assert start() == "not of this content", file
        assert start() == "used", file


def test_a_file_that_comes_or_goes_counts(start: Start) -> None:
    start()
    (start.cards / "recommendations/thumb-care/note.md").touch()
    assert start() == "not of this content"
    (start.cards / "recommendations/thumb-care/note.md").unlink()
    assert start() == "not of this content"


def test_a_page_that_was_rendered_from_the_content_does_not_count(start: Start) -> None:
    start()
    (start.cards / "rendered").mkdir()
    (start.cards / "rendered/thumb-care.md").touch()
    assert start() == "used"


def test_a_library_that_is_installed_or_replaced_counts(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start()
    (tmp_path / "library-2.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert start() == "not of this content"


def test_our_own_code_counts(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start()
    for part in ("knowledge", "record"):
        (tmp_path / part).mkdir()
    for part in ("answer.py", "fhir.py", "compiled.py", "knowledge/check.py"):
        (tmp_path / part).write_text("# other checks\n", encoding="utf-8")
    monkeypatch.setattr(compiled, "_APP", tmp_path)
    assert start() == "not of this content"
    (tmp_path / "knowledge/check.py").write_text("# and others again\n", encoding="utf-8")
    assert start() == "not of this content"


@pytest.mark.parametrize("place", [0, 31, 32, 63, 64, 500, -1])
def test_a_damaged_file_is_not_used_and_replaced(start: Start, place: int) -> None:
    start()
    held = bytearray(start.file.read_bytes())
    held[place] ^= 1
    start.file.write_bytes(held)
    assert start() == "damaged"
    assert start() == "used"


@pytest.mark.parametrize("length", [0, 1, 32, 64, 400])
def test_a_file_that_was_cut_is_not_used(start: Start, length: int) -> None:
    start()
    start.file.write_bytes(start.file.read_bytes()[:length])
    assert start() == "damaged"


@pytest.mark.parametrize("body", [b"", b"\xc1", b"\x80", msgspec.msgpack.encode({"digest": 1})])
def test_a_file_that_holds_something_else_is_not_used(start: Start, body: bytes) -> None:
    start()
    held = compiled.key_of(start.cards) + body
    start.file.write_bytes(sha256(held).digest() + held)
    assert start() == "of another form"
    assert start() == "used"


@pytest.mark.parametrize("writable", ["file", "parent"])
def test_a_file_that_others_may_write_is_not_used(start: Start, writable: str) -> None:
    start()
    place = start.file if writable == "file" else start.file.parent
    place.chmod(0o777)
    assert start().startswith("others may write it")


def test_nothing_is_written_where_others_may_write(start: Start) -> None:
    start.file.parent.mkdir()
    start.file.parent.chmod(0o777)
    assert start() == "not there, others may write it"
    assert list(start.file.parent.iterdir()) == []


def test_a_place_that_cannot_be_written_is_no_fault(start: Start) -> None:
    start.file.parent.touch()
    assert start().startswith("cannot be read (Not a directory), cannot be written (")


def test_faulty_content_is_not_served_from_the_file_and_leaves_it_as_it_was(start: Start) -> None:
    start()
    before = start.file.read_bytes()
    change(start.cards, "recommendations/thumb-care/card.yaml", "group: pathway", "group: pathways")
    with pytest.raises(FaultyContent):
        start()
    assert start.file.read_bytes() == before


def test_content_that_changes_while_it_is_read_is_not_kept(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = iter((b"before", b"after"))
    monkeypatch.setattr(compiled, "key_of", lambda _: next(keys))
    assert start() == "not there"
    assert not start.file.exists()


def test_the_command_checks_and_writes(start: Start) -> None:
    given = {"PLUMBLINE_CARDS": str(start.cards), "PLUMBLINE_COMPILED": str(start.file)}
    assert run("compile", **given)[0] == 0
    assert start() == "used"
    change(start.cards, "recommendations/thumb-care/card.yaml", "group: pathway", "group: pathways")
    code, _, err = run("compile", **given)
    assert code == 1
    assert err.startswith("recommendations/thumb-care/card.yaml:")


def test_the_command_says_why_it_cannot_write(start: Start) -> None:
    start.file.parent.touch()
    code, _, err = run("compile", PLUMBLINE_CARDS=str(start.cards), PLUMBLINE_COMPILED=str(start.file))
    assert code == 2
    assert f"{start.file}: cannot be written" in err
    assert run("compile", PLUMBLINE_MODE="production")[0] == 2
