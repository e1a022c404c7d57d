"""What the journal says of a hook call and of feedback, and the rows that say it. Pure.

Rows hold names of ours, counts, times, UUIDs and keyed hashes: never an identifier, a code, a value or a text
that was sent. A call's decisions stand in a row of their own, without who and when: most calls decide what
many others did, and share it, so that what does not apply costs a call a reference instead of some 2 KB.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Literal, Protocol

import msgspec
from msgspec import Struct

from app.journal.hashes import HashKey
from app.journal.store import Row

Place = Literal["shown", "held back", "in shadow"]


class Decided(Struct, frozen=True, array_like=True):
    """One decision. `order` is the place of its order in the request; `deciding` are criteria, as written.

    `indicator` and `steps` (how many it was made gentler) stand where it applies, and `place` says what came
    of it then; `unchecked` holds source, reason and label of what could not be told.
    """

    recommendation: str
    outcome: str
    order: int | None
    deciding: tuple[str, ...]
    indicator: str | None = None
    steps: int = 0
    place: Place | None = None
    unchecked: tuple[tuple[str, str, str], ...] = ()


class Listed(Struct, frozen=True):
    """All decisions of a call as JSON, and the digest under which it is kept once for all calls."""

    digest: str
    json: str


def listed(content: str, decisions: Iterable[Decided]) -> Listed:
    """The decisions of a call; `content` is the digest of the content that decided."""
    told = msgspec.json.encode(list(decisions))
    return Listed(blake2b(told, digest_size=16, key=content.encode()[:64]).hexdigest(), told.decode())


class Shown(Struct, frozen=True):
    """One card: its uuid, and its suggestions by theirs."""

    uuid: str
    recommendation: str
    indicator: str
    suggestions: dict[str, str]


class Content(Protocol):
    """Which content decided: its version and the SHA-256 of its files."""

    @property
    def version(self) -> str:
        """As the content names itself."""
        ...

    @property
    def digest(self) -> str:
        """Of all its files."""
        ...


class Gap(Protocol):
    """A source, and why it was not read or not whole, in words of ours."""

    @property
    def source(self) -> str:
        """A FHIR resource type."""
        ...

    @property
    def why(self) -> str:
        """The reason."""
        ...


class Account(Protocol):
    """What an answer tells the journal; asked in the writer's thread, off the request's path."""

    @property
    def content(self) -> Content:
        """What decided."""
        ...

    def listed(self) -> Listed:
        """Every decision, whatever its outcome."""
        ...

    def shown(self) -> Iterable[Shown]:
        """The cards, in the order of the response."""
        ...


class HookCall(Struct, frozen=True):
    """One answered call, as references: nothing is worked out before the writer asks for `rows`.

    `at` is in ms since 1970; `not_read` are sources with the reason; `id` is that of the request in the log.
    """

    id: str
    at: int
    client: str
    service: str
    hook: str
    hook_instance: str
    patient: str
    user: str | None
    encounter: str | None
    account: Account
    not_read: Iterable[Gap]
    stage_ms: Mapping[str, float]
    key: HashKey

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Its rows, each with its table."""
        content = self.account.content
        decisions = self.account.listed()
        yield "decision_list", (decisions.digest, content.version, content.digest, decisions.json)
        yield "hook_call", (
            self.id, self.at, self.client, self.service, self.hook,
            self.key.opaque(self.client, self.hook_instance),
            self.key.hash("patient", self.client, self.patient),
            self.key.hash("user", self.client, self.user) if self.user else None,
            self.key.hash("encounter", self.client, self.encounter) if self.encounter else None,
            self.key.id, decisions.digest,
            _json([(each.source, each.why) for each in self.not_read]), _json(self.stage_ms),
        )  # fmt: skip
        for card in self.account.shown():
            suggestions = _json(card.suggestions)
            yield "card", (
                card.uuid, self.at, self.client, self.id, card.recommendation, card.indicator, suggestions
            )  # fmt: skip


class Reason(Struct, frozen=True):
    """An override reason as the journal names it; `apart` where reports count it apart."""

    name: str
    apart: bool = False


class Report(Struct, frozen=True):
    """Feedback as it is kept. `outcome_at` and `at` (when it came) are in ms since 1970.

    `words` are the clinician's, kept only where the installation wants them.
    """

    at: int
    client: str
    service: str
    card: str
    outcome: str
    outcome_at: int | None
    suggestions: tuple[str, ...]
    reason: Reason | None
    words: str | None
    key: HashKey

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Its row; sent again, it has the same id."""
        card = self.key.opaque(self.client, self.card)
        suggestions = sorted({self.key.opaque(self.client, each) for each in self.suggestions})
        reason = self.reason or Reason("")
        told = _json([self.client, card, self.outcome, self.outcome_at, suggestions, reason.name])
        outcome_at = self.at if self.outcome_at is None else self.outcome_at
        yield "feedback", (
            blake2b(told.encode(), digest_size=16).hexdigest(),
            self.at, self.client, self.service, card, self.outcome, outcome_at, _json(suggestions),
            reason.name or None, int(reason.apart), self.words, self.key.id,
        )  # fmt: skip


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
