"""The named questions are readable SQL files, one question each."""

import re
from itertools import takewhile

import pytest

from graph_sitter_db.query import named
from graph_sitter_db.query.named import directory, names, question

NAMES = names()


def _text(name: str) -> str:
    return (directory() / f"{name}.sql").read_text(encoding="utf-8")


def _head(name: str) -> str:
    return "".join(takewhile(lambda line: line.startswith("--"), _text(name).splitlines(True)))


def test_there_are_questions() -> None:
    assert {"runs", "symbols", "issues", "compare_symbols", "trend_runs"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_question_opens_with_what_it_answers_and_names_all_its_parameters(name: str) -> None:
    head = _head(name)
    assert head
    assert set(re.findall(r"(?<!\w):(\w+)", head)) == question(name).parameters


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_is_cast_in_words_so_that_sqlalchemy_can_bind_it_too(name: str) -> None:
    assert not re.search(r":\w+::", _text(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_question_is_one_statement_that_only_reads(name: str) -> None:
    body = _text(name).removeprefix(_head(name))
    assert ";" not in body
    assert re.match(r"SELECT|WITH", body)


def test_a_misspelt_parameter_is_refused() -> None:
    with pytest.raises(TypeError, match="runs has no parameter branche"):
        named.ask(None, "runs", branche="main")  # type: ignore[arg-type]
