"""What was measured of a codebase, a folder, a file or a symbol."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from re import Pattern
from typing import Any
from uuid import UUID

from psycopg import Connection

from graph_sitter_db.model.exports import ValueRow
from graph_sitter_db.model.keys import Direction, Rollup, Scope, SymbolKind
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.reports import Measurements, MetricValue
from graph_sitter_db.model.rollup import Part, extreme, measured, rolled_up
from graph_sitter_db.query.dependencies import place_of
from graph_sitter_db.query.named import ask
from graph_sitter_db.query.runs import run_by_id
from graph_sitter_db.query.symbols import symbol


@dataclass(frozen=True, slots=True)
class Found:
    """The values of a place by name, and which metrics could be among them."""

    scope: str
    place: str
    values: Mapping[str, float | None]
    defined: Sequence[Metric]


def metrics(conn: Connection[Any], run_id: UUID, place: str | None = None) -> Measurements:
    """`place` is a folder, a file or a symbol (as `dependencies` takes it); None: the codebase.

    A metric that is defined there and has no value is told as unknown. UsageError when nothing is
    meant by `place`, or several symbols.
    """
    run = run_by_id(conn, run_id)
    known = {row["name"]: row for row in ask(conn, "metric_definitions", run=run_id)}
    found = _found(conn, run_id, _normal(place), known)
    return Measurements(
        run=run,
        scope=found.scope,
        place=found.place,
        metrics=[*_defined(found), *_undefined(found)],
    )


def defined(conn: Connection[Any], run_id: UUID) -> dict[str, Metric]:
    """The metrics that a run could have values of, as they were defined then, by name."""
    return {row["name"]: _metric(row) for row in ask(conn, "metric_definitions", run=run_id)}


def values_of(
    conn: Connection[Any], run_id: UUID, metrics: Iterable[Metric], within: Pattern[str] | None
) -> dict[str, float]:
    """Of the whole codebase, or of the files together whose paths match."""
    if within is None:
        return dict(ask(conn, "run_details", run=run_id)[0]["metrics"] or {})
    rows = ask(conn, "file_values", run=run_id)
    return rolled_up([_part(row) for row in rows if within.match(row["path"])], metrics)


def values_by_file(conn: Connection[Any], run_id: UUID) -> dict[str, Mapping[str, float]]:
    return {row["path"]: row["values"] for row in ask(conn, "file_values", run=run_id)}


def long_values(conn: Connection[Any], run_id: UUID) -> list[ValueRow]:
    """Everything that was measured, each value with the version of its metric's definition."""
    versions = {row["name"]: row["version"] for row in ask(conn, "metric_definitions", run=run_id)}
    return [
        ValueRow(**row, definition_version=versions.get(measured(row["metric"], versions)))
        for row in ask(conn, "long_values", run=run_id)
    ]


def _normal(place: str | None) -> str:
    path = (place or "").strip().removeprefix("./").rstrip("/")
    return "" if path == "." else path


def _found(
    conn: Connection[Any], run_id: UUID, place: str, known: Mapping[str, dict[str, Any]]
) -> Found:
    defined = [_metric(row) for row in known.values()]
    if not place:
        totals = ask(conn, "run_details", run=run_id)[0]["metrics"] or {}
        return Found("codebase", "", totals, defined)
    within = [metric for metric in defined if known[metric.name]["scope"] != Scope.CODEBASE]
    if rows := ask(conn, "file_values", run=run_id, place=place):
        values = rolled_up(list(map(_part, rows)), within)
        if rows[0]["path"] == place:
            return Found("file", place, values, within)
        own = ask(conn, "folder_values", run=run_id, place=place)[0]["values"]
        counted = [metric for metric in defined if metric.name == "files"]
        found = {**_without_spread(values, own), **own, "files": len(rows)}
        return Found("folder", place, found, [*counted, *within])
    path, keys = place_of(conn, run_id, place)
    return _symbol(conn, run_id, path, keys[-1], known)


def _symbol(
    conn: Connection[Any], run_id: UUID, path: str, key: str, known: Mapping[str, dict[str, Any]]
) -> Found:
    """Its fans follow from the relations of all files, and are stored of none."""
    row = ask(conn, "symbol_values", run=run_id, path=path, key=key)[0]
    told = symbol(conn, run_id, path, key)
    assert told
    fans = {"fan_in": told.fan_in, "fan_out": told.fan_out}
    own = [
        _metric(each)
        for name, each in known.items()
        if name in fans or (each["scope"] == Scope.SYMBOL and row["kind"] in each["kinds"])
    ]
    return Found("symbol", f"{path}:{key}", {**row["values"], **fans}, own)


def _without_spread(values: Mapping[str, float], own: Iterable[str]) -> dict[str, float]:
    """A folder's own value is no mean, nor the worst, of its files'."""
    known = set(own)
    return {name: value for name, value in values.items() if measured(name, known) not in known}


def _metric(row: Mapping[str, Any]) -> Metric:
    """As it was defined when the run was recorded, but for how it is measured."""
    return Metric(
        name=row["name"],
        title=row["title"],
        unit=row["unit"],
        direction=Direction(row["direction"]),
        rollup=Rollup(row["rollup"]),
        definition=row["definition"],
        source=row["source"],
        version=row["version"],
        weight=row["weight"],
        category=row["category"],
        kinds=frozenset(map(SymbolKind, row["kinds"])),
        scope=Scope(row["scope"]),
    )


def _part(row: Mapping[str, Any]) -> Part:
    return Part(row["values"], [(SymbolKind(kind), values) for kind, values in row["symbols"]])


def _defined(found: Found) -> Iterator[MetricValue]:
    values = found.values
    for metric in found.defined:
        yield MetricValue(
            name=metric.name,
            title=metric.title,
            category=metric.category,
            unit=metric.unit,
            direction=metric.direction,
            value=values.get(metric.name),
            mean=values.get(f"{metric.name}_mean"),
            worst=values.get(extreme(metric.name, metric.direction)),
            definition_version=metric.version,
        )


def _undefined(found: Found) -> Iterator[MetricValue]:
    """Values that no definition is stored of, under their bare names."""
    known = [metric.name for metric in found.defined]
    for name in _unknown(found.values, known):
        yield MetricValue(
            name=name,
            title=name,
            category="other",
            unit="",
            direction=Direction.NEUTRAL,
            value=found.values[name],
        )


def _unknown(values: Iterable[str], known: Sequence[str]) -> list[str]:
    return sorted(name for name in values if measured(name, known) not in known)
