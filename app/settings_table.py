"""Every setting as a row of the table in docker/README.md."""

from __future__ import annotations

import ast
from inspect import cleandoc, getsource
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import ByteSize

from app.settings import PREFIX, Settings


def table() -> str:
    """Every setting as a row of a Markdown table: its variable, what it may be, its default, what it does."""
    rows = ["| variable | value | default | |", "|---|---|---|---|"]
    said = _said()
    for name, field in Settings.model_fields.items():
        row = (f"`{PREFIX}{name.upper()}`", _kinds(name), _default(field.default), said[name])
        rows.append(f"| {' | '.join(row)} |")
    return "\n".join(rows)


def _said() -> dict[str, str]:
    """What stands below each setting in the code. Pydantic would read it at every start, in 30 ms."""
    (whole,) = ast.parse(getsource(Settings)).body
    assert isinstance(whole, ast.ClassDef)
    return {
        ast.unparse(setting.target): cleandoc(ast.literal_eval(below.value)).replace("\n", " ")
        for setting, below in pairwise(whole.body)
        if isinstance(setting, ast.AnnAssign) and isinstance(below, ast.Expr)
    }


def _kinds(name: str) -> str:
    """What a setting may be, from its type and its bounds."""
    schema = Settings.model_json_schema()["properties"][name]
    kinds = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    return " or ".join(_kind(each) for each in kinds)


def _kind(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(f"`{each}`" for each in schema["enum"])
    above, most = schema.get("exclusiveMinimum"), schema.get("maximum")
    least = schema.get("minimum") if above is None else above + 1
    bounds = f" from {least}" * (least is not None) + f" to {most}" * (most is not None)
    kind = str(schema["type"])
    return {"array": "list", "string": "text"}.get(kind, kind) + bounds


def _default(default: object) -> str:
    if default is None or default == ():
        return ""
    if isinstance(default, ByteSize):
        return f"`{default.human_readable()}`"
    return f"`{default.name if isinstance(default, Path) else default}`"
