"""What is known to be prose without asking the grammar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_sitter_db import languages
from graph_sitter_db.extract.commented_code import _is_prose
from graph_sitter_db.extract.syntax_table import parser
from graph_sitter_db.model.keys import Language

NAMES = "a the f rb x0 3 don't"
KEYWORDS = "if in is not print return await async match case type of as from import class new get"
SIGNS = """= == ( ) [ ] { } : , . ; => + ' " 'a' \""" f" `t` # // / < >"""
WORDS = [*f"{NAMES} {KEYWORDS} {SIGNS}".split(), '"b c"', "\n", "\\\n"]


@pytest.mark.parametrize("language", [Language.PYTHON, Language.TYPESCRIPT, Language.TSX])
@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=12))
def test_no_grammar_takes_for_code_what_is_taken_for_prose(
    language: Language, words: list[str]
) -> None:
    text = " ".join(words) + "\n"
    if _is_prose(text, languages.spec(language)):
        assert parser(language).parse(text.encode()).root_node.has_error


@pytest.mark.parametrize(
    "code", ['x = "a" f"{b}"', "x = 'it' rb'''s'''", "print 'a', b", "if a: b"]
)
def test_strings_side_by_side_and_keywords_are_no_prose(code: str) -> None:
    assert not _is_prose(code, languages.spec(Language.PYTHON))


@pytest.mark.parametrize("prose", ["we don't (yet)", "see that (it)", 'the "name" (is) given'])
def test_words_side_by_side_and_apostrophes_are_prose(prose: str) -> None:
    assert _is_prose(prose, languages.spec(Language.PYTHON))
    assert _is_prose(prose, languages.spec(Language.TYPESCRIPT))
