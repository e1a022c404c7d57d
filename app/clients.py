"""Who calls: each client with its limits and what it can show. The site file resolves to these."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec.structs import replace

from app.knowledge.changes import Changes
from app.profiles import PROFILES, Profile
from app.protocol.request import HookRequest
from app.rate import RatingProfile
from app.trust.issuers import Trust


def same_host(url: str) -> str:
    """The URL with its scheme and host in small letters: there they mean the same."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{mark}{host.lower()}{slash}{path}"


@dataclass(frozen=True, slots=True)
class Client:
    """One client. `id` is our name for it; `deadline_seconds` is what a hook may take in all.

    Orders are rated only where `rating` says how; `max_cards` is None where the content decides. `hooks` it
    may call (None: all), `fhir_servers` are base URLs without trailing slash that may be asked (None: any),
    `shadow` the recommendations (or compose.ALL) that are decided and recorded but not shown, `changes`
    what the site set otherwise in the content, `trust` how it proves who it is (None: it cannot).
    """

    id: str
    deadline_seconds: float = 0.4
    max_cards: int | None = None
    rating: RatingProfile | None = None
    profile: Profile = PROFILES["spec"]
    hooks: frozenset[str] | None = None
    fhir_servers: frozenset[str] | None = None
    body_limit: int | None = None
    shadow: frozenset[str] = frozenset()
    null_means_not_read: bool = False
    trust: Trust | None = None
    changes: Changes = field(default_factory=Changes)

    def admitted(self, request: HookRequest) -> HookRequest:
        """The request without a server that is not listed, and without nulls where they say nothing."""
        server, prefetch = request.fhir_server, request.prefetch
        if self.fhir_servers is not None and server and same_host(server) not in self.fhir_servers:
            server = None
        if self.null_means_not_read:
            prefetch = {key: raw for key, raw in prefetch.items() if bytes(raw) != b"null"}
        if server is request.fhir_server and prefetch is request.prefetch:
            return request
        token = request.token if server else None
        return replace(request, fhir_server=server, token=token, prefetch=prefetch)
