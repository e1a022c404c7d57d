"""Both stores do the same: SQLite in a file, and a PostgreSQL that the test starts."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from app.journal import migrate
from app.journal.postgres import COMMAND_SECONDS, Postgres
from app.journal.rounds import Rounds, Unit
from app.journal.store import CHUNK, Batch, Row, Store, StoreUnavailable, open_store
from tests.integration.postgres import Server
from tests.journal.rows import call, decisions, feedback

pytestmark = pytest.mark.integration
NOW = 2_000_000


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty file, or of the database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/folder/journal.sqlite"
    server: Server = request.getfixturevalue("database")
    return server.url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An open store."""
    opened = open_store(url)
    opened.open()
    yield opened
    opened.close()


def batch(*rows: tuple[str, Row], once: tuple[str, ...] = (), until: int = NOW + 1000) -> Batch:
    """A batch of rows and keys."""
    found = Batch(once=[(key, until) for key in once])
    for table, row in rows:
        found.rows[table].append(row)
    return found


def ids(store: Store, card: str) -> list[object]:
    """The ids of the feedback for a card."""
    return [row[0] for row in store.read("SELECT id FROM feedback WHERE card = $1 ORDER BY id", (card,))]


def lists(store: Store, digest: str) -> list[object]:
    """The list of decisions of that digest, if it is there."""
    return [row[0] for row in store.read("SELECT digest FROM decision_list WHERE digest = $1", (digest,))]


def test_rows_come_back_as_they_went_in(store: Store) -> None:
    table, row = feedback(str(uuid4()), comment="Ünïcode – 😀 'quoted' $1 ?", reason=None)
    store.write(batch((table, row)), NOW)
    assert list(store.read("SELECT * FROM feedback WHERE id = $1", (row[0],))) == [row]


def test_a_row_that_is_there_stays_as_it_is(store: Store) -> None:
    id = str(uuid4())
    store.write(batch(feedback(id, outcome="accepted")), NOW)
    store.write(batch(feedback(id, outcome="overridden"), feedback(id)), NOW)
    assert list(store.read("SELECT outcome FROM feedback WHERE id = $1", (id,))) == [("accepted",)]


def test_a_faulty_row_leaves_nothing_of_its_batch(store: Store) -> None:
    card, (table, row) = str(uuid4()), feedback(str(uuid4()), card="x")
    faulty = (table, (row[0], None, *row[2:]))
    with pytest.raises(Exception, match=r"(?i)null"):
        store.write(batch(feedback(str(uuid4()), card=card), faulty), NOW)
    assert ids(store, card) == []
    store.write(batch(feedback("after-" + card, card=card)), NOW)
    assert ids(store, card) == ["after-" + card]


def test_a_key_is_new_once_and_again_after_its_end(store: Store) -> None:
    key, other = str(uuid4()), str(uuid4())
    assert store.write(batch(once=(key, other, key)), NOW) == [True, True, False]
    assert store.write(batch(once=(key,)), NOW + 999) == [False]
    assert store.write(batch(once=(key,), until=NOW + 5000), NOW + 1000) == [True]


def test_a_key_is_new_for_one_of_several_instances(url: str) -> None:
    keys, wins = [str(uuid4()) for _ in range(40)], []

    def compete() -> None:
        own = open_store(url)
        own.open()
        for key in keys:
            wins.extend(key for fresh in own.write(batch(once=(key,)), NOW) if fresh)
        own.close()

    threads = [threading.Thread(target=compete) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert sorted(wins) == sorted(keys)


def test_instances_that_are_sent_the_same_keys_in_another_order_do_not_stop_each_other(url: str) -> None:
    keys = sorted(str(uuid4()) for _ in range(300))
    outcomes: list[tuple[str, bool | Exception]] = []
    together = threading.Barrier(2)

    def compete(keys: list[str]) -> None:
        with closing(open_store(url)) as own:
            own.open()
            rounds = Rounds(own, 0, lambda *_, **__: None, clock=lambda: NOW / 1000)
            units = [Unit((), (key, NOW + 1000), partial(note, key)) for key in keys]
            together.wait(60)
            rounds.round(units)

    def note(key: str, outcome: bool | Exception) -> None:
        outcomes.append((key, outcome))

    threads = [threading.Thread(target=compete, args=(order,)) for order in (keys, keys[::-1])]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert {outcome for _, outcome in outcomes} == {True, False}
    assert sorted(key for key, new in outcomes if new is True) == keys


def test_instances_that_start_together_bring_the_tables_up_to_date_once(url: str) -> None:
    failures: list[Exception] = []
    together = threading.Barrier(4)

    def start() -> None:
        own = open_store(url)
        together.wait(60)
        try:
            own.open()
        except Exception as error:
            failures.append(error)
        own.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    opened = open_store(url)
    opened.open()
    numbers = [number for (number,) in opened.read("SELECT number FROM migration ORDER BY number")]
    opened.close()
    assert (failures, numbers) == ([], list(range(1, len(numbers) + 1)))


def test_retention_goes_by_chunks_and_leaves_what_is_young(store: Store) -> None:
    card = str(uuid4())
    old = [feedback(f"{card}-{number}", card=card, at=1) for number in range(CHUNK + 1)]
    store.write(batch(*old, feedback(f"{card}-young", card=card, at=NOW), once=(card,), until=5), 1)
    assert (store.forget(10, NOW), store.forget(10, NOW)) == (True, False)
    assert ids(store, card) == [f"{card}-young"]
    assert list(store.read("SELECT key FROM remembered WHERE key = $1", (card,))) == []


def test_lists_of_decisions_go_with_the_last_call_that_refers_to_them(store: Store) -> None:
    digest = str(uuid4())
    old, young = call(str(uuid4()), 1, digest), call(str(uuid4()), NOW, digest)
    store.write(batch(decisions(digest), old, young), NOW)
    store.forget(10, NOW)
    assert lists(store, digest) == [digest]
    store.forget(NOW + 1, NOW)
    assert lists(store, digest) == []


class Between:
    """A session in which something happens after lists of decisions are written, before their calls are."""

    def __init__(self, session: Any, then: Callable[[], object]) -> None:
        self._session, self._then = session, then

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    async def executemany(self, sql: str, rows: Any) -> None:
        """Write."""
        await self._session.executemany(sql, rows)
        if "decision_list" in sql:
            await asyncio.to_thread(self._then)


def test_a_list_of_decisions_that_another_instance_is_about_to_refer_to_stays(
    database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.journal.postgres.LOCK_SECONDS", 30.0)  # on a busy machine too
    digest = str(uuid4())
    with closing(Postgres(database.url)) as store, closing(Postgres(database.url)) as other:
        store.open()
        other.open()
        store.write(batch(decisions(digest), call(str(uuid4()), 1, digest)), NOW)
        forgetting = threading.Thread(target=other.forget, args=(10, NOW))

        def forget() -> None:
            forgetting.start()
            forgetting.join(0.25)  # it is over by then, or waits

        store._connection = Between(store._connection, forget)
        store.write(batch(decisions(digest), call(str(uuid4()), NOW, digest)), NOW)
        forgetting.join(60)
        calls = list(other.read("SELECT at FROM hook_call WHERE decided = $1", (digest,)))
        assert (calls, lists(other, digest)) == ([(NOW,)], [digest])


def test_retention_does_not_wait_for_ever_for_an_instance_that_hangs(
    database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.journal.postgres.LOCK_SECONDS", 0.05)
    digest = str(uuid4())
    with closing(Postgres(database.url)) as store, closing(Postgres(database.url)) as other:
        store.open()
        other.open()

        waited: list[float] = []

        def forget() -> None:
            started = time.monotonic()
            with pytest.raises(StoreUnavailable, match="in time"):
                other.forget(10, NOW)
            waited.append(time.monotonic() - started)

        store._connection = Between(store._connection, forget)
        store.write(batch(decisions(digest), call(str(uuid4()), NOW, digest)), NOW)
        assert waited[0] < COMMAND_SECONDS / 2
        assert other.forget(10, NOW) is False


@pytest.fixture
def empty(url: str) -> str:
    """The URL of a store that nobody has opened yet: of a database, a schema of its own."""
    if url.startswith("sqlite:"):
        return url
    schema = f"own_{uuid4().hex}"
    with closing(Postgres(url)) as opened:
        opened.open()
        opened._in_transaction(lambda session: session.execute(f"CREATE SCHEMA {schema}"))
    return f"{url}?search_path={schema}"


INDICES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index'",
    "postgresql": "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()",
}


def test_a_database_of_the_first_version_is_brought_up_to_date_with_all_that_is_in_it(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = str(uuid4())
    first = [each for each in migrate.missing(()) if each.number == 1]
    rows = [decisions(digest), call("old", 1, digest), call("young", NOW, digest), feedback("f")]
    with closing(open_store(empty)) as store:
        with monkeypatch.context() as before:
            before.setattr(migrate, "missing", lambda _: first)
            store.open()
        store.write(batch(*rows, once=("key",)), NOW)
        store.open()
        assert "hook_call_decided" in {name for (name,) in store.read(INDICES[urlsplit(empty).scheme])}
        assert list(store.read("SELECT number FROM migration ORDER BY number"))[:2] == [(1,), (2,)]
        for table, row in rows:
            assert row in set(store.read(f"SELECT * FROM {table}")), table
        assert store.write(batch(once=("key",)), NOW) == [False]


def test_bringing_a_large_table_up_to_date_may_take_longer_than_any_command(
    database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.journal.postgres.COMMAND_SECONDS", 1.0)
    step = migrate.Migration(9990, "slow", ("SELECT pg_sleep(1.5)",))
    monkeypatch.setattr(migrate, "missing", lambda _: [step])
    with closing(Postgres(database.url)) as store:
        store.open()
        assert list(store.read("SELECT name FROM migration WHERE number = 9990")) == [("slow",)]
        store._in_transaction(lambda session: session.execute("DELETE FROM migration WHERE number = 9990"))


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    with pytest.raises(StoreUnavailable):
        store.write(batch(), NOW)
