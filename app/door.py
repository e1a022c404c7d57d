"""Who is let in, as the settings and the site file say."""

from __future__ import annotations

from urllib.parse import urljoin

from structlog.typing import FilteringBoundLogger

from app.record.fhir_client import Fetched, FhirClient
from app.routes.verify import Callers, Verify, anyone
from app.settings import FaultySettings, Settings
from app.site import UNKNOWN, Site
from app.trust.key_sets import KeySets
from app.trust.replays import RememberOnce

KEY_SECONDS = 3.0
KEY_BYTES = 256 * 1024
NOBODY_MAY_CALL = (
    "PLUMBLINE_SITE_FILE: nobody may call yet. Give clients a `trust` there, as in docker/site.example.yaml, "
    "or set PLUMBLINE_ALLOW_ANONYMOUS=true to let in everybody who can reach the port"
)
NO_PUBLIC_URL = (
    "PLUMBLINE_PUBLIC_URL: is needed, because a client's token is meant for one address; give the base URL "
    "that clients call, without /cds-services"
)


def verifier(
    settings: Settings, site: Site, fhir: FhirClient, remember_once: RememberOnce | None = None
) -> Verify:
    """Who is let in. FaultySettings where that would be nobody, or where tokens could not be meant for us.

    `remember_once` is asked where other processes share the store: a database, not a file.
    """
    unknown, clients = site.clients[UNKNOWN], list(site.clients.values())
    if settings.mode == "development":
        return anyone(unknown)
    if not settings.allow_anonymous and not any(client.trust for client in clients):
        raise FaultySettings([NOBODY_MAY_CALL])
    if not settings.public_url and any(client.trust and client.trust.iss for client in clients):
        raise FaultySettings([NO_PUBLIC_URL])

    async def key_set(address: str) -> bytes | None:
        answer = await fhir.get(urljoin(address, "/"), address, None, KEY_SECONDS, KEY_BYTES)
        return answer.body if isinstance(answer, Fetched) else None

    anonymous = unknown if settings.allow_anonymous else None
    shared = None if settings.store.startswith("sqlite:") else remember_once
    return Callers(clients, settings.public_url or "", KeySets(key_set), anonymous, shared)


async def tell(settings: Settings, site: Site, log: FilteringBoundLogger) -> None:
    """Say in the log who is let in: at every start, and as a warning where it is everybody."""
    trusted = sorted(client.id for client in site.clients.values() if client.trust)
    if settings.mode == "development":
        log.warning(
            "development",
            level="warning",
            callers="anybody on this machine, without a token",
            host=settings.host,
        )
    elif settings.allow_anonymous:
        log.warning("anonymous", level="warning", callers="anybody, without a token", trusted=trusted)
    else:
        log.info("callers", trusted=trusted)
