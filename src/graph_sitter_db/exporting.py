"""Everything a format may tell of a run, put together."""

from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

from graph_sitter_db import plugins, query
from graph_sitter_db.checkout import place_of, read_file
from graph_sitter_db.db import Database
from graph_sitter_db.errors import RepositoryError
from graph_sitter_db.model.exports import Exported, ExportedIssue, ExportedRule, ExportedValues
from graph_sitter_db.model.line_hashes import line_hashes
from graph_sitter_db.model.reports import IssueReport, RunSummary


def exported(database: Database, run: RunSummary, path: str | Path, *, hashes: bool) -> Exported:
    """`hashes`: of the lines with issues, from the run's commit or the folder at `path`."""
    with database.transaction(read_only=True) as connection:
        verdict = query.verdict(connection, run.id)
        base = verdict and verdict.base
        issues = (
            [each.issue for each in query.issues_beside(connection, base.id, run.id)]
            if base
            else query.issues(connection, run.id)
        )
        metrics = query.metrics(connection, run.id).metrics
    lines = _hashes(run, path, {issue.path for issue in issues}) if hashes else {}
    prefix = f"{run.root_path}/" if run.root_path else ""
    return Exported(
        tool_version=version("graph-sitter-db"),
        key=f"{run.codebase} ({run.language})",
        root_path=run.root_path,
        run=run,
        metrics=metrics,
        rules=[*_rules(issues)],
        issues=[_issue(issue, prefix, lines.get(issue.path, ())) for issue in issues],
        verdict=verdict,
    )


def exported_values(database: Database, run: RunSummary) -> ExportedValues:
    with database.transaction(read_only=True) as connection:
        rows = query.long_values(connection, run.id)
    return ExportedValues(version("graph-sitter-db"), run, rows)


def _issue(issue: IssueReport, prefix: str, lines: list[str] | tuple[()]) -> ExportedIssue:
    known = issue.start_line <= len(lines)
    line_hash = lines[issue.start_line - 1] if known else None
    return ExportedIssue(**{**issue.model_dump(), "path": prefix + issue.path}, line_hash=line_hash)


def _rules(issues: Iterable[IssueReport]) -> Iterator[ExportedRule]:
    why = {rule.name: rule.why for rule in plugins.rules()}
    first = {issue.rule: issue for issue in reversed([*issues])}
    for name, issue in sorted(first.items()):
        yield ExportedRule(
            name=name,
            title=issue.title,
            category=issue.category,
            severity=issue.severity,
            why=why.get(name, ""),
        )


def _hashes(run: RunSummary, path: str | Path, names: Iterable[str]) -> Mapping[str, list[str]]:
    """By path; without those that are not at hand."""
    place = place_of(path)
    above = f"{place.root_path}/" if place.root_path else ""
    within = f"{run.root_path}/" if run.root_path else ""
    is_here = run.codebase.startswith(place.full_name) and within.startswith(above)
    if not is_here or (run.commit is None and not run.is_working_tree):
        return {}
    commit = None if run.is_working_tree else run.commit
    found: dict[str, list[str]] = {}
    for name in names:
        try:
            content = read_file(path, commit, within.removeprefix(above) + name)
        except RepositoryError:  # a shallow clone, or another one
            return found
        if content is not None:
            found[name] = line_hashes(content.decode("utf-8", "replace"))
    return found
