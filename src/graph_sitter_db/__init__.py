"""graph-sitter-db: graph-sitter's analyses, remembered in PostgreSQL.

>>> from graph_sitter_db import CodebaseDBAdapter
>>> with CodebaseDBAdapter() as adapter:
...     (result,) = adapter.record("~/src/click", languages=["python"])
...     print(result.quality_score, result.grade)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graph_sitter_db.adapter import CodebaseDBAdapter, create_enhanced_analyzer
    from graph_sitter_db.enhanced import (
        get_class_summary_enhanced,
        get_codebase_summary_enhanced,
        get_file_summary_enhanced,
        get_function_summary_enhanced,
        get_symbol_summary_enhanced,
    )
    from graph_sitter_db.errors import GraphSitterDBError

__all__ = [
    "CodebaseDBAdapter",
    "GraphSitterDBError",
    "create_enhanced_analyzer",
    "get_class_summary_enhanced",
    "get_codebase_summary_enhanced",
    "get_file_summary_enhanced",
    "get_function_summary_enhanced",
    "get_symbol_summary_enhanced",
]

_HOMES = {
    "CodebaseDBAdapter": "adapter",
    "GraphSitterDBError": "errors",
    "create_enhanced_analyzer": "adapter",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used: importing the package costs next to nothing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'enhanced')}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
