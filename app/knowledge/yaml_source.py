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
_AMBIGUOUS = frozenset(
    each for word in ("yes", "no", "on", "off") for each in (word, word.capitalize(), word.upper())
) | {"y", "n"}
_TEXT = "tag:yaml.org,2002:str"


def read(path: Path, name: str) -> Source:
    """Parse a file. Faults of the YAML itself end up in the source, never as an exception."""
    source = Source(name)
    try:
        source.text = path.read_text(encoding="utf-8")
        node = yaml.compose(source.text, Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        source.faults.append(Fault(name, mark.line + 1 if mark else 1, f"not YAML: {what}"))
        return source
    if node is None:
        source.faults.append(Fault(name, 1, "the file is empty"))
        return source
    try:
        source.data = _value(node, source)
    except RecursionError:
        source.faults.append(Fault(name, 1, "an anchor holds itself"))
    return source


def lines_of(text: str) -> dict[Where, int]:
    """The line of every place in the text of a file that was read without faults."""
    lines: dict[Where, int] = {}
    if node := yaml.compose(text, Loader=_Loader):
        _number(node, (), lines)
    return lines


def _number(node: yaml.Node, where: Where, lines: dict[Where, int]) -> None:
    lines[where] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _number(value, (*where, str(key.value)), lines)
            lines[(*where, str(key.value))] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, each in enumerate(node.value):
            _number(each, (*where, index), lines)


def _value(node: yaml.Node, source: Source) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, source)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, source)
    assert isinstance(node, yaml.SequenceNode)  # there are no others
    return [_inside(node, each, source) for each in node.value]


def _mapping(node: yaml.MappingNode, source: Source) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = key_node.value
        if not isinstance(key, str) or key_node.tag != _TEXT:
            _note(source, key_node, f"put the key {key!s:.40} into quotes")
            key = str(key)
        if key in result:
            _note(source, key_node, f"the key `{key}` stands here twice")
        result[key] = _inside(node, value_node, source)
    return result


def _inside(holder: yaml.CollectionNode, node: yaml.Node, source: Source) -> Any:
    value = _value(node, source)
    if holder.flow_style and isinstance(value, str) and len(value) > _PROSE:
        _note(source, node, "prose does not belong between { } or [ ]")
    return value


def _scalar(node: yaml.ScalarNode, source: Source) -> Any:
    if node.tag != _TEXT:
        kind = node.tag.rpartition(":")[2]
        if kind in _SCALARS and _FORMS[kind].match(node.value):
            return _SCALARS[kind](node.value)
        _note(source, node, f"the tag {node.tag} has no place here")
    if not node.style and node.value in _AMBIGUOUS:
        _note(source, node, f"put `{node.value}` into quotes, or write true or false")
    return node.value


def _note(source: Source, node: yaml.Node, what: str) -> None:
    source.faults.append(Fault(source.file, node.start_mark.line + 1, what))
