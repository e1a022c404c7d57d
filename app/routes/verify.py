"""Who is calling: what proves it is said by the trust of each client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from starlette.types import Scope

from app import logs
from app.clients import Client
from app.trust.certificates import SubjectOf, of_connection
from app.trust.issuers import SKEW_SECONDS, Issuers, Trust, check
from app.trust.key_sets import KeySets
from app.trust.replays import RememberOnce, Replays, name_of
from app.trust.token import Token, check_signature, read, refuse

if TYPE_CHECKING:
    import jwt

OTHERS_SHARE = 0.25
"""The part of a client's deadline in which others say whether they have seen its token: a store can hang."""
Verify = Callable[[Scope], Awaitable[Client]]
"""Gives the client that a request comes from; Unauthorised when it is nobody's."""


def anyone(client: Client) -> Verify:
    """Takes every caller for this client."""

    async def verify(_: Scope) -> Client:
        return client

    return verify


class Callers:
    """Takes no caller for a client that cannot prove it.

    `base` is the public URL: a token is meant for one endpoint below it. `anonymous` is whom a caller without
    a token is taken for, if anybody. `remember_once` is shared with other processes, where there are any;
    while it fails or does not answer in time, only this process's own memory holds.
    """

    def __init__(
        self,
        clients: Iterable[Client],
        base: str,
        key_sets: KeySets,
        anonymous: Client | None = None,
        remember_once: RememberOnce | None = None,
        subject_of: SubjectOf = of_connection,
        clock: Callable[[], float] = time.time,
    ) -> None:
        clients = list(clients)
        self._holders = {
            subject: each
            for each in clients
            if each.trust and not each.trust.iss
            for subject in each.trust.subjects
        }
        self._subject_of = subject_of
        self._issuers = Issuers((each, each.trust) for each in clients if each.trust)
        self._anonymous = anonymous
        self._base = base.rstrip("/")
        self._key_sets = key_sets
        self._replays = Replays(time.monotonic)
        self._remember_once = remember_once
        self._clock = clock

    async def keys_wrong(self) -> str:
        """For readiness: what is wrong with the key sets, "" when nothing is."""
        return await self._key_sets.wrong()

    async def __call__(self, scope: Scope) -> Client:
        """The client that a request comes from."""
        subject = self._subject_of(scope)
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if not given:
            return self._without_token(subject)
        token = read(_bearer(given))
        client, trust = self._issuers.of(token)
        logs.line(scope).note(claims=client.id)
        check(token, trust, self._base + scope["path"], self._clock())
        if trust.subjects and subject not in trust.subjects:
            refuse("certificate")
        check_signature(token, await self._key(token, trust))
        await self._first(token, client, scope)
        return client

    def _without_token(self, subject: str | None) -> Client:
        """The client that a certificate alone proves, or whom anybody is taken for."""
        client = self._holders.get(subject or "") or self._anonymous
        return client or refuse("certificate" if subject else "no-token")

    async def _key(self, token: Token, trust: Trust) -> jwt.PyJWK:
        if trust.keys is None:
            return await self._key_sets.key(token.jku or trust.jku[0], token.kid, token.alg)
        return trust.keys.get((token.kid, token.alg)) or refuse("unknown-key")

    async def _first(self, token: Token, client: Client, scope: Scope) -> None:
        """Unauthorised when this token was used before."""
        name, until = name_of(token), token.expires + SKEW_SECONDS
        if not self._replays.first(name, until, self._clock()):
            refuse("replayed")
        if self._remember_once is None:
            return
        try:
            async with asyncio.timeout(OTHERS_SHARE * client.deadline_seconds):
                first = await self._remember_once(name, until)
        except Exception as error:  # advice must not end with the store
            logs.line(scope).note(replays="this process only", **logs.describe(error))
            return
        if not first:
            refuse("replayed")


def _bearer(given: list[bytes]) -> str:
    """The token of the one Authorization header."""
    scheme, _, token = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
    if scheme.lower() != b"bearer" or not token:
        refuse("no-token")
    return token.decode("latin-1")
