"""Used tokens are remembered until they expire, no longer, and not without bound."""

from __future__ import annotations

import pytest

from app.errors import Unauthorised
from app.trust.replays import Replays, name_of
from app.trust.token import read
from tests.tokens import good


def test_a_name_comes_first_once() -> None:
    replays = Replays()
    assert [replays.first("a", 10, 0), replays.first("a", 10, 5), replays.first("b", 10, 5)] == [
        True,
        False,
        True,
    ]


def test_a_name_is_known_until_its_last_second() -> None:
    replays = Replays()
    replays.first("a", 10, 0)
    assert not replays.first("a", 10, 10)
    assert replays.first("a", 20, 10.1)


def test_what_expired_makes_room() -> None:
    replays = Replays(most=2)
    for number in range(100):
        assert replays.first(str(number), number + 1.5, number)


def test_rather_than_forget_one_it_refuses_the_next() -> None:
    replays = Replays(most=2)
    assert replays.first("a", 10, 0)
    assert replays.first("b", 20, 0)
    with pytest.raises(Unauthorised) as caught:
        replays.first("c", 30, 0)
    assert caught.value.reason == "too-many-tokens"
    assert not replays.first("a", 10, 0)
    assert replays.first("c", 30, 11)


def test_a_token_is_remembered_by_its_issuer_and_id_alone() -> None:
    name = name_of(read(good()))
    assert name == name_of(read(good(exp=1_795_000_200)))
    assert name != name_of(read(good(iss="https://other.example")))
    assert name != name_of(read(good(jti="2")))
