"""Strangers' text cannot steer or deceive a terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_sitter_db.present.printable import printable, printable_lines

ANYTHING = st.text(st.characters(exclude_categories=()))  # lone surrogates included


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b2J", r"\x9b2J"),
        ("a\rb\nc", r"a\rb\nc"),
        ("evil\u202egnp.exe", r"evil\u202egnp.exe"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("caf\udce9.py", r"caf\xe9.py"),
        ("naïve 名前 🎉", "naïve 名前 🎉"),
    ],
)
def test_what_is_no_plain_character_is_shown_as_its_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(ANYTHING)
def test_no_control_format_or_surrogate_character_remains(text: str) -> None:
    kinds = {unicodedata.category(char) for char in printable(text)}
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(ANYTHING)
def test_it_changes_nothing_the_second_time(text: str) -> None:
    assert printable(printable(text)) == printable(text)


@given(ANYTHING)
def test_of_lines_only_line_feeds_and_tabs_remain(text: str) -> None:
    shown = printable_lines(text)
    assert shown.count("\n") == text.count("\n")
    assert shown.replace("\n", "").replace("\t", "").isprintable()
