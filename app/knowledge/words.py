"""Matching by words: phrases found in text, with negations and doubts as the content lists them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from app.knowledge.shape import Shape

_TOKEN = re.compile(r"[a-z0-9]+|[,;.?]")
_WORD = re.compile(r"[a-z0-9]+\*?|[,;.?]")
_BREAKS = str.maketrans("\r\n•", ";;;")
_STEM = 4
LONG = 2_000
"""Characters: longer texts are heard anew each time, whoever may send them."""
Spans = list[tuple[int, int]]


class Cues(Shape, frozen=True):
    """The phrases that negate or doubt what follows them, and what ends their reach.

    The nearest cue before a word decides, the longer of two that begin together. A negation reaches
    `reach` characters, a doubt to the next ending; a question mark behind a word doubts what stands
    before it. A line break ends every reach. A phrase that begins with a cue ("without dye") is not
    negated by it, one that begins inside it ("history of" in "family history of") is.
    """

    negating: tuple[str, ...]
    doubting: tuple[str, ...]
    ending: tuple[str, ...]
    reach: int


@dataclass(frozen=True, slots=True)
class Spoken:
    """How one value set is put into words; parts of `with_words` joined by ` + ` must all occur."""

    words: tuple[str, ...]
    with_words: tuple[str, ...] = ()
    not_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """The value sets that a text names, and those that it only suspects."""

    sets: frozenset[str] = frozenset()
    suspected: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Phrases:
    """Phrases by the first word (or the start of its stem), so that a text costs its length."""

    by_start: dict[str, list[tuple[list[str], str]]] = field(default_factory=dict)

    def add(self, phrase: str, owner: str) -> None:
        words = _WORD.findall(phrase.lower())
        start = words[0][:_STEM] if words[0].endswith("*") else words[0]
        self.by_start.setdefault(start.rstrip("*"), []).append((words, owner))

    def found(self, tokens: list[str]) -> Iterable[tuple[str, int, int]]:
        """(owner, first token, one past the last token) of every phrase in the text."""
        for position, token in enumerate(tokens):
            for start in {token, token[:_STEM], token[:3], token[:2], token[:1]}:
                for words, owner in self.by_start.get(start, ()):
                    end = position + len(words)
                    if all(map(_same, words, tokens[position:end])) and end <= len(tokens):
                        yield owner, position, end


def _same(word: str, token: str) -> bool:
    return token.startswith(word[:-1]) if word.endswith("*") else word == token


class Listener:
    """Finds which value sets a text names. One is built per content, for all texts."""

    def __init__(self, spoken: Mapping[str, Spoken], cues: Cues) -> None:
        self._phrases, self._with, self._without, self._cues = (_Phrases() for _ in range(4))
        self._reach = cues.reach
        self._company = {
            name: tuple(frozenset(one.split(" + ")) for one in each.with_words)
            for name, each in spoken.items()
            if each.with_words
        }
        for part in frozenset().union(*(parts for each in self._company.values() for parts in each)):
            self._with.add(part, part)
        for name, each in spoken.items():
            for phrases, words in ((self._phrases, each.words), (self._without, each.not_words)):
                for phrase in words:
                    phrases.add(phrase, name)
        for owner, words in (("no", cues.negating), ("maybe", cues.doubting), ("end", cues.ending)):
            for phrase in words:
                self._cues.add(phrase, owner)
        self._remembered = lru_cache(maxsize=4096)(self._hear)

    def hear(self, text: str) -> Heard:
        """The value sets named in a text; what a negation covers is not named."""
        return self._remembered(text) if len(text) <= LONG else self._hear(text)

    def _hear(self, text: str) -> Heard:
        lowered = text.lower().translate(_BREAKS)
        tokens, starts = [], []
        for match in _TOKEN.finditer(lowered):
            tokens.append(match.group())
            starts.append(match.start())
        hits = list(self._phrases.found(tokens))
        if not hits:
            return Heard()
        negated, doubted = self._covered(tokens, starts, lowered)
        spoiled = _by_owner(self._without.found(tokens))
        company = {part for part, first, _ in self._with.found(tokens) if first not in negated}
        certain: set[str] = set()
        suspected: set[str] = set()
        for name, start, end in hits:
            if start in negated or not self._stands(name, start, end, spoiled.get(name, []), company):
                continue
            (suspected if start in doubted else certain).add(name)
        return Heard(frozenset(certain | suspected), frozenset(suspected - certain))

    def _stands(self, name: str, start: int, end: int, spoiled: Spans, company: set[str]) -> bool:
        """Whether a match holds. With company the text is judged as a whole, so one spoiler ends it."""
        if name in self._company:
            return not spoiled and any(parts <= company for parts in self._company[name])
        return not any(first < end and start < last for first, last in spoiled)

    def _covered(self, tokens: list[str], starts: list[int], text: str) -> tuple[set[int], set[int]]:
        """The positions of tokens that a negation covers, and those that a doubt covers."""
        cues = list(_apart(self._cues.found(tokens)))
        ends = [first for owner, first, _ in cues if owner == "end"]
        over: dict[int, str] = {}
        asked: set[int] = set()
        for owner, first, after in cues:
            if owner == "end":
                continue
            if owner == "no":
                over.update((at, "no") for at in range(first + 1, after))
            if owner == "maybe" and _behind(text, tokens, starts, first, after):
                clause = max((end + 1 for end in ends if end < first), default=0)
                asked.update(range(clause, first))
                continue
            stop = min((end for end in ends if end >= after), default=len(tokens))
            limit = starts[after] + self._reach if owner == "no" and after < len(starts) else len(text)
            over.update((at, owner) for at in range(after, stop) if starts[at] < limit)
        negated = {at for at, owner in over.items() if owner == "no"}
        return negated, {at for at, owner in over.items() if owner == "maybe"} | (asked - negated)


def _behind(text: str, tokens: list[str], starts: list[int], first: int, after: int) -> bool:
    """Whether a question mark asks about what stands before it: `this?`, not `?this`."""
    if tokens[first] != "?":
        return False
    return after == len(tokens) or text[starts[first] - 1 : starts[first]].isalnum()


def _apart(found: Iterable[tuple[str, int, int]]) -> Iterator[tuple[str, int, int]]:
    """The cues in their order, without those that stand inside a longer one."""
    past = 0
    for cue in sorted(found, key=lambda each: (each[1], -each[2])):
        if cue[1] >= past:
            past = cue[2]
            yield cue


def _by_owner(found: Iterable[tuple[str, int, int]]) -> dict[str, Spans]:
    spans: dict[str, Spans] = {}
    for owner, start, end in found:
        spans.setdefault(owner, []).append((start, end))
    return spans
