"""Used tokens are remembered until they expire, no longer, and not without bound."""

from __future__ import annotations

import pytest

from app.errors import Unauthorised
from app.trust.replays import Replays, name_of
from app.trust.token import read
from tests.tokens import good


class Clocks:
    """The clock of the wall, which may be set, and one that only goes on."""

    def __init__(self, most: int = 100) -> None:
        self.tick = 0.0
        self.replays = Replays(lambda: self.tick, most)

    def first(self, name: str, until: float, now: float, tick: float | None = None) -> bool:
        """Whether a name comes first at these times; both clocks go alike unless said otherwise."""
        self.tick = now if tick is None else tick
        return self.replays.first(name, until, now)


def test_a_name_comes_first_once() -> None:
    replays = Clocks()
    assert [replays.first("a", 10, 0), replays.first("a", 10, 5), replays.first("b", 10, 5)] == [
        True,
        False,
        True,
    ]


def test_a_name_is_known_until_its_last_second() -> None:
    replays = Clocks()
    replays.first("a", 10, 0)
    assert not replays.first("a", 10, 10)
    assert replays.first("a", 20, 10.1)


def test_what_expired_makes_room() -> None:
    replays = Clocks(most=2)
    for number in range(100):
        assert replays.first(str(number), number + 1.5, number)


def test_rather_than_forget_one_it_refuses_the_next() -> None:
    replays = Clocks(most=2)
    assert replays.first("a", 10, 0)
    assert replays.first("b", 20, 0)
    with pytest.raises(Unauthorised) as caught:
        replays.first("c", 30, 0)
    assert caught.value.reason == "too-many-tokens"
    assert not replays.first("a", 10, 0)
    assert replays.first("c", 30, 11)


def test_a_clock_that_ran_ahead_and_is_set_right_brings_no_token_back() -> None:
    clocks = Clocks()
    clocks.first("a", until=300, now=0, tick=0)
    clocks.first("b", until=90_000, now=86_400, tick=1)
    assert not clocks.first("a", until=300, now=2, tick=2)


def test_a_clock_that_is_set_back_brings_no_token_back() -> None:
    clocks = Clocks()
    clocks.first("a", until=300, now=0, tick=0)
    clocks.first("b", until=-3_000, now=-3_300, tick=400)
    assert not clocks.first("a", until=300, now=-3_200, tick=500)


def test_a_token_is_remembered_by_its_issuer_and_id_alone() -> None:
    name = name_of(read(good()))
    assert name == name_of(read(good(exp=1_795_000_200)))
    assert name != name_of(read(good(iss="https://other.example")))
    assert name != name_of(read(good(jti="2")))
