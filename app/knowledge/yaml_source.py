"""Reading YAML without its traps: every value with its line, no silent booleans, no double keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from app.knowledge.source import Fault, Source, Where

_PROSE = 60


class _Loader(yaml.CSafeLoader):
    """CSafeLoader that resolves only null, true, false and decimal numbers."""


_FORMS = {
    "null": re.compile(r"^(?:~|null|)$"),
    "bool": re.compile(r"^(?:true|false)$"),
    "int": re.compile(r"^-?(?:0|[1-9][0-9]*)$"),
    "float": re.compile(r"^-?(?:0|[1-9][0-9]*)\.[0-9]+$"),
}
_Loader.yaml_implicit_resolvers = {}
for _tag, _starts in (("null", "~n"), ("bool", "tf"), ("int", "-0123456789"), ("float", "-0123456789")):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _FORMS[_tag], list(_starts))
_Loader.yaml_implicit_resolvers[""] = [("tag:yaml.org,2002:null", _FORMS["null"])]

_SCALARS: dict[str, Callable[[str], Any]] = {
    "null": lambda _: None,
    "bool": lambda text: text == "true",
    "int": int,
    "float": float,
}
_AMBIGUOUS = re.compile(r"^(yes|no|on|off|y|n|Yes|No|On|Off|YES|NO|ON|OFF)$")


def read(path: Path, name: str) -> Source:
    """Parse a file. Faults of the YAML itself end up in the source, never as an exception."""
    source = Source(name)
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        source.faults.append(Fault(name, mark.line + 1 if mark else 1, f"not YAML: {what}"))
        return source
    if node is None:
        source.faults.append(Fault(name, 1, "the file is empty"))
        return source
    try:
        source.data = _value(node, (), source)
    except RecursionError:
        source.faults.append(Fault(name, 1, "an anchor holds itself"))
    return source


def _value(node: yaml.Node, where: Where, source: Source) -> Any:
    source.lines[where] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, where, source)
    if isinstance(node, yaml.SequenceNode):
        return [_inside(node, each, (*where, index), source) for index, each in enumerate(node.value)]
    return _scalar(node, where, source)


def _mapping(node: yaml.MappingNode, where: Where, source: Source) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = key_node.value
        if not isinstance(key, str) or key_node.tag != "tag:yaml.org,2002:str":
            source.lines[(*where, str(key))] = key_node.start_mark.line + 1
            source.faults.append(source.fault((*where, str(key)), f"put the key {key!s:.40} into quotes"))
            key = str(key)
        if key in result:
            source.faults.append(
                Fault(source.file, key_node.start_mark.line + 1, f"the key `{key}` stands here twice")
            )
        result[key] = _inside(node, value_node, (*where, key), source)
        source.lines[(*where, key)] = key_node.start_mark.line + 1
    return result


def _inside(holder: yaml.CollectionNode, node: yaml.Node, where: Where, source: Source) -> Any:
    value = _value(node, where, source)
    if holder.flow_style and isinstance(value, str) and len(value) > _PROSE:
        source.faults.append(source.fault(where, "prose does not belong between { } or [ ]"))
    return value


def _scalar(node: yaml.Node, where: Where, source: Source) -> Any:
    kind = node.tag.rpartition(":")[2]
    if kind in _SCALARS and _FORMS[kind].match(node.value):
        return _SCALARS[kind](node.value)
    if kind != "str":
        source.faults.append(source.fault(where, f"the tag {node.tag} has no place here"))
    if not getattr(node, "style", None) and _AMBIGUOUS.match(node.value):
        source.faults.append(source.fault(where, f"put `{node.value}` into quotes, or write true or false"))
    return node.value
