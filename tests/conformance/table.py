"""Which test proves which statement, read from the tests themselves, as the table of openapi/README.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.conformance.statements import NOT_OURS, STATEMENTS

TESTS = Path(__file__).parents[1]
README = Path(__file__).parents[2] / "openapi" / "README.md"
BEGIN, END = "<!-- statements: begin (make openapi) -->", "<!-- statements: end -->"


def proofs() -> dict[str, list[str]]:
    """Statement → the tests that are marked with it, as `file::function`."""
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        for name, ids in _marked(ast.parse(text)) if "@holds(" in text else ():
            for each in ids:
                found.setdefault(each, []).append(f"{path.relative_to(TESTS).as_posix()}::{name}")
    return found


def _marked(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "holds":
                    yield node.name, [each.value for each in mark.args if isinstance(each, ast.Constant)]


def table() -> str:
    """The Markdown table."""
    lines = ["| id | level | statement | proof |", "|---|---|---|---|"]
    proved = proofs()
    for name, (level, says) in STATEMENTS.items():
        by = f"not ours, because {NOT_OURS[name]}" if name in NOT_OURS else "<br>".join(proved.get(name, ()))
        lines.append(f"| {name} | {level} | {says} | {by} |")
    return "\n".join(lines)


def renewed(readme: str) -> str:
    """The README with the table as it is now."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"
