"""What is about to be committed, judged by itself: no database, no other file."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from graph_sitter_db.checkout import Selection, Staged, read_file, staged
from graph_sitter_db.languages import family_of
from graph_sitter_db.model.facts import Source
from graph_sitter_db.model.issue_report import report_of
from graph_sitter_db.model.issues import Issue
from graph_sitter_db.model.paths import storable
from graph_sitter_db.model.reports import IssueReport
from graph_sitter_db.model.snapshot import Origin
from graph_sitter_db.pipeline import Recipe, analyse
from graph_sitter_db.settings import loads

_NOWHERE = Origin("local", "", "", None, "", None, None, True)


def check(path: str | Path) -> list[IssueReport]:
    """Issues of staged files at depth syntax, new or existing, by path and line. They are known
    again by what identifies them over time, in the same file or from another staged one.
    """
    name = "pyproject.toml"
    settings = loads(read_file(path, None, name), storable(str(Path(path) / name)))
    found = staged(path, Selection(tuple(settings.include), tuple(settings.exclude)))
    recipe = Recipe.of(settings)
    after = _issues((each.after for each in found), recipe)
    before = _issues((each.before for each in found if each.before), recipe)
    existing = _existing(before, after, _names(found))
    return [
        report_of(each, "existing" if number in existing else "new")
        for number, each in enumerate(after)
    ]


def _issues(sources: Iterable[Source], recipe: Recipe) -> list[Issue]:
    families = defaultdict(list)
    for source in sources:
        if family := family_of(source.path):
            families[family].append(source)
    return [
        issue
        for family, each in families.items()
        for file in analyse(_NOWHERE, family, each, recipe).files
        for issue in file.issues
    ]


def _names(found: Sequence[Staged]) -> Mapping[str, str]:
    return {each.after.path: each.before.path for each in found if each.before}


def _existing(
    before: Sequence[Issue], after: Sequence[Issue], names: Mapping[str, str]
) -> set[int]:
    """Numbers of those that were there: first in the same file, then in another; one to one."""
    left: dict[bytes, list[str]] = defaultdict(list)
    for issue in before:
        left[issue.fingerprint].append(issue.finding.path)
    found: set[int] = set()
    for number, issue in enumerate(after):
        paths, name = left[issue.fingerprint], names.get(issue.finding.path)
        if name in paths:
            paths.remove(name)
            found.add(number)
    for number, issue in enumerate(after):
        if number not in found and left[issue.fingerprint]:
            left[issue.fingerprint].pop()
            found.add(number)
    return found
