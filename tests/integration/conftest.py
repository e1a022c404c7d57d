"""The running servers; each starts once for all integration tests, and stops when they are done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.integration.browser import chromium, missing_browser
from tests.integration.patients import everyone
from tests.integration.postgres import Server, postgres, programs
from tests.integration.servers import Running, fhir_server, missing_tool, needed, service


@pytest.fixture(scope="session")
def fhir() -> Iterator[Running]:
    """A real FHIR server that holds every patient of the stories."""
    needed(missing_tool())
    with fhir_server(everyone()) as server:
        yield server


@pytest.fixture(scope="session")
def database() -> Iterator[Server]:
    """A PostgreSQL of our own; tests bring their own rows, by ids that nobody else uses."""
    needed(None if programs() else "PostgreSQL is not installed")
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def cds() -> Iterator[Running]:
    """The service itself; its deadline leaves room for a busy machine, and is still far from slow-8000."""
    with service(deadline_ms="4000") as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser. While it is open an event loop runs in this thread, so no other file may meet it."""
    needed(missing_browser())
    with chromium() as running:
        yield running
