import pytest

from graph_sitter_db.model.globs import any_of


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("tests", "tests/a.py", True),
        ("tests", "src/tests/a.py", True),
        ("tests", "src/contests/a.py", False),
        ("/tests", "src/tests/a.py", True),
        ("src/*.py", "src/deep/a.py", True),
        ("src/*.py", "lib/src/a.py", False),
        ("**/gen/*", "a/gen/b.py", True),
        ("**/gen/*", "gen/b.py", True),
        ("*.py", "a/b.py", True),
        ("*.py", "a/b.pyi", False),
        ("a[12].py", "a2.py", True),
    ],
)
def test_patterns_match_as_described(pattern: str, path: str, matches: bool) -> None:
    assert bool(any_of([pattern]).match(path)) is matches


def test_no_pattern_matches_nothing() -> None:
    assert not any_of([]).match("a.py")


def test_one_of_several_patterns_is_enough() -> None:
    assert any_of(["a", "b/c"]).match("b/c/d.py")
