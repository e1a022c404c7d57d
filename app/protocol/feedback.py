"""What became of our cards: the specification's body, and those of clients that differ from it.

Read tolerantly: a report that is lost because a key has an unusual name helps nobody. Epic says
`overrideReasons`, with the words in an extension, and uses ids that are no UUIDs; the sandbox gives a reason
without display. Refused is what would leave open which card it is about and what happened to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from app.errors import BadRequest

LIMIT = 256 * 1024
"""Bytes of a body: some thousand reports."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_EPIC = "com.epic.cdshooks.feedback.overrideReason."
_WORDS = ("reasonDisplay", "reasonTitle", "reasonCategory")
Outcome = Literal["accepted", "overridden"]


class OverrideReason(Struct, frozen=True):
    """Why a card was set aside: a coding of which any part may be missing."""

    code: str | None = None
    system: str | None = None
    display: str | None = None


class Feedback(Struct, frozen=True):
    """One report. `at` is when it happened (aware), None where the client does not say.

    `accepted` without suggestions is taken: the card was followed, the client does not say how.
    """

    card: str
    outcome: Outcome
    at: datetime | None = None
    suggestions: tuple[str, ...] = ()
    reason: OverrideReason | None = None
    comment: str | None = None


def parse(body: bytes) -> tuple[Feedback, ...]:
    """The reports of a body, in order; BadRequest names the element that is missing or wrong."""
    try:
        sent = msgspec.json.decode(body.removeprefix(_BYTE_ORDER_MARK))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequest("", "The body is not JSON in UTF-8.", "structure") from None
    reports = _object("", sent).get("feedback")
    if not isinstance(reports, list):
        raise BadRequest("feedback", "feedback must be a list.", "structure")
    return tuple(_report(f"feedback[{index}]", each) for index, each in enumerate(reports))


def _report(at: str, sent: object) -> Feedback:
    report = _object(at, sent)
    reason, comment = _override(at, report)
    return Feedback(
        _id(f"{at}.card", report.get("card")),
        _outcome(f"{at}.outcome", report.get("outcome")),
        _moment(f"{at}.outcomeTimestamp", report.get("outcomeTimestamp")),
        tuple(_accepted(f"{at}.acceptedSuggestions", report.get("acceptedSuggestions"))),
        reason,
        comment,
    )


def _outcome(at: str, sent: object) -> Outcome:
    match _id(at, sent).casefold():
        case "accepted":
            return "accepted"
        case "overridden":
            return "overridden"
    raise BadRequest(at, f"{at} must be accepted or overridden.")


def _moment(at: str, sent: object) -> datetime | None:
    text = _text(at, sent)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRequest(at, f"{at} must be a date and time, such as 2026-01-31T12:30:00Z.") from None


def _accepted(at: str, sent: object) -> Iterator[str]:
    """Suggestion ids: of objects with an `id`, of one object alone, or plain strings."""
    listed = sent if isinstance(sent, list) else [] if sent is None else [sent]
    for index, each in enumerate(listed):
        place = f"{at}[{index}]"
        yield _id(f"{place}.id", each.get("id")) if isinstance(each, Mapping) else _id(place, each)


def _override(at: str, report: Mapping[str, Any]) -> tuple[OverrideReason | None, str | None]:
    """The reason and the comment, under whichever of the two names the client uses."""
    for name in ("overrideReason", "overrideReasons"):
        place = f"{at}.{name}"
        override = _object(place, _first(report.get(name)))
        if override:
            return _reason(place, override), _text(f"{place}.userComment", override.get("userComment"))
    return None, None


def _reason(at: str, override: Mapping[str, Any]) -> OverrideReason | None:
    place = f"{at}.reason"
    coding = _object(place, _first(override.get("reason")))
    code, system, display = (
        _text(f"{place}.{key}", coding.get(key)) for key in ("code", "system", "display")
    )
    words = display or _words_of_epic(_object(f"{at}.extension", override.get("extension")))
    return OverrideReason(code, system, words) if code or words else None


def _words_of_epic(extension: Mapping[str, Any]) -> str | None:
    """The clearest of the words that Epic sends; other extensions are not ours to judge."""
    said = (extension.get(_EPIC + each) for each in _WORDS)
    return next((each.strip() for each in said if isinstance(each, str) and each.strip()), None)


def _first(sent: object) -> object:
    """The first of a list, where a client sends a list instead of the one object."""
    return (sent[0] if sent else None) if isinstance(sent, list) else sent


def _object(at: str, sent: object) -> Mapping[str, Any]:
    """An object, empty where nothing was sent."""
    if sent is None and at:
        return {}
    if not isinstance(sent, Mapping):
        raise BadRequest(at, f"{at or 'The body'} must be an object.", "structure")
    return sent


def _text(at: str, sent: object) -> str | None:
    if sent is None:
        return None
    if not isinstance(sent, str):
        raise BadRequest(at, f"{at} must be a string.", "structure")
    return sent.strip() or None


def _id(at: str, sent: object) -> str:
    text = _text(at, sent)
    if text is None:
        raise BadRequest(at, f"{at} is missing.", "required")
    return text
