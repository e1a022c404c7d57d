"""The answer to `GET /cds-services`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

VERSION = "2.0.1"
"""The CDS Hooks specification that is spoken; clients before 3.0 do not know the field and ignore it."""


class ServiceEntry(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", kw_only=True):
    """One service as discovery lists it; `prefetch` maps keys to FHIR queries."""

    hook: str
    id: str
    description: str
    title: str = ""
    prefetch: dict[str, str] = {}
    usage_requirements: str = ""
    version: str = ""


class Discovery(msgspec.Struct, frozen=True, omit_defaults=True):
    """Every service; the list may be empty. `extension` names the content that they are made of."""

    services: list[ServiceEntry]
    extension: Mapping[str, Any] | None = None


def encode(discovery: Discovery) -> bytes:
    """The JSON body."""
    return msgspec.json.encode(discovery)
