"""graph-sitter's five summary functions, under names that can also say what the database knows.

Each returns exactly graph-sitter's text. Given an adapter it appends a part of its own; when the
database fails the text comes back all the same, with one warning in the log, unless `strict`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from graph_sitter_db.errors import AnalysisError, GraphSitterDBError
from graph_sitter_db.present import enhanced as present

if TYPE_CHECKING:
    from graph_sitter_db.adapter import CodebaseDBAdapter

_log = logging.getLogger("graph_sitter_db")


def get_codebase_summary_enhanced(
    codebase: Any, db_adapter: CodebaseDBAdapter | None = None, *, strict: bool = False
) -> str:
    """`get_codebase_summary`; with an adapter the run is recorded and what it tells appended."""
    from graph_sitter_db.extract.summaries import codebase_summary

    def known(adapter: CodebaseDBAdapter) -> str:
        return present.codebase_part(adapter.analyze_codebase_enhanced(codebase))

    return _appended(codebase_summary(codebase), known, db_adapter, strict)


def get_file_summary_enhanced(
    file: Any, db_adapter: CodebaseDBAdapter | None = None, *, strict: bool = False
) -> str:
    """`get_file_summary`; with an adapter the file's metrics and issues are appended."""
    from graph_sitter_db.extract.summaries import file_summary

    def known(adapter: CodebaseDBAdapter) -> str:
        return present.file_part(adapter.get_file_analysis_enhanced(file))

    return _appended(file_summary(file), known, db_adapter, strict)


def get_class_summary_enhanced(
    cls: Any, db_adapter: CodebaseDBAdapter | None = None, *, strict: bool = False
) -> str:
    """`get_class_summary`; with an adapter the class's metrics and issues are appended."""
    from graph_sitter_db.extract.summaries import class_summary

    return _appended(class_summary(cls), _symbol(cls), db_adapter, strict)


def get_function_summary_enhanced(
    func: Any, db_adapter: CodebaseDBAdapter | None = None, *, strict: bool = False
) -> str:
    """`get_function_summary`; with an adapter the function's metrics and issues are appended."""
    from graph_sitter_db.extract.summaries import function_summary

    return _appended(function_summary(func), _symbol(func), db_adapter, strict)


def get_symbol_summary_enhanced(
    symbol: Any, db_adapter: CodebaseDBAdapter | None = None, *, strict: bool = False
) -> str:
    """`get_symbol_summary`; with an adapter the symbol's metrics and issues are appended."""
    from graph_sitter_db.extract.summaries import symbol_summary

    return _appended(symbol_summary(symbol), _symbol(symbol), db_adapter, strict)


def _symbol(symbol: Any) -> Callable[[CodebaseDBAdapter], str]:
    def known(adapter: CodebaseDBAdapter) -> str:
        return present.symbol_part(*adapter.get_symbol_analysis(symbol))

    return known


def _appended(
    text: str,
    known: Callable[[CodebaseDBAdapter], str],
    adapter: CodebaseDBAdapter | None,
    strict: bool,
) -> str:
    if adapter is None:
        return text
    try:
        part = known(adapter)
    except Exception as error:  # whatever happens, the caller gets what it got before
        if isinstance(error, GraphSitterDBError) and strict:
            raise
        if strict:
            raise AnalysisError(
                f"Nothing could be added, {type(error).__name__}: {error}"
            ) from error
        _log.warning("graph-sitter-db could not add its part to the summary: %s", error)
        return text
    return text + present.separator(text) + part
