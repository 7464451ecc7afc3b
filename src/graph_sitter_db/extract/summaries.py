"""graph_sitter's own summaries, byte for byte, and what they were meant to say where they raise."""

from typing import Any

from graph_sitter_db.extract import quiet


def codebase_summary(codebase: Any) -> str:
    return str(quiet.load().get_codebase_summary(codebase))


def file_summary(file: Any) -> str:
    """The original asks Python files for interfaces, which they do not know of: they have none."""
    if hasattr(type(file), "interfaces"):
        return str(quiet.load().get_file_summary(file))
    return f"""==== [ `{file.name}` (SourceFile) Dependency Summary ] ====
- {len(file.imports)} imports
- {len(file.symbols)} symbol references
\t- {len(file.classes)} classes
\t- {len(file.functions)} functions
\t- {len(file.global_vars)} global variables
\t- 0 interfaces

==== [ `{file.name}` Usage Summary ] ====
- {len(file.imports)} importers
"""


def class_summary(cls: Any) -> str:
    return str(quiet.load().get_class_summary(cls))


def function_summary(function: Any) -> str:
    return str(quiet.load().get_function_summary(function))


def symbol_summary(symbol: Any) -> str:
    return str(quiet.load().get_symbol_summary(symbol))
