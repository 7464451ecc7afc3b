"""Paths of reports and paths of codebases: laws for any of them, and the cases met in practice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_sitter_db.measure.matching import Matches, match, parts

folders = st.lists(st.sampled_from(["a", "b", "src"]), max_size=3)
files = st.builds(
    lambda at, name: "/".join([*at, name]), folders, st.sampled_from(["x.py", "y.py"])
)
trees = st.sets(files, max_size=6)


@given(
    trees, st.sampled_from(["/ci/w 1", "C:\\agent\\w 1", "../w 1", "file:///w 1", "./w 1/./c/.."])
)
def test_the_same_tree_below_any_other_folder_is_recognised(paths: set[str], root: str) -> None:
    names = {f"{root}/{path}": path for path in paths}
    assert match(names, [], paths) == Matches(names, (), ())
    windows = {name.replace("/", "\\"): path for name, path in names.items()}
    assert match(windows, [], paths).paths == windows


@given(trees, st.sampled_from(["/ci/w 1", "C:\\agent\\w 1"]))
def test_it_is_whether_the_folder_stands_in_the_names_or_beside_them(
    paths: set[str], root: str
) -> None:
    names = {path: path for path in paths}
    assert match(names, [], paths).paths == names
    assert match(names, [root, f"{root}/other"], paths).paths == names


@given(trees, trees)
def test_what_is_matched_has_one_path_whole_at_the_end_of_the_other(
    names: set[str], paths: set[str]
) -> None:
    for name, path in match(names, [], paths).paths.items():
        shorter, longer = sorted((parts(name), parts(path)), key=len)
        assert longer[-len(shorter) :] == shorter


@given(trees, trees)
def test_no_longer_end_is_passed_over_and_no_choice_is_made(
    names: set[str], paths: set[str]
) -> None:
    def shared(name: str, path: str) -> int:
        shorter, longer = sorted((parts(name), parts(path)), key=len)
        return len(shorter) if longer[-len(shorter) :] == shorter else 0

    matched = match(names, [], paths).paths
    for name, path in matched.items():
        others = [each for each in paths - {path} if shared(name, each) >= shared(name, path)]
        # A name that shares more with another path does not mean this one, whoever gets that.
        rivals = [
            each
            for each in names - {name}
            if shared(each, path) >= shared(name, path)
            and shared(each, path) == max(shared(each, other) for other in paths)
        ]
        assert (others, rivals) == ([], []) or name == path


@given(trees, trees)
def test_every_name_is_matched_or_told_and_no_path_is_taken_twice(
    names: set[str], paths: set[str]
) -> None:
    found = match(names, [], paths)
    assert sorted([*found.paths, *found.missing, *found.doubtful]) == sorted(names)
    assert len(set(found.paths.values())) == len(found.paths)


@given(trees, trees)
def test_the_order_of_neither_side_matters(names: set[str], paths: set[str]) -> None:
    there, back = (
        match(sorted(names, reverse=turned), [], sorted(paths, reverse=turned))
        for turned in (False, True)
    )
    assert there.paths == back.paths
    assert set(there.missing) == set(back.missing)


@pytest.mark.parametrize(
    ("name", "roots", "paths", "expected"),
    [
        ("/ci/src/a/b.py", [], ["src/a/b.py", "a/b.py", "b.py"], "src/a/b.py"),
        ("a/b.py", [], ["src/a/b.py", "src/b.py"], "src/a/b.py"),
        ("b.py", [], ["b.py", "src/b.py"], "b.py"),
        ("/ci/b.py", [], ["b.py", "src/b.py"], "b.py"),
        ("b.py", ["/ci/src"], ["b.py", "src/b.py"], "src/b.py"),
        ("b.py", ["/ci"], ["b.py", "src/b.py"], "b.py"),
        ("pkg/b.py", ["/app"], ["src/pkg/b.py"], "src/pkg/b.py"),
        ("b.py", ["/ci/lib", "/ci/src"], ["src/b.py", "b.py"], "src/b.py"),
        ("b.py", ["src"], ["b.py", "src/b.py"], "src/b.py"),
        ("b.py", [".", ""], ["b.py", "src/b.py"], "b.py"),
        ("C:\\ci\\src\\a.ts", [], ["src/a.ts"], "src/a.ts"),
        ("a.ts", ["D:\\ci\\web\\src"], ["web/src/a.ts", "src/a.ts"], "web/src/a.ts"),
        ("../web/a.ts", [], ["web/a.ts"], "web/a.ts"),
        ("webpack:///./src/a.ts", [], ["src/a.ts"], "src/a.ts"),
    ],
)
def test_the_longest_common_end_decides(
    name: str, roots: list[str], paths: list[str], expected: str
) -> None:
    assert match([name], roots, paths) == Matches({name: expected}, (), ())


@pytest.mark.parametrize(
    ("name", "roots", "paths"),
    [
        ("b.py", [], ["a/b.py", "c/b.py"]),
        ("x/b.py", [], ["a/x/b.py", "c/x/b.py"]),
        ("b.py", ["/ci/a", "/ci/c"], ["a/b.py", "c/b.py"]),
    ],
)
def test_two_equally_long_ends_are_not_guessed_between(
    name: str, roots: list[str], paths: list[str]
) -> None:
    assert match([name], roots, paths) == Matches({}, (), (name,))


def test_files_in_other_folders_are_other_files() -> None:
    names = ["lib/a/b.py", "/usr/lib/other/b.py", "c.py", "/"]
    assert match(names, [], ["src/a/b.py"]) == Matches({}, tuple(names), ())


def test_two_names_for_one_file_are_not_guessed_between_unless_one_is_its_own() -> None:
    paths = ["main.py", "src/app.py"]
    there = match(["/ci/main.py", "/ci/examples/main.py"], [], paths)
    assert there == Matches({}, (), ("/ci/main.py", "/ci/examples/main.py"))
    relative = match(["main.py", "examples/main.py"], [], paths)
    assert relative == Matches({"main.py": "main.py"}, (), ("examples/main.py",))
    shorter = match(["src/app.py", "app.py"], ["/ci"], paths)
    assert shorter == Matches({"src/app.py": "src/app.py"}, (), ("app.py",))


def test_spellings_of_one_name_are_one() -> None:
    names = {"src/app.py": "src/app.py", "./src/app.py": "src/app.py", "src\\app.py": "src/app.py"}
    assert match(names, [], ["src/app.py"]).paths == names
