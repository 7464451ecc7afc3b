"""From what reports say of lines to the coverage of files and functions."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from graph_sitter_db.languages import family_of
from graph_sitter_db.measure.matching import Matches, match
from graph_sitter_db.measure.metrics.coverage import COVERAGE, counted, values
from graph_sitter_db.model.coverage import Coverage, CoverageReport, FileCoverage, Span, Tally
from graph_sitter_db.model.keys import Family

NAMED = 3  # of the files that went nowhere


def coverage(
    reports: Iterable[CoverageReport],
    functions: Mapping[str, Sequence[Span]],
    family: Family,
    beside: Collection[Family] = (),
) -> Coverage | None:
    """Of the codebase whose files have these functions, outer ones before those inside them.

    Files of the families `beside` belong to the same repository's other codebases. None when there
    is no report but such as are about those alone.
    """
    about = [report for report in reports if _is_about(report, family, beside)]
    if not about:
        return None
    found: defaultdict[str, list[FileCoverage]] = defaultdict(list)
    notes: list[str] = []
    for report in about:
        names = [name for name in report.files if family_of(name) not in beside]
        matches = match(names, report.roots, functions)
        notes += _notes(report, matches)
        for name, path in matches.paths.items():
            found[path].append(report.files[name])
    files = {path: _together(each) for path, each in sorted(found.items())}
    return _measured(about, files, functions, notes)


def _is_about(report: CoverageReport, family: Family, beside: Collection[Family]) -> bool:
    families = {family_of(name) for name in report.files}
    return family in families or families.isdisjoint(beside)


def _notes(report: CoverageReport, matches: Matches) -> Iterator[str]:
    for told, names in (
        ("are not in this codebase", matches.missing),
        ("could only be guessed at, and are left out", matches.doubtful),
    ):
        if names:
            count = f"{len(names)} of {len(report.files)}"
            yield f"{report.name}: files that {told}: {count} ({_named(names)})"


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")


def _together(parts: Iterable[FileCoverage]) -> FileCoverage:
    """Of several reports: a line ran as often as in all; which branches are the same none says."""
    hits: Counter[int] = Counter()
    branches: dict[int, tuple[int, int]] = {}
    for part in parts:
        hits.update(part.hits)
        for line, (taken, total) in part.branches.items():
            before = branches.get(line, (0, 0))
            branches[line] = (max(taken, before[0]), max(total, before[1]))
    return FileCoverage(hits, branches)


def _measured(
    reports: Iterable[CoverageReport],
    files: Mapping[str, FileCoverage],
    functions: Mapping[str, Sequence[Span]],
    notes: Iterable[str],
) -> Coverage:
    total = _tally(files.values())
    return Coverage(
        reports=tuple(report.name for report in reports),
        total=total,
        values=counted(total),
        files={path: counted(_tally([file])) for path, file in files.items()},
        functions={
            (path, key): values(_tally([part]))
            for path, file in files.items()
            for key, part in _by_function(file, functions[path]).items()
        },
        metrics=COVERAGE,
        notes=tuple(notes),
    )


def _by_function(file: FileCoverage, spans: Iterable[Span]) -> dict[str, FileCoverage]:
    """A line belongs to the innermost function, which is the last to claim it."""
    owner = {
        line: span.key for span in spans for line in range(span.start_line + 1, span.end_line + 1)
    }
    hits: defaultdict[str, dict[int, int]] = defaultdict(dict)
    branches: defaultdict[str, dict[int, tuple[int, int]]] = defaultdict(dict)
    for line in file.hits.keys() & owner.keys():
        hits[owner[line]][line] = file.hits[line]
    for line in file.branches.keys() & owner.keys():
        branches[owner[line]][line] = file.branches[line]
    return {key: FileCoverage(hits[key], branches[key]) for key in {**hits, **branches}}


def _tally(files: Collection[FileCoverage]) -> Tally:
    hits = [ran for file in files for ran in file.hits.values()]
    branches = [each for file in files for each in file.branches.values()]
    return Tally(
        lines=len(hits),
        lines_covered=sum(ran > 0 for ran in hits),
        branches=sum(total for _, total in branches),
        branches_taken=sum(taken for taken, _ in branches),
    )
