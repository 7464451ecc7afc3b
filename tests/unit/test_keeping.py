"""What is kept of an analysis changes nothing but the time the next one takes."""

import hashlib
import pickle
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graph_sitter_db import keeping, plugins
from graph_sitter_db.keeping import kept
from graph_sitter_db.languages import family_of, language_of
from graph_sitter_db.model.facts import Source
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.relations import Relations
from graph_sitter_db.model.snapshot import Analysis, Origin
from graph_sitter_db.pipeline import Recipe, analyse
from graph_sitter_db.settings import Settings

RECIPE = Recipe.of(Settings(enable=tuple(rule.name for rule in plugins.rules())))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRAPH_SITTER_DB_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


@pytest.mark.parametrize("family", Family)
@pytest.mark.parametrize("is_related", [False, True])
def test_an_analysis_of_what_is_kept_is_equal_to_one_of_bytes(
    family: Family, is_related: bool
) -> None:
    sources = [*examples(family)]
    assert len(sources) > 30
    anew, again = (
        analysed(sources, family, is_related=is_related, count=count) for count in (0, len(sources))
    )
    assert plain(again) == plain(anew)


def test_a_changed_file_is_read_anew_and_the_others_are_not() -> None:
    sources = [source(f"m{n}.py", b"def f(x=[]):\n    return x\n") for n in range(3)]
    analysed(sources, Family.PYTHON, count=0)
    sources[1] = source("m1.py", b"def g(x=()):\n    return x\n")
    after = analysed(sources, Family.PYTHON, count=2)
    assert [
        [
            (each.rule, each.finding.symbol)
            for each in file.issues
            if each.rule != "missing_docstring"
        ]
        for file in after.files
    ] == [[("mutable_default", "f")], [], [("mutable_default", "f")]]


def test_nothing_is_taken_from_another_path_rule_or_limit() -> None:
    content = b"def f(x=[]):\n    return x\n"
    analysed([source("m.py", content)], Family.PYTHON, count=0)
    other = Recipe.of(Settings(limits={"long_function": {"lines": 7}}))
    for path, recipe in (("n.py", RECIPE), ("m.py", other)):
        with kept(recipe.definitions) as before:
            assert before and before.get(source(path, content)) is None


@pytest.mark.parametrize("damage", [b"", b"no database", b"SQLite format 3\0" + bytes(4096)])
def test_a_damaged_file_is_replaced(folder: Path, damage: bytes) -> None:
    sources = [source("m.py", b"x = 1\n")]
    analysed(sources, Family.PYTHON, count=0)
    (folder / "versions.sqlite").write_bytes(damage)
    for leftover in folder.glob("versions.sqlite-*"):
        leftover.unlink()
    analysed(sources, Family.PYTHON, count=0)
    analysed(sources, Family.PYTHON, count=1)


class Hostile:
    def __reduce__(self) -> Any:
        return Path.touch, (Path("ran"),)


@pytest.mark.parametrize("value", [b"", b"?", pickle.dumps(Hostile()), pickle.dumps((1, {}))])
def test_a_value_that_is_none_of_ours_runs_nothing(
    folder: Path, value: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    sources = [source("m.py", b"x = 1\n")]
    analysed(sources, Family.PYTHON, count=0)
    with closing(sqlite3.connect(folder / "versions.sqlite")) as connection, connection:
        connection.execute("UPDATE versions SET value = ?", [value])
    analysed(sources, Family.PYTHON, count=0)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("chosen", ["off", "/dev/null/kept"])
def test_nothing_is_kept_where_it_is_not_wanted_or_cannot_be(
    chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPH_SITTER_DB_CACHE", chosen)
    with kept(RECIPE.definitions) as before:
        assert before is None


def test_what_was_used_longest_ago_makes_room(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = iter(range(1, 9))
    monkeypatch.setattr(keeping, "MOST_BYTES", 100_000)
    for number in range(8):
        analysed([source(f"m{number}.py", b"x = 1\n" * 2_000)], Family.PYTHON, count=0)
        with closing(sqlite3.connect(folder / "versions.sqlite")) as connection, connection:
            today = next(days)
            connection.execute("UPDATE versions SET used = ? WHERE used > 8", [today])
    with closing(sqlite3.connect(folder / "versions.sqlite")) as connection:
        used = [day for (day,) in connection.execute("SELECT used FROM versions ORDER BY used")]
    assert used == list(range(9 - len(used), 9))
    assert 0 < len(used) < 8
    assert (folder / "versions.sqlite").stat().st_size < 150_000


def analysed(
    sources: list[Source], family: Family, *, count: int, is_related: bool = True
) -> Analysis:
    """With what is kept, which is of so many of the sources."""
    with kept(RECIPE.definitions) as before:
        assert before
        assert sum(before.get(each) is not None for each in sources) == count
        relate = (lambda facts: Relations()) if is_related else None
        return analyse(ORIGIN, family, sources, RECIPE, relate=relate, kept=before)


def plain(analysis: Analysis) -> Analysis:
    return replace(analysis, seconds={})


def examples(family: Family) -> Iterator[Source]:
    for rule in plugins.rules():
        for number, example in enumerate((*rule.bad, *rule.good)):
            yield from of_family(example.files, family, f"{rule.name}/{number}")


def of_family(files: Mapping[str, str], family: Family, folder: str) -> Iterator[Source]:
    for name, text in files.items():
        if family_of(name) is family:
            yield source(f"{folder}/{name}", text.encode())


def source(path: str, content: bytes) -> Source:
    language = language_of(path)
    assert language
    return Source(path, language, content, hashlib.sha256(content).digest())


ORIGIN = Origin(
    provider="local",
    full_name="project",
    name="project",
    url=None,
    default_branch="main",
    branch=None,
    commit=None,
    is_working_tree=True,
)
