"""Rounds of writing: when they try, what they keep, and what they say. Time passes by hand."""

from __future__ import annotations

from typing import Any

from app.journal.rounds import BEAT_SECONDS, FORGET_SECONDS, RETRY_SECONDS, Rounds, Unit
from app.journal.store import StoreUnavailable
from tests.journal.rows import Kept, feedback


class Told:
    """Rounds over a list, with what they said and a clock that is set."""

    def __init__(self, store: Kept, retention_days: int = 0) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.now = 0.0
        self.rounds = Rounds(
            store, retention_days, self.say, tick=lambda: self.now, clock=lambda: 1_000_000 + self.now
        )

    def say(self, event: str, **fields: Any) -> None:
        """Remember an event."""
        self.said.append((event, fields))

    def events(self) -> list[str]:
        """The events that were said."""
        return [event for event, _ in self.said]


def waiting(id: str, outcomes: list[bool | Exception], once: tuple[str, int] | None = None) -> Unit:
    """A unit whose sender waits."""
    return Unit((feedback(id),), once, outcomes.append)


def test_the_first_round_opens_the_store_and_writes() -> None:
    store, outcomes = Kept(), []
    told = Told(store)
    told.rounds.round([waiting("a", outcomes), Unit((feedback("b"),))])
    assert ([row[0] for row in store.rows], outcomes, store.opened) == (["a", "b"], [True], 1)
    assert (told.rounds.written, told.rounds.why, told.said) == (2, "", [])


def test_while_the_store_is_lost_who_waits_is_told_and_calls_are_kept() -> None:
    store, outcomes = Kept(lost="the disk is full"), []
    told = Told(store)
    told.rounds.round([waiting("a", outcomes), Unit((feedback("b"),))])
    assert [type(each) for each in outcomes] == [StoreUnavailable]
    assert (told.rounds.why, len(told.rounds.kept)) == ("the disk is full", 1)
    assert told.said == [("store unavailable", {"why": "the disk is full"})]


def test_a_lost_store_is_tried_again_after_a_while_and_takes_what_was_kept() -> None:
    store, outcomes = Kept(lost="the disk is full"), []
    told = Told(store)
    told.rounds.round([Unit((feedback("a"),))])
    store.lost, tried = "", store.writes
    told.now = RETRY_SECONDS / 2
    told.rounds.round([waiting("b", outcomes)])
    assert (store.writes, [type(each) for each in outcomes]) == (tried, [StoreUnavailable])
    told.now = RETRY_SECONDS
    told.rounds.round([])
    assert ([row[0] for row in store.rows], told.rounds.kept, told.rounds.why) == (["a"], [], "")
    assert told.events() == ["store unavailable", "store available again"]


def test_a_lost_connection_is_opened_again_within_the_round() -> None:
    store, outcomes = Kept(), []
    told = Told(store)
    told.rounds.round([])
    store.opened = 0
    told.rounds.round([waiting("a", outcomes)])
    assert (outcomes, told.said) == ([True], [])


def test_a_faulty_row_is_refused_alone_and_its_words_stay_out_of_the_log() -> None:
    store, outcomes = Kept(faulty=frozenset({"bad", "worse"})), []
    told = Told(store)
    told.rounds.round([waiting("a", outcomes), waiting("bad", outcomes), Unit((feedback("worse"),))])
    assert ([row[0] for row in store.rows], told.rounds.kept, told.rounds.refused) == (["a"], [], 2)
    assert [type(each) for each in outcomes] == [bool, ValueError]
    assert told.events() == ["journal row refused", "journal row refused"]
    assert "Marker8731" not in repr(told.said)


def test_a_store_that_is_lost_while_rows_go_one_by_one_is_not_tried_for_each() -> None:
    class Failing(Kept):
        def write(self, batch: Any, now: int) -> list[bool]:
            if self.writes:
                self.lost = "gone"
            return super().write(batch, now)

    store, outcomes = Failing(opened=1, faulty=frozenset({"bad"})), []
    told = Told(store)
    told.rounds.round([waiting("bad", outcomes), waiting("a", outcomes), Unit((feedback("b"),))])
    assert ([type(each) for each in outcomes], len(told.rounds.kept)) == ([StoreUnavailable] * 2, 1)
    assert store.writes <= 3


def test_an_idle_store_is_written_to_now_and_then() -> None:
    store = Kept()
    told = Told(store)
    told.rounds.round([])
    writes = store.writes
    told.now = BEAT_SECONDS / 2
    told.rounds.round([])
    assert store.writes == writes
    told.now, store.lost = BEAT_SECONDS, "the disk is full"
    told.rounds.round([])
    assert told.rounds.why == "the disk is full"


def test_the_last_round_tries_whatever_the_time() -> None:
    store = Kept(lost="gone")
    told = Told(store)
    told.rounds.round([Unit((feedback("a"),))])
    store.lost = ""
    told.rounds.round([], last=True)
    assert [row[0] for row in store.rows] == ["a"]


def test_keys_are_new_once() -> None:
    outcomes: list[bool | Exception] = []
    told = Told(Kept())
    told.rounds.round([Unit((), ("key", 9), outcomes.append), Unit((), ("other", 9), outcomes.append)])
    told.rounds.round([Unit((), ("key", 9), outcomes.append)])
    assert outcomes == [True, True, False]


class WordLost(Kept):
    """A store whose connection is lost when it has written, before it can say so."""

    def write(self, batch: Any, now: int) -> list[bool]:
        """The first time."""
        fresh = super().write(batch, now)
        if self.writes == 1:
            raise StoreUnavailable("the connection was lost")
        return fresh


def test_a_key_whose_first_try_may_have_been_done_is_not_said_to_be_known() -> None:
    outcomes: list[bool | Exception] = []
    told = Told(WordLost(opened=1))
    told.rounds.round([Unit((), ("key", 9), outcomes.append), waiting("a", outcomes)])
    assert [type(each) for each in outcomes] == [StoreUnavailable, bool]
    assert (told.rounds.why, told.said) == ("", [])
    told.rounds.round([Unit((), ("key", 9), outcomes.append)])
    assert outcomes[-1] is False


def test_keys_go_in_one_order_and_each_asker_hears_of_its_own() -> None:
    class Ordered(Kept):
        def write(self, batch: Any, now: int) -> list[bool]:
            asked.append([key for key, _ in batch.once])
            return super().write(batch, now)

    asked: list[list[str]] = []
    told = Told(Ordered(opened=1, keys={"b"}))
    outcomes: list[tuple[int, bool | Exception]] = []
    units = [
        Unit((), (key, until), lambda outcome, number=number: outcomes.append((number, outcome)))
        for number, (key, until) in enumerate([("c", 9), ("b", 9), ("a", 9), ("a", 1), ("c", 9)])
    ]
    told.rounds.round(units)
    assert asked == [["a", "a", "b", "c", "c"]]
    assert sorted(outcomes) == [(0, True), (1, False), (2, True), (3, False), (4, False)]


def test_rows_of_a_table_go_in_one_order_so_that_two_instances_do_not_lock_each_other() -> None:
    store = Kept()
    Told(store).rounds.round([Unit((feedback("b"),)), Unit((feedback("a"),))])
    assert [row[0] for row in store.rows] == ["a", "b"]


def test_retention_removes_what_is_older_than_its_days_chunk_by_chunk() -> None:
    store = Kept(more=[True])
    told = Told(store, retention_days=2)
    for _ in range(3):
        told.rounds.round([Unit((feedback("a"),))])
    day = 86_400_000
    assert store.forgotten == [1_000_000_000 - 2 * day] * 2
    told.now = FORGET_SECONDS
    told.rounds.round([])
    assert len(store.forgotten) == 3


def test_without_retention_nothing_is_too_old() -> None:
    store = Kept()
    Told(store).rounds.round([])
    assert store.forgotten == [0]


class Unforgetting(Kept):
    """A store that is written to, and does not come to an end with forgetting."""

    tried = 0

    def forget(self, before: int, now: int) -> bool:
        """Count."""
        self.tried += 1
        raise StoreUnavailable("the database does not answer in time")


def test_retention_that_fails_leaves_a_store_that_is_written_to_available_and_says_so() -> None:
    store, outcomes = Unforgetting(), []
    told = Told(store)
    told.rounds.round([waiting("a", outcomes)])
    told.rounds.round([waiting("b", outcomes)])
    assert (outcomes, told.rounds.why) == ([True, True], "")
    why = "the database does not answer in time"
    assert told.said == [("retention failed", {"level": "warning", "why": why})]


def test_retention_that_fails_is_tried_again_when_its_time_has_come_and_not_before() -> None:
    store = Unforgetting()
    told = Told(store)
    for told.now in (0.0, RETRY_SECONDS, BEAT_SECONDS, FORGET_SECONDS - 1):
        told.rounds.round([Unit((feedback("a"),))])
    assert store.tried == 1
    told.now = FORGET_SECONDS
    told.rounds.round([Unit((feedback("a"),))])
    assert store.tried == 2
