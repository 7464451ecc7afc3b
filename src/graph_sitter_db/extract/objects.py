"""A graph_sitter object of the user's own, looked at from outside."""

import hashlib
from pathlib import Path
from typing import Any

from graph_sitter_db.errors import UsageError
from graph_sitter_db.languages import language_of
from graph_sitter_db.model.facts import FileFacts, Source, Symbol


def source_of(file: Any) -> Source:
    """A file as graph_sitter parsed it, edits in memory included."""
    path = getattr(file, "filepath", None)
    if path is None:
        kind = type(file).__name__
        raise UsageError(f"A {kind} is no graph-sitter file: give one of a Codebase.")
    language = language_of(str(path))
    if language is None:
        raise UsageError(f"{file.filepath} is no Python, TypeScript or JavaScript file.")
    content = file.ts_node.text
    return Source(str(file.filepath), language, content, hashlib.sha256(content).digest())


def root_of(context: Any) -> Path:
    """The folder that paths are relative to. A context is the `ctx` of any graph_sitter object."""
    return Path(context.repo_path)


def paths_of(context: Any) -> list[str]:
    """Of the source files it holds."""
    from graph_sitter.enums import NodeType

    paths = (str(file.filepath) for file in context.get_nodes(NodeType.FILE))
    return [path for path in paths if language_of(path) is not None]


def options_of(context: Any) -> dict[str, object]:
    """Settings of graph_sitter's that change its relations, where they are not the usual ones."""
    from graph_sitter.configs.models.codebase import CodebaseConfig

    found = {}
    for name in _DECISIVE:
        usual = CodebaseConfig.model_fields[name].get_default(call_default_factory=True)
        if (value := getattr(context.config, name)) != usual:
            found[name] = value
    return found


_DECISIVE = (
    "allow_external",
    "conditional_type_resolution",
    "disable_file_parse",
    "disable_graph",
    "generics",
    "import_resolution_overrides",
    "import_resolution_paths",
    "method_usages",
    "py_resolve_syspath",
    "ts_dependency_manager",
    "ts_language_engine",
    "v8_ts_engine",
)


def symbol_in(facts: FileFacts, symbol: Any) -> Symbol | None:
    """What the syntax knows of a graph_sitter symbol: the definition that starts where it does.

    Wrappers (exports, declarations) start before the definition itself, hence the look inside.
    """
    start, end = symbol.ts_node.start_byte, symbol.ts_node.end_byte
    inside = [each for each in facts.symbols if start <= each.start_byte and each.end_byte <= end]
    around = [each for each in facts.symbols if each.start_byte <= start and end <= each.end_byte]
    return inside[0] if inside else around[-1] if around else None
