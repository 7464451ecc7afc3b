"""What the path of the data is decided by, and what it leads to."""

import hashlib

from graph_sitter_db.measure.metrics import METRICS
from graph_sitter_db.measure.metrics.coverage import COVERAGE
from graph_sitter_db.model.facts import Source
from graph_sitter_db.model.keys import Family, Language
from graph_sitter_db.model.relations import Relations
from graph_sitter_db.model.snapshot import Analysis, Origin
from graph_sitter_db.pipeline import Recipe, Relate, analyse
from graph_sitter_db.settings import Settings


def test_every_metric_decides_what_is_stored_of_sources_but_for_what_reports_tell() -> None:
    told = {f"metric:{metric.name}" for metric in METRICS if metric not in COVERAGE}
    found = {name for name in Recipe.of(Settings()).definitions if name.startswith("metric:")}
    assert found == told


def test_duplicated_lines_are_known_without_relations_too() -> None:
    for analysis in (analysed(None), analysed(lambda facts: Relations())):
        assert analysis.totals["duplicated_lines"] == 42
        assert analysis.totals["duplicated_lines_density"] == round(100 * 42 / 44, 4)


def test_duplicates_become_issues_where_there_are_relations() -> None:
    found = [
        [
            (file.path, issue.finding.symbol, issue.effort_minutes)
            for file in analysed(relate).files
            for issue in file.issues
            if issue.rule == "duplicated_code"
        ]
        for relate in (None, lambda facts: Relations())
    ]
    assert found == [[], [("b.py", "add", 20)]]


def analysed(relate: Relate | None) -> Analysis:
    """Two files with the same function of 21 lines."""
    body = "".join(f"    total_{n} = first({n}) + second_{n}\n" for n in range(20))
    contents = {f"{name}.py": f"{name} = 1\n\n\ndef add():\n{body}".encode() for name in "ab"}
    sources = [
        Source(path, Language.PYTHON, content, hashlib.sha256(content).digest())
        for path, content in contents.items()
    ]
    return analyse(ORIGIN, Family.PYTHON, sources, Recipe.of(Settings()), relate=relate)


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
