"""Key sets at an address: how often they are asked for, and what happens while their server is away."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import msgspec
import pytest

from app.errors import Unauthorised
from app.trust.key_sets import APART_SECONDS, FRESH_SECONDS, KEPT_SECONDS, KeySets
from tests.tokens import JKU, jwks


@dataclass(slots=True)
class Server:
    """A key server with its own clock; `asked` is how often it was asked."""

    body: bytes | None
    now: float = 0.0
    asked: list[str] = field(default_factory=list)

    async def fetch(self, address: str) -> bytes | None:
        """What the server has."""
        self.asked.append(address)
        await asyncio.sleep(0)
        return self.body

    def sets(self) -> KeySets:
        """Key sets that come from here."""
        return KeySets(self.fetch, lambda: self.now)


def server(*names: str) -> Server:
    """A server with these keys."""
    return Server(msgspec.json.encode(jwks(*names)))


async def why(sets: KeySets, kid: str = "ES384") -> str:
    """The reason of a refusal; an empty word where there is a key."""
    try:
        await sets.key(JKU, kid, "ES384")
    except Unauthorised as error:
        return error.reason
    return ""


async def test_a_set_is_fetched_once_and_parsed_once() -> None:
    here = server("ES384")
    sets = here.sets()
    first = await sets.key(JKU, "ES384", "ES384")
    assert await sets.key(JKU, "ES384", "ES384") is first
    assert here.asked == [JKU]


async def test_many_at_once_wait_for_the_same_fetch() -> None:
    here = server("ES384")
    sets = here.sets()
    found = await asyncio.gather(*(sets.key(JKU, "ES384", "ES384") for _ in range(20)))
    assert len(here.asked) == 1
    assert len({id(each) for each in found}) == 1


async def test_a_new_kid_is_looked_for() -> None:
    here = server("ES384")
    sets = here.sets()
    assert await why(sets) == ""
    here.body, here.now = msgspec.json.encode(jwks("ES384 2")), APART_SECONDS
    assert await why(sets, "ES384 2") == ""
    assert await why(sets) == "unknown-key"


async def test_invented_kids_do_not_become_requests() -> None:
    here = server("ES384")
    sets = here.sets()
    for number in range(50):
        assert await why(sets, f"invented {number}") == "unknown-key"
    assert len(here.asked) == 1
    here.now = APART_SECONDS
    assert await why(sets, "invented") == "unknown-key"
    assert len(here.asked) == 2


async def test_an_old_set_is_used_while_it_is_read_again() -> None:
    here = server("ES384")
    sets = here.sets()
    assert await why(sets) == ""
    here.now = FRESH_SECONDS + 1
    here.body = msgspec.json.encode(jwks("ES384 2"))
    assert await why(sets) == ""
    for _ in range(5):
        await asyncio.sleep(0)
    assert await why(sets) == "unknown-key"
    assert len(here.asked) == 2


@pytest.mark.parametrize(
    "body",
    [None, b"", b"<html>", b"[]", b"\xff", b"[" * 5000],
    ids=["away", "empty", "page", "list", "bytes", "deep"],
)
async def test_keys_stay_while_their_server_is_away_but_not_for_ever(body: bytes | None) -> None:
    here = server("ES384")
    sets = here.sets()
    assert await why(sets) == ""
    here.body, here.now = body, KEPT_SECONDS
    assert await why(sets) == ""
    here.now = KEPT_SECONDS + APART_SECONDS + 1
    assert await why(sets) == "keys-unreachable"


async def test_a_server_that_was_never_there_is_asked_again_after_a_while() -> None:
    here = Server(None)
    sets = here.sets()
    assert [await why(sets), await why(sets)] == ["keys-unreachable"] * 2
    assert len(here.asked) == 1
    here.body, here.now = msgspec.json.encode(jwks("ES384")), APART_SECONDS
    assert await why(sets) == ""


async def test_a_key_is_no_good_for_another_algorithm() -> None:
    with pytest.raises(Unauthorised):
        await server("ES384").sets().key(JKU, "ES384", "RS384")


async def test_addresses_do_not_share_their_keys() -> None:
    here = server("ES384")
    sets = here.sets()
    assert await why(sets) == ""
    here.body = None
    with pytest.raises(Unauthorised):
        await sets.key("https://other.example/keys", "ES384", "ES384")


async def test_readiness_names_the_address_that_could_not_be_read_until_it_can() -> None:
    away = server("ES384")
    body, away.body = away.body, None
    sets = away.sets()
    assert await sets.wrong() == ""
    await why(sets)
    assert await sets.wrong() == f"no key set can be read from {JKU}"
    away.body, away.now = body, APART_SECONDS
    await sets.key(JKU, "ES384", "ES384")
    assert await sets.wrong() == ""
