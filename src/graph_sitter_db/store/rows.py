"""Values as columns: the one place that knows the order of each staged table."""

from collections.abc import Iterable, Iterator
from typing import Any

from graph_sitter_db.model.facts import FileFacts, Parameter, Symbol
from graph_sitter_db.model.issues import Issue
from graph_sitter_db.model.keys import Scope
from graph_sitter_db.model.paths import storable
from graph_sitter_db.model.relations import Linkage
from graph_sitter_db.model.snapshot import AnalysedFile
from graph_sitter_db.model.structure import Structure
from graph_sitter_db.store.text import stored, stored_json

type Row = tuple[object, ...]

# Values with a column of their own; SQL's file_values and symbol_values put them back together.
_OF_FILES = frozenset(
    (
        *("lines_physical", "lines_source", "lines_logical", "lines_comment", "lines_blank"),
        *("cyclomatic_complexity", "cognitive_complexity", "maintainability_index"),
        *("function_count", "class_count"),
    )
)
_OF_SYMBOLS = frozenset(
    (
        *("lines", "statements", "cyclomatic_complexity", "cognitive_complexity"),
        *("nesting_depth", "parameter_count", "maintainability_index"),
    )
)


def version_row(path: str, file: AnalysedFile) -> Row:
    facts, values = file.measured.facts, file.measured.values
    return (
        path,
        facts.source.sha256,
        facts.source.language,
        facts.parse_status,
        facts.parse_error and stored(facts.parse_error),
        len(facts.source.content),
        *_lines(facts),
        whole(values.get("cyclomatic_complexity")),
        whole(values.get("cognitive_complexity")),
        values.get("maintainability_index"),
        whole(values.get("function_count")),
        whole(values.get("class_count")),
        facts.is_test,
        facts.is_generated,
        stored_json({k: v for k, v in values.items() if k not in _OF_FILES}),
    )


def _lines(facts: FileFacts) -> Row:
    lines = facts.lines
    found = (lines.physical, lines.source, lines.logical, lines.comment, lines.blank)
    return found if facts.is_read else (None,) * len(found)


def symbol_rows(path: str, file: AnalysedFile) -> Iterator[Row]:
    for symbol, values in zip(
        file.measured.facts.symbols, file.measured.symbol_values, strict=True
    ):
        yield (
            path,
            symbol.ordinal,
            symbol.parent_ordinal,
            symbol.kind,
            stored(symbol.name),
            stored(symbol.qualified_name),
            symbol.duplicate_ordinal,
            stored(symbol.signature),
            symbol.start_line,
            symbol.end_line,
            symbol.start_byte,
            symbol.end_byte,
            symbol.is_async,
            symbol.is_static,
            symbol.is_abstract,
            symbol.is_exported,
            symbol.docstring is not None,
            [stored(each) for each in symbol.decorators],
            whole(values.get("parameter_count")),
            symbol.return_type and stored(symbol.return_type),
            symbol.end_line - symbol.start_line + 1,
            whole(values.get("cyclomatic_complexity")),
            whole(values.get("cognitive_complexity")),
            whole(values.get("nesting_depth")),
            values.get("maintainability_index"),
            stored_json({k: v for k, v in values.items() if k not in _OF_SYMBOLS}),
            symbol.structure_sha256,
            symbol.docstring and stored(symbol.docstring),
            _parameters(symbol),
            [stored(each) for each in symbol.bases],
            symbol.lines_source,
            symbol.statements,
        )


def issue_rows(path: str, issues: Iterable[Issue], of_linkage: bool) -> Iterator[Row]:
    for issue in issues:
        finding = issue.finding
        yield (
            path,
            of_linkage,
            issue.rule,
            issue.category,
            issue.severity,
            issue.fingerprint,
            stored(issue.title),
            stored(finding.message),
            finding.symbol and stored(finding.symbol),
            finding.start_line,
            finding.end_line,
            finding.start_column,
            finding.end_column,
            finding.measured,
            finding.limit,
            round(issue.effort_minutes, 2),
            stored_json(dict(finding.data)),
            issue.accepted if issue.accepted is None else stored(issue.accepted),
        )


def linkage_row(path: str, file: AnalysedFile) -> Row:
    linkage = _linkage(file)
    external = sum(bool(edge.external) for edge in linkage.edges)
    return path, len(linkage.edges), external, linkage.resolved, linkage.unresolved, "{}"


def edge_rows(path: str, file: AnalysedFile) -> Iterator[Row]:
    for ordinal, edge in enumerate(_linkage(file).edges):
        yield (
            path,
            ordinal,
            edge.kind,
            stored(edge.source) or None,
            None if edge.external else storable(edge.target_path),
            None if edge.external else stored(edge.target),
            stored(edge.external) if edge.external else None,
            edge.count,
            edge.first_line,
        )


def structure_document(structure: Structure) -> dict[str, dict[str, Any]]:
    """What the view codebase.structure_values takes apart again."""
    document: dict[str, dict[str, Any]] = {}
    for place, values in structure.values.items():
        of_scope = document.setdefault(f"{place.scope}s", {})
        path = storable(place.path)
        if place.scope is Scope.SYMBOL:
            of_scope.setdefault(path, {})[stored(place.symbol)] = values
        else:
            of_scope[path] = values
    return document


def _linkage(file: AnalysedFile) -> Linkage:
    return file.linkage or Linkage(file.path, ())


def _parameters(symbol: Symbol) -> str:
    return stored_json([_parameter(each) for each in symbol.parameters])


def _parameter(each: Parameter) -> dict[str, str | None]:
    return {
        "name": each.name,
        "annotation": each.annotation,
        "default": each.default,
        "kind": each.kind,
    }


def whole(value: float | None) -> int | None:
    return None if value is None else round(value)
