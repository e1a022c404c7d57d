"""What a worker costs before and beside requests: starting, memory, further workers, and unused content."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from app.settings import Settings
from tests.bench.bodies import Body, all_bodies
from tests.bench.connection import Connection, post
from tests.bench.measure import ROUNDS, Series, numbered, path_of, prefetch_keys, ratio, send_round
from tests.bench.servers import Server, service, workers

STARTS = 6
IMPORTS = (
    "import fastapi, httpx, uvicorn; from fhir.resources.R4B import get_fhir_model_class as get; "
    "[get(name) for name in ('Condition', 'MedicationRequest')]"
)
"""FastAPI, uvicorn, httpx, and the two models of fhir.resources that such a service cannot do without."""
CLONED, CLONED_FACT = "avoid-bed-rest", "bed_rest_ordered"
SIZES = (50, 500)


def bodies_of(server: Server) -> dict[str, Body]:
    """The committed bodies by their names."""
    with Connection(server.port) as connection:
        return {each.name: each for each in all_bodies(prefetch_keys(connection))}


def start() -> dict[str, float]:
    """CPU seconds to the first answer, beside importing the libraries alone, in turn; the lowest of a few.

    `again` is with the content that an earlier start has checked, as in the image; `first` checks it itself.
    """
    alone, first, again = [], [], []
    for _ in range(STARTS):
        with tempfile.TemporaryDirectory(prefix="plumbline-content-") as folder:
            alone.append(_imports())
            first.append(_first_answer(f"{folder}/content"))
            again.append(_first_answer(f"{folder}/content"))
    imports, checking, reading = min(alone), min(first), min(again)
    return {
        "imports alone s": imports,
        "first start s": checking,
        "first answer s": reading,
        "ratio": reading / imports,
        "ratio of a first start": checking / imports,
    }


def _imports() -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", IMPORTS], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _first_answer(compiled: str) -> float:
    with service(compiled=compiled) as server:
        body = bodies_of(server)["20 KB"]
        with Connection(server.port) as connection:
            connection.exchange(post(path_of(body), body.first(1)))
        return server.cpu_ns() / 1e9


def memory() -> dict[str, float]:
    """MB of one worker after its first hundred calls; the share (PSS) of each of two, and of their parent."""
    with service():
        pass  # from here on the content need not be checked again
    with service() as one, service(workers="2") as parent:
        body, both = bodies_of(one)["20 KB"], workers(parent)
        for server in (one, *both):
            send_round(server, path_of(body), numbered(body.first, count(1)), 100, Series())
        return {
            "one worker, resident MB": one.memory_mb(),
            "each of two, PSS MB": sum(each.share_mb() for each in both) / 2,
            "their parent, PSS MB": parent.share_mb(),
        }


def two_workers() -> dict[str, float]:
    """CPU a request where two workers share the calls, over that of one."""
    with service() as one, service(workers="2") as parent:
        body, numbers = bodies_of(one)["20 KB"], count(1)
        alone, both, pair = Series(), Series(), workers(parent)
        for _ in range(5):
            send_round(one, path_of(body), numbered(body.first, numbers), 40, alone)
            for server in pair:
                send_round(server, path_of(body), numbered(body.first, numbers), 20, both)
        halves = [(a + b) / 2 for a, b in zip(both.cpu_us[::2], both.cpu_us[1::2], strict=True)]
        both.cpu_us = halves
        return {"one worker µs": alone.cpu(), "two workers µs": both.cpu(), "ratio": ratio(both, alone)}


def untouched_content() -> dict[str, float]:
    """CPU a request with 50 and with 500 recommendations, of which the call touches the same few."""
    with _with(SIZES[0]) as few, _with(SIZES[1]) as many:
        found: dict[str, float] = {}
        for name, body in bodies_of(few).items():
            if name not in ("1 KB", "20 KB"):
                continue
            numbers, series = count(1), {few.port: Series(), many.port: Series()}
            for _ in range(ROUNDS):
                for server in (few, many):
                    into = series[server.port]
                    send_round(server, path_of(body), numbered(body.first, numbers), 60, into)
            found[f"{name}, {SIZES[0]} µs"] = series[few.port].cpu()
            found[f"{name}, {SIZES[1]} µs"] = series[many.port].cpu()
            found[f"{name} ratio"] = ratio(series[many.port], series[few.port])
        return found


@contextmanager
def _with(recommendations: int) -> Iterator[Server]:
    """The service with copies of a recommendation until there are so many, each with a concept of its own."""
    with tempfile.TemporaryDirectory(prefix="plumbline-cards-") as folder:
        cards = Path(folder) / "cards"
        shutil.copytree(Settings().cards, cards)
        own = [each for each in (cards / "recommendations").iterdir() if not each.name.startswith("_")]
        for number in range(recommendations - len(own)):
            _copy(cards, f"untouched-{number:03}")
        with service(cards=str(cards)) as server:
            yield server


def _copy(cards: Path, name: str) -> None:
    """A recommendation that asks whether something is ordered that only itself asks for."""
    fact, folder = name.replace("-", "_"), cards / "recommendations" / name
    shutil.copytree(cards / "recommendations" / CLONED, folder)
    for file in folder.glob("*.yaml"):
        file.write_text(file.read_text(encoding="utf-8").replace(CLONED_FACT, fact), encoding="utf-8")
    label = name.replace("-", " ")
    head = f'title: {label}\npurpose: An order that nobody makes.\nversion: "1"\nsources: [made up]\n'
    (cards / "value-sets" / f"{name}.yaml").write_text(f"{head}words: [{label}]\n", encoding="utf-8")
    with (cards / "facts" / "untouched.yaml").open("a", encoding="utf-8") as facts:
        facts.write(f"{fact}:\n  ask: Is this {label}?\n  label: {label}\n  order: {{in: {name}}}\n")
