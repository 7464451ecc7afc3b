"""Duplicated lines, counted from what is remembered of each file."""

from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.measure.conftest import Reader

from graph_sitter_db import measure
from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.ports import Limits

given_files = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PARTS = (
    "one = first(1, 2)\ntwo = second(one)\n",
    "def f(a, b):\n    return a + b * one\n",
    "three = [one, two, one, two]\n",
    "for x in three:\n    f(x, one)\n    f(x, two)\n",
    "# a remark\n",
)


@st.composite
def sources(draw: st.DrawFn) -> dict[str, str]:
    """Files of a few parts, so that they share most of what they say."""
    text = st.lists(st.sampled_from(PARTS), max_size=8).map("".join)
    return draw(st.dictionaries(st.sampled_from(("a.py", "b.py", "c/d.py", "test_e.py")), text))


@given_files
@given(files=sources(), few=st.integers(5, 12), many=st.integers(5, 40))
def test_they_are_those_that_comparing_all_files_finds(
    read: Reader, files: dict[str, str], few: int, many: int
) -> None:
    facts = [_read(read)(text, path) for path, text in files.items()]

    def limits_at(path: str) -> Limits:
        return {"tokens": few if path == "a.py" else many, "lines": 2, "tests": path != "b.py"}

    remembered = [measure.comparable(each, limits_at(each.path)) for each in facts]
    found = measure.duplicated_lines([each for each in remembered if each])
    assert found == measure.duplication(facts, limits_at).lines


@cache
def _read(read: Reader) -> Reader:
    @cache
    def facts(text: str, path: str) -> FileFacts:
        return read(text, path)

    return facts
