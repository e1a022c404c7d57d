"""Override reasons by what clients send of them: code and system, a code alone, or words."""

from __future__ import annotations

from collections.abc import Mapping

from app.journal.hashes import HashKey
from app.journal.records import Reason
from app.knowledge.recommendation import OverrideReason as Known
from app.protocol.feedback import OverrideReason

_LONGEST = 200
"""Code points of a client's words that are kept."""


class Reasons:
    """The reasons that our cards offer, found again in feedback.

    Words of a client that are none of ours can hold anything: unless `keep_words`, only their hash is kept,
    which still tells one reason from another.
    """

    def __init__(
        self, known: Mapping[str, Known], own_system: str, key: HashKey, *, keep_words: bool = False
    ) -> None:
        self._key = key
        self._keep_words = keep_words
        self._by_coding: dict[tuple[str | None, str], Reason] = {}
        self._by_words: dict[str, Reason] = {}
        for name, each in known.items():
            reason, code = Reason(name, each.counts_apart), each.code or name
            self._by_coding[each.system or own_system, code] = reason
            self._by_coding.setdefault((None, code), reason)
            self._by_words[each.display.casefold()] = reason

    def named(self, client: str, sent: OverrideReason) -> Reason:
        """Our name for the reason; `unlisted …` when no card of ours offered it."""
        found = self._by_coding.get((sent.system, sent.code or ""))
        found = found or self._by_words.get((sent.display or "").casefold())
        if found:
            return found
        words = sent.display or sent.code or ""
        if self._keep_words:
            return Reason(f"unlisted: {words[:_LONGEST]}")
        coding = "|".join((sent.system or "", sent.code or "", sent.display or ""))
        return Reason(f"unlisted #{self._key.hash('reason', client, coding)[:8]}")
