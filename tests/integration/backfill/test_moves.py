"""Files and symbols that moved are the same ones, in comparisons and in trends."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import Git, Write

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.model.reports import Comparison

LONG = "".join(f"    total += prices[{n}] * rates[{n}]\n" for n in range(12))
SHOP = f"def price(prices, rates, total=0):\n{LONG}    return total\n"
TILL = "class Till:\n    def open(self, names=[]):\n        names.append(1)\n        return names\n"
SMALL = "def half(number):\n    return number / 2\n"


@pytest.fixture
def compared(
    repository: Callable[..., Path], git: Git, write: Write, adapter: CodebaseDBAdapter
) -> Callable[..., Comparison]:
    """Two states of a repository at depth syntax, the second committed or as it lies."""

    def compared(
        before: dict[str, str], after: dict[str, str | None], commit: bool = True
    ) -> Comparison:
        root = repository(before)
        adapter.record(root, depth="syntax")
        for path, text in after.items():
            if text is None:
                (root / path).unlink()
            else:
                write(root, {path: text})
        if commit:
            git(root, "add", "-A")
            git(root, "commit", "-qm", "Move")
        adapter.record(root, depth="syntax")
        first = adapter.resolve("HEAD~1" if commit else "HEAD", path=root)
        second = adapter.resolve(path=root)
        return adapter.compare_analyses(first.id, second.id, path=root)

    return compared


type Row = tuple[object, ...]


def told(found: Comparison) -> tuple[set[Row], set[Row], tuple[int, int]]:
    files: set[Row] = {(f.change, f.path, f.before, f.reason, f.confidence) for f in found.files}
    symbols: set[Row] = {(s.change, s.path, s.key, s.before, s.reason) for s in found.symbols}
    return files, symbols, (len(found.issues_new), len(found.issues_fixed))


@pytest.mark.parametrize("commit", [True, False])
def test_a_file_that_moved_brings_nothing_new(
    compared: Callable[..., Comparison], commit: bool
) -> None:
    before = {"shop.py": SHOP, "till.py": TILL}
    after = {"shop.py": None, "till.py": None, "lib/shop.py": SHOP, "lib/till.py": TILL}
    files, symbols, issues = told(compared(before, after, commit))
    assert files == {
        ("moved", "lib/shop.py", "shop.py", "same content", 100),
        ("moved", "lib/till.py", "till.py", "same content", 100),
    }
    assert (symbols, issues) == (set(), (0, 0))


def test_files_are_followed_from_commit_to_commit_however_much_they_changed_in_all(
    repository: Callable[..., Path], git: Git, write: Write, adapter: CodebaseDBAdapter
) -> None:
    root = repository({"a.py": SHOP, "b.py": TILL})
    adapter.record(root, depth="syntax")
    names = ["a.py", "b.py", "lib/a.py", "lib/b.py", "far/a.py", "far/b.py"]
    (root / "lib").mkdir()
    (root / "far").mkdir()
    for step in (0, 2):
        for old, new in zip(names[step : step + 2], names[step + 2 : step + 4], strict=True):
            git(root, "mv", old, new)
        git(root, "commit", "-qm", "Move")
        write(root, {names[step + 2]: SMALL * (step + 1)})  # which nobody would know again
        git(root, "commit", "-qam", "Rewrite")
    adapter.record(root, depth="syntax")
    first, second = (adapter.resolve(name, path=root) for name in ("HEAD~4", "HEAD"))
    for there, back in ((first, second), (second, first)):
        found = adapter.compare_analyses(there.id, back.id, path=root)
        assert {each.change for each in found.files} == {"moved"}
        assert {each.path.rpartition("/")[2] for each in found.files} == {"a.py", "b.py"}


def test_what_recording_tells_of_the_run_before_follows_moves_too(
    repository: Callable[..., Path], git: Git, adapter: CodebaseDBAdapter
) -> None:
    root = repository({"shop.py": SHOP})
    adapter.record(root, depth="syntax")
    git(root, "mv", "shop.py", "store.py")
    git(root, "commit", "-qm", "Move")
    (result,) = adapter.record(root, depth="syntax")
    assert result.since
    assert [each.change for each in result.since.files] == ["moved"]
    assert result.since.symbols == []


def test_a_file_that_moved_and_changed_is_told_by_git_with_what_changed_in_it(
    compared: Callable[..., Comparison],
) -> None:
    after = {"shop.py": None, "lib/store.py": SHOP + "\n\n" + SMALL + "\n\n" + TILL}
    [file], symbols, issues = told(compared({"shop.py": SHOP}, after))
    assert file[:4] == ("moved", "lib/store.py", "shop.py", "git")
    assert {each[:3] for each in symbols} == {
        ("new", "lib/store.py", name) for name in ("half", "Till", "Till.open")
    }
    assert issues[1] == 0


def test_in_a_working_tree_the_lines_tell_what_git_does_not_track(
    compared: Callable[..., Comparison],
) -> None:
    text = SHOP.replace("rates[3]", "rates[4]")
    [file], symbols, _ = told(compared({"shop.py": SHOP}, {"shop.py": None, "b.py": text}, False))
    assert file[:3] == ("moved", "b.py", "shop.py")
    assert symbols == {("changed", "b.py", "price", None, None)}


def test_a_symbol_that_went_to_another_file_or_has_another_name_moved(
    compared: Callable[..., Comparison],
) -> None:
    before = {"a.py": f"{SHOP}\n\n{TILL}", "b.py": "x = 1\n"}
    after = {"a.py": SHOP.replace("def price(", "def cost("), "b.py": f"x = 1\n\n\n{TILL}"}
    files, symbols, issues = told(compared(before, after))
    assert {each[:2] for each in files} == {("changed", "a.py"), ("changed", "b.py")}
    assert symbols == {
        ("moved", "a.py", "cost", "a.py:price", "similar lines"),
        ("moved", "b.py", "Till", "a.py:Till", "same content"),
        ("moved", "b.py", "Till.open", "a.py:Till.open", "same content"),
    }
    assert issues == (0, 0)


def test_methods_of_a_class_with_another_name_moved_with_it(
    compared: Callable[..., Comparison],
) -> None:
    body = "".join(f"    def m{n}(self):\n        return {n % 2}\n\n" for n in range(6))
    before, after = f"class Old:\n{body}", f"class New:\n{body}"
    _, symbols, _ = told(compared({"a.py": before}, {"a.py": after}))
    assert {each[:2] for each in symbols} == {("moved", "a.py")}
    assert len(symbols) == 7


def test_what_is_ambiguous_is_not_guessed(compared: Callable[..., Comparison]) -> None:
    before = {"a.py": SHOP, "b.py": "x = 1\n"}
    after = {"a.py": None, "c.py": SMALL, "d.py": SMALL}
    files, symbols, _ = told(compared(before, after))
    assert {each[:2] for each in files} == {("gone", "a.py"), ("new", "c.py"), ("new", "d.py")}
    assert {each[0] for each in symbols} == {"new", "gone"}


def test_cycles_open_and_close_and_files_start_to_depend_on_each_other(
    repository: Callable[..., Path], git: Git, write: Write, adapter: CodebaseDBAdapter
) -> None:
    bill = "def total():\n    return 1\n"
    root = repository({"shop.py": "from bill import total\n\nprice = total()\n", "bill.py": bill})
    adapter.record(root)
    write(root, {"bill.py": f"from shop import price\n\n\n{bill}"})
    git(root, "commit", "-qam", "Open")
    adapter.record(root)
    first, second = (adapter.resolve(name, path=root) for name in ("HEAD~1", "HEAD"))
    there = adapter.compare_analyses(first.id, second.id, path=root)
    back = adapter.compare_analyses(second.id, first.id, path=root)
    [cycle], [closed] = there.cycles, back.cycles
    assert (cycle.change, cycle.files) == ("opened", ["bill.py", "shop.py"])
    assert [(d.source, d.target, d.change) for d in cycle.through] == [
        ("bill.py", "shop.py", "started")
    ]
    assert there.dependencies == cycle.through
    assert (closed.change, closed.through[0].change) == ("closed", "stopped")


def test_a_trend_follows_a_file_and_what_is_in_it_to_its_earlier_paths(
    past: Path, adapter: CodebaseDBAdapter
) -> None:
    adapter.backfill(past, languages=["python"])
    file = adapter.trend("lines_physical", path=past, file="src/lib/b.py")
    assert [each.value for each in file.values] == [2] * 9
    assert file.names == ("src/b.py",)
    symbol = adapter.trend("parameter_count", path=past, symbol="src/lib/b.py:f", all_parents=True)
    assert [each.value for each in symbol.values] == [1] * 10


@pytest.mark.slow
def test_nineteen_hundred_renames_in_one_commit_are_no_churn(
    repository: Callable[..., Path], git: Git, adapter: CodebaseDBAdapter
) -> None:
    """As when a package gets another name; every tenth file says so in an import, too."""
    count = 1900
    sources = {
        f"old/pkg{n % 40}/m{n}.py": (
            f"from old.pkg{n % 40} import base\n\n\ndef f{n}(names=[]):\n    for name in names:\n"
            f"        base.call(name, {n})\n        base.tell(name, {n * 7})\n    return names\n"
        )
        for n in range(count)
    }
    root = repository(sources)
    git(root, "mv", "old", "new")
    for path in list(sources)[::10]:
        file = root / path.replace("old/", "new/", 1)
        file.write_text(file.read_text().replace("from old.", "from new."))
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Rename the package")
    adapter.backfill(root)
    first, second = (adapter.resolve(name, path=root) for name in ("HEAD~1", "HEAD"))
    found = adapter.compare_analyses(first.id, second.id, path=root)
    assert {file.change for file in found.files} == {"moved"}
    assert len(found.files) == count
    assert all(f.before == f.path.replace("new/", "old/", 1) for f in found.files)
    assert (found.symbols, found.issues_new, found.issues_fixed) == ([], [], [])
    assert found.issues_remaining == second.issues == first.issues >= count
