"""Values and issues over a codebase's recorded commits, and what depends on what in a run."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from json import dumps
from typing import Any
from uuid import UUID

from psycopg import Connection

from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.globs import any_of
from graph_sitter_db.model.keys import Direction
from graph_sitter_db.model.retrospect import IssueEvent, IssueHistory, Trend, TrendValue
from graph_sitter_db.query.metrics import defined, values_of
from graph_sitter_db.query.named import ask

# What a run has beside its metrics: title, unit, which way it improves.
_OF_RUNS = {
    "quality_score": ("Quality score", "points", Direction.HIGHER),
    "issues": ("Issues", "issues", Direction.LOWER),
    "debt_minutes": ("Technical debt", "minutes", Direction.LOWER),
}


def file_edges(conn: Connection[Any], run_id: UUID) -> set[tuple[str, str]]:
    """Which file depends on which."""
    return {(row["source"], row["target"]) for row in ask(conn, "file_edges", run=run_id)}


def trend(
    conn: Connection[Any],
    codebase_id: UUID,
    run_id: UUID,
    metric: str,
    *,
    path: str | None = None,
    key: str | None = None,
    folder: str | None = None,
    since: datetime | None = None,
    depth: str | None = None,
    within: Sequence[str],
    names: Mapping[str, str] | None = None,
) -> Trend:
    """Of a codebase, a file, a symbol in it, or a folder, at these commits, in their order.

    `names` has the paths that the file had before it was renamed, by commit.

    Without a depth it is the one at which more commits are recorded. UsageError for a metric that
    the run does not know.
    """
    title, unit, direction = _meaning(conn, run_id, metric, is_whole=not (path or folder))
    recorded = {row["depth"]: row["commits"] for row in ask(conn, "depths", codebase=codebase_id)}
    chosen = depth or next(iter(recorded), "syntax")
    rows = ask(
        conn,
        "trend_points",
        codebase=codebase_id,
        depth=chosen,
        metric=metric,
        path=path,
        key=key,
        since=since,
        names=dumps(names or {}),
    )
    order = {sha: at for at, sha in enumerate(within)}
    rows = sorted((r for r in rows if r["commit"] in order), key=lambda r: order[r["commit"]])
    if folder:
        _fill(conn, rows, metric, folder, run_id)
    return Trend(
        metric=metric,
        title=title,
        unit=unit,
        direction=direction,
        place=f"{path}:{key}" if key else path or folder or "",
        depth=chosen,
        others=sum(count for name, count in recorded.items() if name != chosen),
        names=_names(names or {}, rows),
        values=[*_values(rows)],
    )


def _meaning(
    conn: Connection[Any], run_id: UUID, metric: str, *, is_whole: bool
) -> tuple[str, str, Direction]:
    if is_whole and metric in _OF_RUNS:
        return _OF_RUNS[metric]
    known = defined(conn, run_id)
    totals = values_of(conn, run_id, [], None) if is_whole else {}
    stem = metric if metric in known else metric.rpartition("_")[0]
    if stem in known and (metric in known or metric in totals):
        return (
            metric if metric != stem else known[stem].title,
            known[stem].unit,
            known[stem].direction,
        )
    if metric in totals:
        return metric, "", Direction.NEUTRAL
    names = sorted({*known, *(_OF_RUNS if is_whole else ())})
    raise UsageError(
        f"{metric!r} is no metric that is measured there. There are: {', '.join(names)}."
    )


def _fill(
    conn: Connection[Any], rows: Sequence[dict[str, Any]], metric: str, folder: str, run_id: UUID
) -> None:
    metrics, inside = defined(conn, run_id).values(), any_of((f"{folder.rstrip('/')}/**",))
    for row in rows:
        row["value"] = values_of(conn, row["id"], metrics, inside).get(metric)


def _names(names: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The newest first."""
    found = (names[row["commit"]] for row in reversed(rows) if row["commit"] in names)
    return tuple(dict.fromkeys(found))


def _values(rows: Sequence[Mapping[str, Any]]) -> Iterator[TrendValue]:
    value: float | None = None
    definition: str | None = None
    for row in rows:
        before, value = value, row["value"]
        redefined = definition is not None and row["definition"] not in (None, definition)
        definition = row["definition"] or definition
        yield TrendValue(
            run=row["short_id"],
            commit=row["commit"],
            committed_at=row["committed_at"],
            author=row["author"] or "",
            subject=row["subject"] or "",
            value=value,
            change=None if value is None or before is None else round(value - before, 4),
            redefined=redefined,
        )


def issue_history(
    conn: Connection[Any], codebase_id: UUID, fingerprint: str, path: str | None = None
) -> IssueHistory:
    """By the fingerprint or how it begins. UsageError when several issues begin so, or the issue
    stands in several files at once and no path says which is meant.
    """
    meant = _meant(ask(conn, "issue_places", codebase=codebase_id, fingerprint=fingerprint), path)
    if not meant:
        raise UsageError(
            f"No issue {fingerprint!r} was ever recorded here; `issues --json` has fingerprints."
        )
    found = ask(
        conn,
        "issue_presence",
        codebase=codebase_id,
        fingerprint=meant[0]["fingerprint"],
        path=path,
        relations=all(row["is_of_relations"] for row in meant),
    )
    if max(row["places"] for row in found) > 1:
        names = ", ".join(row["path"] for row in meant)
        raise UsageError(f"The issue stands in several files; say which is meant: {names}")
    events = [*_events(found)]
    is_open = bool(found[-1]["places"])
    return IssueHistory(
        fingerprint=meant[0]["fingerprint"],
        rule=meant[0]["rule"],
        title=meant[0]["title"],
        paths=[row["path"] for row in meant],
        is_open=is_open,
        days=_days(events, is_open),
        events=events,
    )


def _meant(found: Sequence[dict[str, Any]], path: str | None) -> list[dict[str, Any]]:
    several = {row["fingerprint"] for row in found}
    if len(several) > 1:
        listed = "\n".join(
            f"{row['fingerprint'][:16]}  {row['rule']}  {row['path']}" for row in found
        )
        raise UsageError(f"Several issues begin so; give more of the one that is meant:\n{listed}")
    return [row for row in found if path in (None, row["path"])]


def _events(rows: Sequence[Mapping[str, Any]]) -> Iterator[IssueEvent]:
    """An issue is introduced by a commit that has it while none of its parents does; of parents
    that are not recorded, the recorded commit before stands for them.
    """
    has = {row["commit"]: bool(row["places"]) for row in rows}
    before = False
    for row in rows:
        commit, parents = row["commit"], row["parents"] or []
        known = [has[parent] for parent in parents if parent in has] or (
            [before] if parents else []
        )
        kind = None
        if has[commit] and not any(known):
            kind = "introduced"
        elif not has[commit] and known and any(known):
            kind = "fixed"
        if kind:
            yield IssueEvent(
                kind=kind,
                commit=commit,
                committed_at=row["committed_at"],
                author=row["author"],
                subject=row["subject"],
                exact=all(parent in has for parent in parents),
            )
        before = has[commit]


def _days(events: Sequence[IssueEvent], is_open: bool) -> float | None:
    begun = [event.committed_at for event in events if event.kind == "introduced"]
    ended = [event.committed_at for event in events if event.kind == "fixed"]
    if not begun:
        return None
    end = datetime.now(UTC) if is_open or not ended else max(ended)
    return round((end - min(begun)).total_seconds() / 86400, 1)
