"""Findings that matter by their age are told how old they are, where git knows."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from graph_sitter_db import store
from graph_sitter_db.checkout import Tree
from graph_sitter_db.db import Database
from graph_sitter_db.model.issues import Issue
from graph_sitter_db.model.snapshot import AnalysedFile, Analysis


def dated(database: Database, begun: store.Begun, tree: Tree, analysis: Analysis) -> Analysis:
    """The same analysis. Only files that are not stored yet are asked about: each answer costs git
    a walk through the history, and what is stored has been told.
    """
    if tree.ages is None or not (rules := {r.name for r in analysis.rules if r.is_dated}):
        return analysis
    asked = {file.path for file in analysis.files if _lines(file, rules)}
    new = store.new_files(database, begun, [f for f in analysis.files if f.path in asked])
    files = (_dated(f, rules, tree) if f.path in new else f for f in analysis.files)
    return replace(analysis, files=tuple(files))


def dated_anew(tree: Tree, analysis: Analysis) -> Analysis:
    """As `dated`, where it is not known what is stored: all files are asked about."""
    if tree.ages is None or not (rules := {r.name for r in analysis.rules if r.is_dated}):
        return analysis
    files = tuple(_dated(f, rules, tree) if _lines(f, rules) else f for f in analysis.files)
    return replace(analysis, files=files)


def _lines(file: AnalysedFile, rules: Collection[str]) -> set[int]:
    return {each.finding.start_line for each in file.issues if each.rule in rules}


def _dated(file: AnalysedFile, rules: Collection[str], tree: Tree) -> AnalysedFile:
    assert tree.ages
    since = tree.ages.since(file.path, _lines(file, rules))
    issues = (_told(each, since) if each.rule in rules else each for each in file.issues)
    return replace(file, issues=tuple(issues))


def _told(issue: Issue, since: Mapping[int, datetime]) -> Issue:
    found = issue.finding
    if found.start_line not in since:
        return issue
    day = since[found.start_line].date().isoformat()
    message, data = f"{found.message} (since {day})", {**found.data, "since": day}
    return replace(issue, finding=replace(found, message=message, data=data))
