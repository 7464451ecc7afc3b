"""Questions that git's history and what is recorded answer together."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from graph_sitter_db import behaviour, query
from graph_sitter_db.checkout import Choice, changes, commits, names_of
from graph_sitter_db.db import Database
from graph_sitter_db.model.changes import Change
from graph_sitter_db.model.keys import Depth, Family
from graph_sitter_db.model.reports import RunSummary
from graph_sitter_db.model.retrospect import (
    CouplingReport,
    Couplings,
    FileOwnersReport,
    HotspotReport,
    Hotspots,
    OwnerReport,
    Owners,
    Trend,
)


def trend(
    database: Database,
    run: RunSummary,
    path: str | Path,
    metric: str,
    *,
    file: str | None = None,
    symbol: str | None = None,
    folder: str | None = None,
    since: datetime | None = None,
    depth: str | None = None,
    all_parents: bool = False,
) -> Trend:
    """Along the first parents of what is checked out at `path`, unless all are asked for."""
    within = commits(path, Choice(first_parent=not all_parents))
    place, _, key = symbol.partition(":") if symbol else (file, "", "")
    with database.transaction(read_only=True) as connection:
        return query.trend(
            connection,
            run.codebase_id,
            run.id,
            metric,
            path=place,
            key=key or None,
            folder=folder,
            since=since,
            depth=depth,
            within=within,
            names=names_of(path, place, within, run.root_path) if place else None,
        )


def hotspots(
    database: Database, run: RunSummary, path: str | Path, choice: Choice, limit: int
) -> Hotspots:
    past, edges = _changes(run, path, choice), _edges(database, run)
    with database.transaction(read_only=True) as connection:
        values = query.values_by_file(connection, run.id)
    complexity = {
        place: each["cognitive_complexity"]
        for place, each in values.items()
        if "cognitive_complexity" in each
    }
    fan_in = None if edges is None else _fan_in(edges)
    found = behaviour.hotspots(past, complexity, fan_in)
    heat = sum(each.heat for each in found) or 1
    return Hotspots(
        run=run,
        commits=len(past),
        hotspots=[
            HotspotReport(
                path=each.path,
                commits=each.commits,
                lines_changed=each.lines_changed,
                complexity=each.complexity,
                fan_in=each.fan_in,
                authors=each.authors,
                heat=each.heat,
                share=round(100 * each.heat / heat, 2),
            )
            for each in found[:limit]
        ],
    )


def coupling(
    database: Database,
    run: RunSummary,
    path: str | Path,
    choice: Choice,
    limits: behaviour.Limits,
    *,
    related: bool = False,
) -> Couplings:
    """Between files that are there today; `related`: also where one depends on the other."""
    past, edges = _changes(run, path, choice), _edges(database, run)
    with database.transaction(read_only=True) as connection:
        there = {file.path for file in query.files(connection, run.id)}
    found = [each for each in behaviour.coupling(past, limits) if {each.path, each.other} <= there]
    pairs = [
        CouplingReport(
            path=each.path,
            other=each.other,
            degree=each.degree,
            average_revs=each.average_revs,
            shared=each.shared,
            related=None if edges is None else _are_related(each.path, each.other, edges),
        )
        for each in found
    ]
    kept = [each for each in pairs if related or not each.related]
    return Couplings(run=run, commits=len(past), related=len(pairs) - len(kept), pairs=kept)


def owners(database: Database, run: RunSummary, path: str | Path, choice: Choice) -> Owners:
    past = _changes(run, path, choice)
    with database.transaction(read_only=True) as connection:
        there = [file.path for file in query.files(connection, run.id)]
    found = behaviour.ownership(past, there)
    count = len(found.files) or 1
    return Owners(
        run=run,
        commits=len(past),
        bus_factor=found.bus_factor,
        owners=[
            OwnerReport(
                author=each.author,
                files=each.files,
                share=round(100 * each.files / count, 2),
                commits=each.commits,
                lines_added=each.lines_added,
            )
            for each in found.owners
        ],
        files=[
            FileOwnersReport(path=each.path, authors=list(each.authors), others=each.others)
            for each in found.files
        ],
    )


def _changes(run: RunSummary, path: str | Path, choice: Choice) -> Sequence[Change]:
    return changes(path, choice, Family(run.language), run.root_path)


def _edges(database: Database, run: RunSummary) -> set[tuple[str, str]] | None:
    """None where the relations are not known."""
    if run.depth != Depth.GRAPH:
        return None
    with database.transaction(read_only=True) as connection:
        return query.file_edges(connection, run.id)


def _fan_in(edges: set[tuple[str, str]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for _, target in edges:
        found[target] = found.get(target, 0) + 1
    return found


def _are_related(path: str, other: str, edges: set[tuple[str, str]]) -> bool:
    return (path, other) in edges or (other, path) in edges
