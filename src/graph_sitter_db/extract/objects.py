"""A graph_sitter object of the user's own, looked at from outside."""

import hashlib
from pathlib import Path
from typing import Any

from graph_sitter_db.errors import UsageError
from graph_sitter_db.languages import language_of
from graph_sitter_db.model.facts import FileFacts, Source, Symbol


def source_of(file: Any) -> Source:
    """A file as graph_sitter parsed it, edits in memory included."""
    language = language_of(str(file.filepath))
    if language is None:
        raise UsageError(f"{file.filepath} is no Python, TypeScript or JavaScript file.")
    content = file.ts_node.text
    return Source(str(file.filepath), language, content, hashlib.sha256(content).digest())


def root_of(file: Any) -> Path:
    """The folder that the file's path is relative to."""
    return Path(file.ctx.repo_path)


def symbol_in(facts: FileFacts, symbol: Any) -> Symbol | None:
    """What the syntax knows of a graph_sitter symbol: the innermost definition that starts where it does.

    Wrappers (exports, declarations) start before the definition itself, hence the look inside.
    """
    start, end = symbol.ts_node.start_byte, symbol.ts_node.end_byte
    inside = [each for each in facts.symbols if start <= each.start_byte and each.end_byte <= end]
    around = [each for each in facts.symbols if each.start_byte <= start and end <= each.end_byte]
    return inside[0] if inside else around[-1] if around else None
