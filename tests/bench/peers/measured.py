"""The same requests to peers in one run: HealthChain, and FastAPI with fhir.resources as people write it.

Beside them a floor that does no more than read the resources that concern us with fhir.resources.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from itertools import count
from pathlib import Path

from tests.bench.bodies import Body, all_bodies
from tests.bench.connection import Connection
from tests.bench.measure import Series, numbered, path_of, prefetch_keys, ratio, send_round
from tests.bench.servers import Server, bare, floor, service

HERE = Path(__file__).parent
FOLDER = HERE.parents[2] / ".bench" / "peers"
ROUNDS = 5
REQUESTS = {"1 KB": 100, "20 KB": 20, "100 KB": 6, "500 KB": 2}


def interpreter() -> Path:
    """Python with HealthChain, installed on first use; CalledProcessError where that cannot be."""
    python = FOLDER / "bin" / "python"
    if not (FOLDER / ".stamp").exists():
        venv.create(FOLDER, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "-r", str(HERE / "requirements.txt")]
        subprocess.run(command, check=True)
        (FOLDER / ".stamp").touch()
    return python


def compare() -> list[dict[str, float | str]]:
    """CPU of each peer, and of the service, over the floor; every request is a patient never seen before."""
    python = str(interpreter())
    with (
        floor() as below,
        bare("tests.bench.peers.reading_app:app") as reading,
        service() as own,
        bare("tests.bench.peers.plain_app:app", sys.executable, "/cds-services") as plain,
        bare("tests.bench.peers.healthchain_app:app", python, "/cds/cds-discovery") as healthchain,
    ):
        with Connection(own.port) as connection:
            keys = prefetch_keys(connection)
        servers = {
            "floor": below,
            "reading alone": reading,
            "service": own,
            "FastAPI": plain,
            "HealthChain": healthchain,
        }
        return [_line(servers, body) for body in all_bodies(keys)]


def _line(servers: dict[str, Server], body: Body) -> dict[str, float | str]:
    numbers = count(1)
    series = {name: Series() for name in servers}
    for round_ in range(ROUNDS + 1):
        for name, server in servers.items():
            into = series[name] if round_ else Series()  # the first round warms up
            send_round(server, _path(name, body), numbered(body.first, numbers), REQUESTS[body.name], into)
    ratios = {name: ratio(each, series["floor"]) for name, each in series.items() if name != "floor"}
    return {"body": body.name, "floor µs": series["floor"].cpu(), **ratios}


def _path(name: str, body: Body) -> str:
    return (
        path_of(body).replace("/cds-services", "/cds/cds-services")
        if name == "HealthChain"
        else path_of(body)
    )
