"""Whom a client's word is taken from, and what its tokens must say. Pure: `now` is passed in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from itertools import combinations
from typing import Annotated, Any, Generic, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, model_validator

from app.trust.keys import Keys, keys_of
from app.trust.token import Token, refuse

ALWAYS = frozenset({"ES384", "RS384"})
SKEW_SECONDS = 60
"""How far the clocks of a caller and of this machine may differ."""
MOST_LIFE_SECONDS = 3600
"""A token that lives longer is refused: its id would have to be remembered as long."""

C = TypeVar("C")


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname and not parts.username:
        return url
    raise ValueError("must be an https address")


_Text = Annotated[str, StringConstraints(min_length=1, max_length=2048, pattern=r"^\S.*$")]
_Address = Annotated[str, StringConstraints(pattern=r"^[!-~]+$"), AfterValidator(_address)]


def _check_handed_over(jwks: object, accepted: Collection[str]) -> None:
    """ValueError when a key set that was handed over gives away a secret, or nothing to verify with."""
    keys, listed = keys_of(jwks), jwks.get("keys") if isinstance(jwks, dict) else ()
    if any(isinstance(entry, dict) and "d" in entry for entry in listed or ()):
        raise ValueError("`jwks` holds a private key, which must not be used any more")
    if not any(algorithm in accepted for _, algorithm in keys):
        raise ValueError(f"`jwks` holds no key for {' or '.join(sorted(accepted))}; see `algorithms`")


class Trust(BaseModel):
    """Whom to take for a client: an issuer of tokens, holders of certificates, or both together.

    `jku` lists the addresses of key sets that a token may name; the first one counts where it names none.
    With `jwks`, a key set as it was handed over, nothing is ever fetched.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    iss: _Text | None = None
    audiences: tuple[_Text, ...] = ()
    jku: tuple[_Address, ...] = ()
    jwks: dict[str, Any] | None = None
    algorithms: tuple[
        Literal["ES256", "ES512", "RS256", "RS512", "PS256", "PS384", "PS512", "EdDSA"], ...
    ] = ()
    tenants: tuple[_Text, ...] = ()
    subjects: tuple[_Text, ...] = ()

    @model_validator(mode="after")
    def _can_be_verified(self) -> Trust:
        if not self.iss and not self.subjects:
            raise ValueError("needs `iss` (an issuer of tokens), `subjects` (of certificates), or both")
        if self.iss and not self.jku and self.jwks is None:
            raise ValueError("`iss` needs its keys: `jwks`, or the address of a key set in `jku`")
        if not self.iss and (self.jku or self.jwks or self.audiences or self.algorithms or self.tenants):
            raise ValueError("without `iss` no token is read; only `subjects` has a meaning")
        if self.jwks is not None:
            _check_handed_over(self.jwks, self.accepted)
        return self

    @cached_property
    def accepted(self) -> frozenset[str]:
        """The algorithms of this issuer's tokens."""
        return ALWAYS.union(self.algorithms)

    @cached_property
    def keys(self) -> Keys | None:
        """The keys that were handed over, or None where they are fetched."""
        return None if self.jwks is None else keys_of(self.jwks)


def check(token: Token, trust: Trust, endpoint: str, now: float) -> None:
    """Everything but the signature and the replay, at `now` (seconds since 1970); Unauthorised says why."""
    if token.alg not in trust.accepted:
        refuse("algorithm")
    if token.jku is not None and token.jku not in trust.jku:
        refuse("jku")
    if not _meant(token.audiences, {endpoint, *trust.audiences}):
        refuse("audience")
    if token.expires <= now - SKEW_SECONDS:
        refuse("expired")
    if max(token.not_before, token.issued) > now + SKEW_SECONDS:
        refuse("not-yet-valid")
    if not 0 < token.expires - token.issued <= MOST_LIFE_SECONDS:
        refuse("lifetime")


def _meant(audiences: Iterable[str], ours: Collection[str]) -> bool:
    """Whether one of the audiences is one of ours; a slash at the end makes no difference."""
    return not {each.rstrip("/") for each in audiences}.isdisjoint(each.rstrip("/") for each in ours)


class Issuers(Generic[C]):
    """Clients by the issuer of their tokens, and by tenant where several share an issuer."""

    def __init__(self, trusted: Iterable[tuple[C, Trust]]) -> None:
        self._by_issuer: dict[str, list[tuple[C, Trust]]] = {}
        for client, trust in trusted:
            if trust.iss:
                self._by_issuer.setdefault(trust.iss, []).append((client, trust))

    def of(self, token: Token) -> tuple[C, Trust]:
        """The client that a token claims to come from; Unauthorised when there is none."""
        known = self._by_issuer.get(token.iss)
        if not known:
            refuse("issuer")
        for client, trust in known:
            if not trust.tenants or token.tenant in trust.tenants:
                return client, trust
        refuse("tenant")


def clashes(trusts: Mapping[str, Trust]) -> list[str]:
    """What makes callers ambiguous, by client id: an issuer and tenant, or a certificate, of two clients."""
    faults: list[str] = []
    for (name, one), (other, two) in combinations(trusts.items(), 2):
        if one.iss and one.iss == two.iss and _overlap(one.tenants, two.tenants):
            faults.append(f"{name} and {other} have the same `iss`: tell them apart by `tenants`")
        if not one.iss and not two.iss and set(one.subjects) & set(two.subjects):
            faults.append(f"{name} and {other} have the same subject in `subjects`")
    return faults


def _overlap(some: Collection[str], others: Collection[str]) -> bool:
    """Whether two lists of tenants can mean the same one; no list means any."""
    return not some or not others or not set(some).isdisjoint(others)
