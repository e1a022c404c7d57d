"""SQLite as a store: what is wrong with the file, in words of ours."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.journal.sqlite import BUSY_SECONDS, Sqlite
from app.journal.store import Batch, StoreUnavailable, open_store
from tests.journal.rows import call, decisions, feedback


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Sqlite]:
    """An open store."""
    opened = Sqlite(str(tmp_path / "folder" / "journal.sqlite"))
    opened.open()
    yield opened
    opened.close()


def batch(*ids: str) -> Batch:
    """Reports by their ids."""
    found = Batch()
    found.rows["feedback"] = [feedback(each, comment="x" * 3000)[1] for each in ids]
    return found


def lost(store: Sqlite, *ids: str) -> str:
    """Why a batch cannot be written."""
    with pytest.raises(StoreUnavailable) as caught:
        store.write(batch(*ids), 1)
    return caught.value.why


def pragma(store: Sqlite, text: str) -> None:
    """Set something on the connection of a store."""
    assert store._connection is not None
    store._connection.execute(f"PRAGMA {text}")


def ids(store: Sqlite) -> list[object]:
    """The ids of all reports."""
    return [row[0] for row in store.read("SELECT id FROM feedback ORDER BY id")]


def test_only_the_owner_may_read_the_file_and_its_folder(store: Sqlite) -> None:
    modes = [stat.S_IMODE(each.stat().st_mode) for each in (store.path, store.path.parent)]
    assert modes == [0o600, 0o700]


def test_every_commit_is_synced_to_a_write_ahead_log(store: Sqlite) -> None:
    assert store._connection is not None
    told = [
        store._connection.execute(f"PRAGMA {each}").fetchone()[0] for each in ("journal_mode", "synchronous")
    ]
    assert told == ["wal", 2]


def test_a_full_disk_is_said_and_leaves_nothing_half_written(store: Sqlite) -> None:
    pragma(store, "max_page_count = 30")
    assert lost(store, *map(str, range(50))) == "the disk is full"
    assert ids(store) == []
    pragma(store, "max_page_count = 1000000")
    store.write(batch("a"), 1)
    assert ids(store) == ["a"]


def test_a_file_that_can_only_be_read_is_said(store: Sqlite) -> None:
    pragma(store, "query_only = on")
    assert lost(store, "a") == "the file or its disk can only be read"


def test_a_file_that_another_process_keeps_locked_is_said(store: Sqlite) -> None:
    pragma(store, "busy_timeout = 0")
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert lost(store, "a") == "another process keeps the file locked"
    other.close()
    store.write(batch("a"), 1)


def instructions(store: Sqlite, work: Callable[[], object]) -> int:
    """How many hundred instructions SQLite takes for some work."""
    taken: list[None] = []
    assert store._connection is not None
    store._connection.set_progress_handler(lambda: taken.append(None), 100)
    work()
    store._connection.set_progress_handler(None, 0)
    return len(taken)


def test_forgetting_costs_what_goes_and_not_what_stays(store: Sqlite) -> None:
    lists = [f"d{number}" for number in range(20)]
    kept = Batch(once=[("token", 5)])
    kept.rows["decision_list"] = [decisions(each)[1] for each in lists]
    kept.rows["hook_call"] = [call("old", 1, "d0")[1]]
    kept.rows["hook_call"] += [
        call(f"c{number}", 100, lists[-(number % 10 + 1)])[1] for number in range(10_000)
    ]
    store.write(kept, 1)
    assert instructions(store, lambda: store.forget(10, 50)) < 50
    assert list(store.read("SELECT id FROM hook_call WHERE at < 100")) == []
    assert list(store.read("SELECT digest FROM decision_list WHERE digest = 'd0'")) == []


class Waits:
    """A clock that `then` is told of each time somebody sleeps."""

    def __init__(self, then: Callable[[], object]) -> None:
        self.now, self.then = 0.0, then

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.then()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another process that is about to turn the log on: SQLite refuses a second one at once."""
    opened = sqlite3.connect(tmp_path / "journal.sqlite", isolation_level=None)
    opened.execute("BEGIN IMMEDIATE")
    yield opened
    opened.close()


def test_a_file_that_another_process_is_making_is_waited_for(
    tmp_path: Path, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Waits(lambda: other.execute("ROLLBACK"))
    monkeypatch.setattr("app.journal.sqlite.time", clock)
    opened = Sqlite(str(tmp_path / "journal.sqlite"))
    opened.open()
    opened.write(batch("a"), 1)
    assert (ids(opened), clock.now > 0) == (["a"], True)
    opened.close()


@pytest.mark.usefixtures("other")
def test_a_file_that_another_process_never_lets_go_of_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Waits(lambda: None)
    monkeypatch.setattr("app.journal.sqlite.time", clock)
    with pytest.raises(StoreUnavailable, match="another process keeps the file locked"):
        Sqlite(str(tmp_path / "journal.sqlite")).open()
    assert BUSY_SECONDS <= clock.now < 2 * BUSY_SECONDS


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite"
    file.write_text("not a database" * 500, encoding="utf-8")
    with pytest.raises(StoreUnavailable, match="the file is damaged"):
        Sqlite(str(file)).open()


def test_a_file_that_was_removed_is_said_and_opening_makes_it_anew(store: Sqlite) -> None:
    store.write(batch("a"), 1)
    for each in store.path.parent.iterdir():
        each.unlink()
    assert "the file cannot be used" in lost(store, "b")
    store.open()
    store.write(batch("b"), 1)
    assert ids(store) == ["b"]


def test_a_file_that_was_replaced_is_said(store: Sqlite) -> None:
    store.path.rename(store.path.with_name("old"))
    store.path.touch()
    assert lost(store, "a") == "the file was moved or removed"


def test_a_newer_database_is_used_as_it_is(store: Sqlite) -> None:
    assert store._connection is not None
    store._connection.execute("INSERT INTO migration VALUES (9999, 'from_the_future', 1)")
    store.open()
    store.write(batch("a"), 1)
    assert ids(store) == ["a"]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "mysql://x/y", "", "journal.sqlite"])
def test_a_url_of_no_store_says_which_there_are(url: str) -> None:
    with pytest.raises(ValueError, match=r"sqlite:////absolute/path or postgresql://"):
        open_store(url)


def test_a_url_names_a_file_by_its_path() -> None:
    paths = []
    for url in ("sqlite:///a/b.sqlite", "sqlite:////a/b%20c.sqlite"):
        found = open_store(url)
        assert isinstance(found, Sqlite)
        paths.append(found.path)
    assert paths == [Path("a/b.sqlite"), Path("/a/b c.sqlite")]
