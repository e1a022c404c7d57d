"""Markdown as plain text, for clients that would show its marks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt  # only some clients show no Markdown

    return MarkdownIt("commonmark")


def plain_text(markdown: str) -> str:
    """The words of a text: a blank line between blocks, a line for each item of a list, and no marks."""
    return "\n\n".join("\n".join(lines) for lines in _blocks(_markdown().parse(markdown)))


def _blocks(tokens: list[Token]) -> Iterator[list[str]]:
    """The lines of each block at the top level."""
    lines: list[str] = []
    depth, mark = 0, ""
    for token in tokens:
        if token.type == "list_item_open":
            depth, mark = depth + 1, f"{token.info}{token.markup} " if token.info else "- "
        elif token.type == "list_item_close":
            depth -= 1
        elif token.content:
            indent = "  " * (depth - bool(mark))
            lines += [f"{indent}{mark}{line}" for line in _said(token).split("\n")]
            mark = ""
        if token.level == 0 and token.nesting < 1 and lines:
            yield lines
            lines = []


def _said(token: Token) -> str:
    if token.children is None:
        return token.content.rstrip("\n")
    return "".join(
        {"softbreak": " ", "hardbreak": " "}.get(each.type, each.content) for each in token.children
    )
