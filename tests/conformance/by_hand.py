"""What an analyst types into an EHR that does not read discovery, as a part of openapi/README.md."""

from __future__ import annotations

from app.clients import Client
from app.main import listing
from app.profiles import PROFILES
from tests.calls import content

BEGIN, END = "<!-- by hand: begin (make openapi) -->", "<!-- by hand: end -->"


def block() -> str:
    """Each service that Epic can call: its address, and the queries of its prefetch, a line each."""
    profile = PROFILES["epic"]
    endpoints = listing(
        content(), Client("by-hand", profile=profile, hooks=frozenset(profile.hooks))
    ).endpoints
    parts = []
    for name, endpoint in endpoints.items():
        width = max(len(each.key) for each in endpoint.queries)
        lines = "\n".join(f"{each.key:{width}}  {each.template}" for each in endpoint.queries)
        parts.append(
            f"### {endpoint.service.hook}\n\n`https://<host>/cds-services/{name}`\n\n```\n{lines}\n```"
        )
    return "\n\n".join(parts)


def renewed(readme: str) -> str:
    """The README with the block as it is now."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{block()}\n\n{END}{after}"
