"""Markdown as plain text."""

from __future__ import annotations

import pytest

from app.plain_text import plain_text
from app.render import plain


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("one\n\ntwo", "one\n\ntwo"),
        ("- one\n- two", "- one\n- two"),
        ("1. one\n2. two", "1. one\n2. two"),
        ("- one\n  - two\n- three", "- one\n  - two\n- three"),
        ("- one\n\n  more\n- two", "- one\n  more\n- two"),
        ("**Instead:** do `x` and *y*", "Instead: do x and y"),
        ("one\ntwo", "one two"),
        ("# Head\n\n> said", "Head\n\nsaid"),
        ("[words](https://a.example)", "words"),
        ("    code\n    more", "code\nmore"),
        ("a < b & c", "a < b & c"),
        ("", ""),
    ],
)
def test_the_words_stay_and_the_marks_go(markdown: str, text: str) -> None:
    assert plain_text(markdown) == text


@pytest.mark.parametrize("sent", ["a_b*c", "1) x", "<b>", "C[1]", "- x", "50% & more | a\\b"])
def test_what_was_escaped_for_markdown_comes_out_as_it_was_sent(sent: str) -> None:
    assert plain_text(f"- {plain(sent)}") == f"- {sent}"
