"""Reading YAML without its traps: every value with its line, and faults instead of exceptions."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.knowledge.source import Source
from app.knowledge.yaml_source import read


@pytest.fixture
def source(tmp_path: Path, request: pytest.FixtureRequest) -> Source:
    path = tmp_path / "thumb.yaml"
    text = request.param
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path, "thumb.yaml")


@pytest.mark.parametrize(
    ("source", "data"),
    [
        ("a:\nb: ~\nc: null\n", {"a": None, "b": None, "c": None}),
        ("a: true\nb: false\n", {"a": True, "b": False}),
        ("a: 12\nb: -3\nc: 1.50\n", {"a": 12, "b": -3, "c": 1.5}),
        ('a: "12"\nb: "yes"\n', {"a": "12", "b": "yes"}),
        ("a: 007\nb: 1e3\nc: 0x1f\nd: 1_000\n", {"a": "007", "b": "1e3", "c": "0x1f", "d": "1_000"}),
        ("a: 2026-11-20\nb: 12:30\n", {"a": "2026-11-20", "b": "12:30"}),
        ("on: x\nyes: x\n", {"on": "x", "yes": "x"}),
        ("a: TRUE\nb: Null\n", {"a": "TRUE", "b": "Null"}),
        ("<<: {a: b}\n", {"<<": {"a": "b"}}),
    ],
    indirect=["source"],
)
def test_only_null_true_false_and_decimal_numbers_are_more_than_text(
    source: Source, data: dict[str, object]
) -> None:
    assert source.faults == []
    assert source.data == data


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        ("a: x\nb: yes\n", 2, "put `yes` into quotes, or write true or false"),
        ("a:\n  - No\n", 2, "put `No` into quotes, or write true or false"),
        ("a: x\nb: off\n", 2, "put `off` into quotes, or write true or false"),
        ("a: 1\nb: 2\na: 3\n", 3, "the key `a` stands here twice"),
        ("a:\n  b: 1\n  b: 2\n", 3, "the key `b` stands here twice"),
        ("a: x\n404684003: z\n", 2, "put the key 404684003 into quotes"),
        ("true: x\n", 1, "put the key true into quotes"),
        ("a: !!int abc\n", 1, "the tag tag:yaml.org,2002:int has no place here"),
        ("a: !!python/name:os.system x\n", 1, "has no place here"),
        ("a: !thumb x\n", 1, "has no place here"),
        ("a: &b [*b]\n", 1, "an anchor holds itself"),
        ("a: {b: " + "x" * 61 + "}\n", 1, "prose does not belong between { } or [ ]"),
        ("a:\n  [" + "x" * 61 + "]\n", 2, "prose does not belong between { } or [ ]"),
        ("", 1, "the file is empty"),
        ("# nothing\n", 1, "the file is empty"),
        ("a: x\nb: [\n", 3, "not YAML"),
        ("a: x\n\tb: y\n", 2, "not YAML"),
        ("a: x\n---\nb: y\n", 2, "not YAML"),
        ("a: \x07\n", 1, "not YAML"),
        (b"a: \xff\n", 1, "not YAML"),
    ],
    indirect=["source"],
)
def test_a_trap_is_a_fault_on_its_line(source: Source, line: int, said: str) -> None:
    assert [(each.file, each.line) for each in source.faults] == [("thumb.yaml", line)]
    assert said in source.faults[0].what


@pytest.mark.parametrize("source", ["a: x\nb:\n  - c: 1\n    d: 2\n  - e\n"], indirect=True)
def test_every_place_has_its_line(source: Source) -> None:
    assert source.line(("b", 0, "d")) == 4
    assert source.line(("b", 1)) == 5
    assert source.line(()) == 1


@pytest.mark.parametrize("source", ["a: x\nb:\n  c: 1\n"], indirect=True)
def test_a_place_that_is_not_there_has_the_line_of_the_nearest_around_it(source: Source) -> None:
    assert source.line(("b", "d", 7)) == 2
    assert str(source.fault(("b", "d"), "is missing")) == "thumb.yaml:2: is missing"
