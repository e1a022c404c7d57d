"""The running servers; each starts once for all integration tests, and stops when they are done."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.integration.patients import everyone
from tests.integration.servers import Running, fhir_server, missing_tool, service


@pytest.fixture(scope="session")
def fhir() -> Iterator[Running]:
    """A real FHIR server that holds every patient of the stories."""
    reason = missing_tool()
    if reason is not None and os.environ.get("CI"):
        pytest.fail(reason)
    if reason is not None:
        pytest.skip(reason)
    with fhir_server(everyone()) as server:
        yield server


@pytest.fixture(scope="session")
def cds() -> Iterator[Running]:
    """The service itself; its deadline leaves room for a busy machine, and is still far from slow-8000."""
    with service(deadline_ms="2000") as server:
        yield server
