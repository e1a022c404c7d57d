"""A response as CDS Hooks 1.0 knew it: what later releases added is left out, so that nothing is unknown."""

from __future__ import annotations

from typing import Any

import msgspec

from app.protocol.response import Response

_LATER = ("uuid", "overrideReasons")


def encode(response: Response) -> bytes:
    """The JSON body."""
    body: dict[str, Any] = msgspec.to_builtins(response)
    body.pop("systemActions", None)
    for card in body["cards"]:
        for name in _LATER:
            card.pop(name, None)
        card["source"].pop("topic", None)
        for suggestion in card.get("suggestions", ()):
            suggestion.pop("isRecommended", None)
            for action in suggestion["actions"]:
                _older(action)
        for link in card.get("links", ()):
            link.pop("autolaunchable", None)
    return msgspec.json.encode(body)


def _older(action: dict[str, Any]) -> None:
    """A deletion names what it deletes under `resource`."""
    if "resourceId" in action:
        action["resource"] = action.pop("resourceId")
