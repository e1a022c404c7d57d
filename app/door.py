"""Who is let in, as the settings and the site file say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from ipaddress import ip_network
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from app.clients import Client
from app.logs import Say
from app.record.fhir_client import Fetched, FhirClient
from app.routes.verify import Callers, Verify, anyone
from app.settings import FaultySettings, Settings
from app.site import UNKNOWN, Site
from app.trust.certificates import of_connection, of_proxy
from app.trust.key_sets import KeySets
from app.trust.replays import RememberOnce

if TYPE_CHECKING:
    from app.record.outbound import Networks

KEY_SECONDS = 3.0
KEY_BYTES = 256 * 1024
NOBODY_MAY_CALL = (
    "PLUMBLINE_SITE_FILE: nobody may call yet. Give clients a `trust` there, as in docker/site.example.yaml, "
    "or set PLUMBLINE_ALLOW_ANONYMOUS=true to let in everybody who can reach the port"
)
NO_CERTIFICATES = (
    "PLUMBLINE_SITE_FILE: `subjects` of certificates are listed, but nobody looks at certificates: set "
    "PLUMBLINE_TLS_CLIENT_AUTHORITY where TLS ends here, or PLUMBLINE_SUBJECT_HEADER where a proxy ends it"
)
NO_PUBLIC_URL = (
    "PLUMBLINE_PUBLIC_URL: is needed, because a client's token is meant for one address; give the base URL "
    "that clients call, without /cds-services"
)


def verifier(
    settings: Settings, site: Site, fhir: FhirClient, remember_once: RememberOnce | None = None
) -> Verify:
    """Who is let in. FaultySettings where that would be nobody, or where tokens could not be meant for us;
    OSError where SSL_CERT_FILE cannot be read.

    `remember_once` is asked where other processes share the store: those of a database, or other workers.
    """
    unknown, clients = site.clients[UNKNOWN], site.clients.values()
    if settings.mode == "development":
        return anyone(unknown)
    if faults := list(_faults(settings, clients)):
        raise FaultySettings(faults)

    async def key_set(address: str) -> bytes | None:
        answer = await fhir.get(urljoin(address, "/"), address, None, KEY_SECONDS, KEY_BYTES)
        return answer.body if isinstance(answer, Fetched) else None

    if any(client.trust and client.trust.iss for client in clients):
        import_module("jwt")  # now, not in the first call
    if any(client.fhir_servers or _key_sets(client) for client in clients):
        fhir.open()
    anonymous = unknown if settings.allow_anonymous else None
    alone = settings.workers == 1 and settings.store.startswith("sqlite:")
    shared = None if alone else remember_once
    header = settings.subject_header
    subject_of = of_proxy(header, settings.proxies) if header else of_connection
    return Callers(clients, settings.public_url or "", KeySets(key_set), anonymous, shared, subject_of)


def _faults(settings: Settings, clients: Iterable[Client]) -> Iterator[str]:
    """What a service outside development must not start with."""
    trusts = [client.trust for client in clients if client.trust]
    if not trusts and not settings.allow_anonymous:
        yield NOBODY_MAY_CALL
    if not settings.public_url and any(trust.iss for trust in trusts):
        yield NO_PUBLIC_URL
    if any(trust.subjects for trust in trusts) and not (
        settings.subject_header or settings.tls_client_authority
    ):
        yield NO_CERTIFICATES
    for client in clients:
        for server in sorted(client.fhir_servers or ()):
            if not server.startswith("https:"):
                yield f"PLUMBLINE_SITE_FILE: {server} of {client.id} must be https outside development"


def networks(settings: Settings, site: Site) -> Networks:
    """Where servers may be that are not public: in networks of the settings, or listed by their address."""
    listed = [url for each in site.clients.values() for url in (*(each.fhir_servers or ()), *_key_sets(each))]
    own = []
    for url in listed:
        with suppress(ValueError):  # a name, whose addresses are looked at when it is called
            own.append(ip_network(urlsplit(url).hostname or ""))
    return (*settings.private_networks, *own)


def _key_sets(client: Client) -> tuple[str, ...]:
    return client.trust.jku if client.trust else ()


async def tell(settings: Settings, site: Site, say: Say) -> None:
    """Say in the log who is let in: at every start, and as a warning where it is everybody."""
    trusted = sorted(client.id for client in site.clients.values() if client.trust)
    if settings.mode == "development":
        say("development", level="warning", callers="anybody here, without a token", fhir_servers="any")
    elif settings.allow_anonymous:
        say("anonymous", level="warning", callers="anybody, without a token", trusted=trusted)
    else:
        say("callers", trusted=trusted)
