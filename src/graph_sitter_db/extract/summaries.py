"""graph_sitter's own summaries, byte for byte, and what they were meant to say where they raise."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

from graph_sitter_db.extract import quiet


def codebase_summary(codebase: Any) -> str:
    return str(quiet.load().get_codebase_summary(_counted(codebase)))


def _counted(codebase: Any) -> Any:
    """What the original asks a codebase for, looked up once: it goes through all nodes ten times,
    through the symbols' ancestors five times and through the edges four times, to count them.
    """
    from graph_sitter.enums import NodeType, SymbolType

    nodes, edges = codebase.ctx.get_nodes(), codebase.ctx.edges
    number = Counter(node.node_type for node in nodes)
    symbols = [n for n in nodes if n.node_type == NodeType.SYMBOL and n.is_top_level]
    kinds = Counter(symbol.symbol_type for symbol in symbols)
    return SimpleNamespace(
        ctx=SimpleNamespace(get_nodes=lambda: nodes, edges=edges),
        files=codebase.files,
        imports=range(number[NodeType.IMPORT]),
        external_modules=range(number[NodeType.EXTERNAL]),
        symbols=symbols,
        classes=range(kinds[SymbolType.Class]),
        functions=range(kinds[SymbolType.Function]),
        global_vars=range(kinds[SymbolType.GlobalVar]),
        interfaces=range(kinds[SymbolType.Interface]),
    )


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
