"""The house: who may import whom, what the pure core may not know, sizes, docstrings, and no medicine."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

APP = Path(__file__).parent.parent / "app"
MODULES = {
    path.relative_to(APP).with_suffix("").as_posix().replace("/", "."): path for path in APP.rglob("*.py")
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}

VALUES = ("answer", "joined", "record.values", "fhir", "uuids")
CORE = (*VALUES, "knowledge", "facts", "decide", "compose", "suggest", "render", "rate", "protocol.response")
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "account": (*CORE, "asked", "journal.records", "sift"),
    "alternatives": ("protocol", "record.envelope"),
    "answer": (),
    "joined": ("answer",),
    "errors": (),
    "limits": ("errors",),
    "server": ("errors", "limits", "logs", "together", "trust.certificates"),
    "together": (),
    "logs": (),
    "settings_table": ("settings",),
    "doctor": ("knowledge.nearest",),
    "settings": ("knowledge.nearest", "profiles"),
    "plain_text": (),
    "fit": ("plain_text", "profiles", "protocol", "record.values", "render", "suggest", "uuids"),
    "profiles": ("knowledge.fact",),
    "site": ("clients", "compose", "knowledge", "profiles", "rate", "trust"),
    "protocol": ("errors",),
    "record": ("answer", "errors", "protocol.bounds", "protocol.request", "fhir", "turns"),
    "turns": (),
    "knowledge": VALUES,
    "facts": (*VALUES, "knowledge", "record.record", "record.amounts"),
    "sift": ("facts", "knowledge"),
    "asked": ("facts", "knowledge"),
    "decide": (*VALUES, "asked", "knowledge", "facts", "sift"),
    "compose": (*VALUES, "knowledge", "decide"),
    "suggest": (*VALUES, "knowledge", "protocol.response"),
    "render": CORE,
    "rate": CORE,
    "casework": CORE,
    "codings": (*VALUES, "knowledge", "record.readers"),
    "pages": (*CORE, "casework", "catalogue"),
    "catalogue": (*VALUES, "knowledge", "protocol.discovery", "record.prefetch"),
    "answering": (
        *CORE,
        "account",
        "alternatives",
        "clients",
        "errors",
        "journal.records",
        "protocol",
        "record",
        "memory",
    ),
    "trust": ("errors",),
    "compiled": ("knowledge", "logs"),
    "content": ("knowledge",),
    "door": (
        "clients",
        "logs",
        "record.fhir_client",
        "record.outbound",
        "routes.verify",
        "settings",
        "site",
        "trust",
    ),
    "clients": ("knowledge.changes", "profiles", "protocol.request", "rate", "trust"),
    "fhir": (),
    "uuids": (),
    "journal": (*VALUES, "clients", "knowledge", "logs", "protocol.feedback", "repeats", "settings"),
    "memory": (),
    "metrics": (*CORE, "answering", "errors", "logs", "phrases", "protocol.feedback"),
    "phrases": (),
    "tracing": (),
    "serving": ("compiled", "logs", "main", "server", "settings", "workers"),
    "workers": ("logs",),
    "running": ("content", "knowledge", "logs", "metrics", "routes"),
    "repeats": (*CORE, "answering", "clients", "fit", "journal.records", "memory"),
    "routes": (
        "answering",
        "catalogue",
        "clients",
        "errors",
        "fit",
        "journal.store",
        "knowledge",
        "limits",
        "logs",
        "protocol",
        "record",
        "repeats",
        "trust",
        "turns",
    ),
}
"""What a module or package may import besides itself. Only main and cli, which wire, may import all."""

IMPURE = {
    "asyncio", "fastapi", "httpx", "logging", "os", "random", "requests", "secrets", "socket", "starlette",
    "subprocess", "threading", "time", "urllib.request", "uvicorn",
}  # fmt: skip
READS_FILES = {"knowledge.load", "knowledge.yaml_source", "casework", "site"}
SHELL = {
    "trust.key_sets",
    "record.outbound",
    "record.fhir_client",
    "record.hydrate",
    "record.pool",
    "memory",
    "metrics",
    "content",
    "settings_table",
}
SHELL_ROOMS = {
    "compiled",
    "doctor",
    "door",
    "journal",
    "limits",
    "logs",
    "metrics",
    "routes",
    "running",
    "server",
    "serving",
    "settings",
    "together",
    "tracing",
    "turns",
    "workers",
}
PURE = sorted(
    name for name in MODULES if name.split(".")[0] in {*MAY_IMPORT} - SHELL_ROOMS and name not in SHELL
)
CLINICAL = re.compile(
    r"back[ _-]?pain|\bpain(?!t)|lumb(ar|ago)|spin(e|al)|opioid|morphine|naloxone|codone|cauda|benzodiazepine"
    r"|fractur|cancer|tumou?r|metasta|imaging|radiograph|\bmri\b|\bx-?ray|steroid|nsaid|ibuprofen|acetaminophen|\bmme\b"
    r"|sciatica|infection|pregnan|hospice|anticoag|gabapentin|surg(ery|ical)|physical therap",
    re.IGNORECASE,
)
FHIR_NAMES = re.compile(r"imaging_?stud(y|ies)", re.IGNORECASE)


def imported(name: str) -> Iterator[str]:
    """Every module that a module imports, ours without the leading `app.`."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            within = (f"{module}.{each.name}" for each in node.names)
            yield from (each if each.removeprefix("app.") in MODULES else module for each in within)


def functions() -> Iterator[tuple[str, int]]:
    """Every function with its length in lines."""
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name}.{node.name}", (node.end_lineno or 0) - node.lineno + 1


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_point_inward(name: str) -> None:
    room = name.split(".")[0]
    allowed = MAY_IMPORT.get(room)
    if allowed is None:
        assert room in {"__init__", "__main__", "main", "cli"}, f"{name} has no place in MAY_IMPORT"
        return
    ours = [each.removeprefix("app.") for each in imported(name) if each.startswith("app.")]
    wrong = [
        each
        for each in ours
        if each.split(".")[0] != room and not any(f"{each}.".startswith(f"{one}.") for one in allowed)
    ]
    assert wrong == []


@pytest.mark.parametrize("name", PURE)
def test_the_core_knows_no_clock_network_environment_chance_or_framework(name: str) -> None:
    used = {part for each in imported(name) for part in (each, each.split(".")[0])}
    assert used & IMPURE == set()
    if "pathlib" in used:
        assert name in READS_FILES
    for node in ast.walk(TREES[name]):
        assert not isinstance(node, ast.AsyncFunctionDef | ast.Await)
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute):
            assert called.attr not in {"now", "today", "utcnow", "uuid1", "uuid4"}, f"line {called.lineno}"
        if isinstance(called, ast.Name):
            assert called.id not in {"open", "input", "print", "uuid1", "uuid4"}, f"line {called.lineno}"


def test_only_those_who_call_others_know_httpx_and_only_main_wires_it() -> None:
    assert {name for name in MODULES if "httpx" in set(imported(name))} == {
        "main",
        "record.fhir_client",
        "record.outbound",
        "doctor.caller",
    }


@pytest.mark.parametrize("name", sorted(MODULES))
def test_every_module_says_what_it_is_and_stays_short(name: str) -> None:
    assert ast.get_docstring(TREES[name])
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) < 300


def test_functions_stay_short() -> None:
    lengths = dict(functions())
    assert {name: length for name, length in lengths.items() if length > 45} == {}
    assert median(lengths.values()) <= 8


def test_every_public_function_says_what_it_does() -> None:
    for name, tree in TREES.items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                assert node.name.startswith("_") or ast.get_docstring(node), f"{name}.{node.name}"


def test_no_clinical_word_stands_in_the_engine() -> None:
    found = [
        f"{path.relative_to(APP)}:{number}: {line.strip()}"
        for path in sorted(APP.rglob("*"))
        if path.suffix in {".py", ".md", ".html", ".yaml", ".toml"}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if CLINICAL.search(FHIR_NAMES.sub("", line))
    ]
    assert found == []


@pytest.mark.parametrize(
    "word", ["back pain", "low_back_pain", "Lumbar", "imaging", "an opioid", "painful", "spine", "MRI", "MME"]
)
def test_the_search_for_clinical_words_finds_them(word: str) -> None:
    assert CLINICAL.search(FHIR_NAMES.sub("", f"x {word} x"))
    assert not CLINICAL.search(FHIR_NAMES.sub("", "ImagingStudy imagingStudies paint backed"))


def test_cards_hold_no_code() -> None:
    files = [path for path in (APP.parent / "cards").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= {".yaml", ".md", ".json"}
