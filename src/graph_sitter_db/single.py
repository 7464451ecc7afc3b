"""One file on its own: analysed in memory, and kept when that is wanted."""

from typing import Any

from graph_sitter_db import detect, measure, query, store
from graph_sitter_db.adopted import origin_of, whereabouts
from graph_sitter_db.db import Database
from graph_sitter_db.extract.objects import root_of, source_of, symbol_in
from graph_sitter_db.extract.summaries import file_summary
from graph_sitter_db.languages import family_of
from graph_sitter_db.model.facts import Source, Symbol
from graph_sitter_db.model.issue_report import report_of
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.paths import storable
from graph_sitter_db.model.reports import FileAnalysis, FileReport, IssueReport, SymbolReport
from graph_sitter_db.model.snapshot import AnalysedFile
from graph_sitter_db.pipeline import Recipe, facts_of
from graph_sitter_db.settings import load
from graph_sitter_db.store.digests import extractor_digest


def analyse_file(database: Database, file: Any, keep: bool) -> FileAnalysis:
    """What is known of a graph_sitter file: from the rows when this very version is stored."""
    source, summary = source_of(file), file_summary(file)
    recipe = Recipe.of(load(root_of(file.ctx)))
    if stored := _stored(database, file, source, recipe, summary):
        return stored
    family = family_of(source.path) or Family.PYTHON
    analysed = _analysed(source, family, recipe)
    if keep:
        store.store_file(database, origin_of(file.ctx), family, analysed, recipe.definitions)
        if stored := _stored(database, file, source, recipe, summary):
            return stored
    return _in_memory(analysed, summary)


def analyse_symbol(
    database: Database, symbol: Any
) -> tuple[SymbolReport | None, list[IssueReport]]:
    """What is known of a graph_sitter symbol, and the issues in it."""
    file: Any = getattr(symbol, "file", None)
    source = source_of(file)
    found = symbol_in(facts_of(source, load(root_of(file.ctx))), symbol)
    if found is None:
        return None, []
    analysis = analyse_file(database, file, keep=False)
    report = next((each for each in analysis.symbols if each.key == found.key), None)
    return report, [issue for issue in analysis.issues if issue.symbol == found.key]


def _stored(
    database: Database, file: Any, source: Source, recipe: Recipe, summary: str
) -> FileAnalysis | None:
    key = (storable(source.path), source.sha256, extractor_digest(recipe.definitions))
    where = whereabouts(file.ctx)
    with database.transaction(read_only=True) as connection:
        for codebase in query.find_codebases(connection, where.full_name, provider=where.provider):
            if stored := query.stored_file(connection, codebase.id, *key):
                return query.file_analysis(connection, stored, summary)
    return None


def _analysed(source: Source, family: Family, recipe: Recipe) -> AnalysedFile:
    measured = measure.measure(facts_of(source, recipe.settings), recipe.metrics)
    found = detect.detect([measured], None, family, recipe.rules, recipe.settings)
    issues, accepted = (each.get(source.path, ()) for each in (found.issues, found.accepted))
    return AnalysedFile(measured, None, issues, accepted)


def _in_memory(analysed: AnalysedFile, summary: str) -> FileAnalysis:
    facts, values = analysed.measured.facts, analysed.measured.values
    return FileAnalysis(
        path=storable(facts.path),
        language=facts.source.language,
        summary=summary,
        metrics=dict(values),
        symbols=[_symbol(analysed, symbol) for symbol in facts.symbols],
        issues=[report_of(issue) for issue in analysed.issues],
        accepted=[report_of(issue) for issue in analysed.accepted],
        file=FileReport(
            path=storable(facts.path),
            language=facts.source.language,
            parse_status=facts.parse_status,
            lines=facts.lines.physical,
            lines_source=facts.lines.source,
            lines_comment=facts.lines.comment,
            lines_blank=facts.lines.blank,
            functions=store.whole(values.get("function_count")) or 0,
            classes=store.whole(values.get("class_count")) or 0,
            cyclomatic=store.whole(values.get("cyclomatic_complexity")),
            cognitive=store.whole(values.get("cognitive_complexity")),
            issues=len(analysed.issues),
        ),
        stored=False,
    )


def _symbol(analysed: AnalysedFile, symbol: Symbol) -> SymbolReport:
    values = analysed.measured.symbol_values[symbol.ordinal]
    symbols = analysed.measured.facts.symbols
    parent = symbols[symbol.parent_ordinal] if symbol.parent_ordinal is not None else None
    return SymbolReport(
        path=storable(analysed.path),
        key=symbol.key,
        kind=symbol.kind,
        name=symbol.name,
        parent=parent.key if parent else None,
        signature=symbol.signature,
        start_line=symbol.start_line,
        end_line=symbol.end_line,
        lines=symbol.end_line - symbol.start_line + 1,
        is_exported=symbol.is_exported,
        docstring=symbol.docstring,
        parameters=store.whole(values.get("parameter_count")),
        cyclomatic=store.whole(values.get("cyclomatic_complexity")),
        cognitive=store.whole(values.get("cognitive_complexity")),
        nesting=store.whole(values.get("nesting_depth")),
        fan_in=None,
        fan_out=None,
    )
