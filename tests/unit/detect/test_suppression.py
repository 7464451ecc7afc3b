"""Comments in the code that accept issues."""

import hashlib
from collections.abc import Mapping

import pytest

from graph_sitter_db import extract, measure, plugins
from graph_sitter_db.detect import Detected, detect
from graph_sitter_db.languages import family_of, language_of
from graph_sitter_db.model.facts import Source
from graph_sitter_db.model.keys import Family

DEFAULT = "def add(item, to=[]):{}\n    pass\n"


def run(files: Mapping[str, str], *, with_graph: bool = False) -> Detected:
    measured = []
    for path, text in files.items():
        language = language_of(path)
        assert language
        content = text.encode()
        source = Source(path, language, content, hashlib.sha256(content).digest())
        measured.append(measure.measure(extract.facts(source)))
    family = family_of(next(iter(files))) or Family.PYTHON
    return detect(measured, {} if with_graph else None, family, plugins.rules())


def rules(found: Mapping[str, tuple[object, ...]]) -> list[str]:
    return [issue.rule for each in found.values() for issue in each]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "source",
    [
        DEFAULT.format("  # gsdb: ignore[mutable_default] shared on purpose"),
        DEFAULT.format("  # gsdb: ignore[mutable-default, long_function] shared on purpose"),
        "# gsdb: ignore[mutable_default] shared on purpose\n" + DEFAULT.format(""),
        "# gsdb: ignore[mutable_default] shared on purpose\n# and more\n\n" + DEFAULT.format(""),
        "# gsdb: ignore[mutable_default] shared on purpose\n@cached\n" + DEFAULT.format(""),
    ],
)
def test_a_comment_accepts_the_issue_it_stands_at(source: str) -> None:
    found = run({"a.py": source})
    assert "mutable_default" not in rules(found.issues)
    [issue] = [i for i in found.accepted["a.py"] if i.rule == "mutable_default"]
    assert issue.accepted == "shared on purpose"


@pytest.mark.parametrize(
    "source",
    [
        DEFAULT.format("  # gsdb: ignore[bare_except] another rule"),
        DEFAULT.format("\n    # gsdb: ignore[mutable_default] another line"),
        DEFAULT.format('\n    """gsdb: ignore[mutable_default] no comment"""'),
        DEFAULT.format("  # see gsdb: ignore[mutable_default]"),
    ],
)
def test_what_does_not_stand_at_an_issue_accepts_nothing(source: str) -> None:
    found = run({"a.py": source})
    assert "mutable_default" in rules(found.issues)
    assert found.accepted == {}


def test_before_all_code_a_comment_speaks_of_the_file() -> None:
    long = "# gsdb: ignore[long_file] a table\n" + "ROW = f(1)\n" * 1001
    found = run({"a.py": '"""Doc."""\n' + long, "b.py": "ROW = 1\n" + long})
    assert rules(found.accepted) == ["long_file"]
    assert [i.rule for i in found.issues["b.py"]] == ["long_file", "unused_suppression"]


def test_it_works_in_typescript() -> None:
    source = "try {\n  run()\n} catch (e) {} // gsdb: ignore[swallowed_exception] a hint\n"
    assert rules(run({"a.ts": source}).accepted) == ["swallowed_exception"]


def test_an_accepted_issue_keeps_its_fingerprint() -> None:
    before, after = (
        run({"a.py": DEFAULT.format(end)}) for end in ("", "  # gsdb: ignore[mutable_default]")
    )
    accepted = {issue.fingerprint for issue in after.accepted["a.py"]}
    assert accepted <= {issue.fingerprint for issue in before.issues["a.py"]}


def test_a_comment_about_a_rule_that_needs_the_graph_is_judged_with_a_graph_only() -> None:
    files = {"a.py": "def f():  # gsdb: ignore[unused_symbol] by name\n    return 1\n"}
    assert run(files).issues == {}
    [issue] = run(files, with_graph=True).issues["a.py"]
    assert issue.rule == "unused_suppression"
    assert issue.depends_on_graph
