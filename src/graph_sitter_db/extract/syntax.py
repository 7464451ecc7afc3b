"""A file's bytes → its facts: symbols, control points, lines, sites and names, in one walk."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tree_sitter import Node, Tree

from graph_sitter_db import languages
from graph_sitter_db.extract.commented_code import commented_code
from graph_sitter_db.extract.suppressions import suppressions
from graph_sitter_db.extract.syntax_frames import symbols_of
from graph_sitter_db.extract.syntax_lines import line_map
from graph_sitter_db.extract.syntax_marks import is_generated, is_test
from graph_sitter_db.extract.syntax_table import parser, spelled_out, table
from graph_sitter_db.extract.syntax_text import Text, UnreadableError, text_of
from graph_sitter_db.extract.syntax_vocabulary import Vocabularies
from graph_sitter_db.extract.syntax_walk import Walk
from graph_sitter_db.model.facts import FileFacts, Source
from graph_sitter_db.model.keys import ParseStatus


def facts(source: Source) -> FileFacts:
    """Everything the bytes tell. Never raises for their sake: what cannot be read is said in
    `parse_status` and `parse_error`.

    Byte positions are those of `source.content`, whatever its encoding. The structure digests are
    of tokens: comments, docstrings and white space inside lines do not change them.
    """
    try:
        text = text_of(source.content, languages.family(source.language))
    except UnreadableError as error:
        return FileFacts(source, ParseStatus.FAILED, str(error), **_marks(source))
    tree = _parsed(text, source)
    walk = _walked(tree, text, source)
    lines = line_map(text.parsed, walk.comments + walk.docstrings, walk.long_strings)
    vocabularies = Vocabularies(spelled_out(source.language), walk.frames)
    names = _decoded(walk.used_names, text)
    problem = _error(tree.root_node) or text.note
    return FileFacts(
        source=source,
        parse_status=ParseStatus.PARTIAL if problem else ParseStatus.OK,
        parse_error=problem,
        lines=replace(lines.lines, logical=walk.logical_lines()),
        statements=walk.statements,
        symbols=symbols_of(walk.frames, walk.spec, lines.source_between, vocabularies.of),
        controls=tuple(walk.file.controls),
        sites=tuple(walk.sites),
        names=names | _decoded(walk.imported_names, text),
        names_used=names,
        vocabulary=vocabularies.of_all([walk.file, *walk.frames]),
        suppressions=tuple(suppressions(text.parsed, walk.comments, lines)),
        exports=None if walk.exports is None else frozenset(walk.exports - {""}),
        commented_code=tuple(commented_code(text.parsed, walk.comments, walk.spec)),
        tree=tree.root_node,
        places=walk.kept,
        **_marks(source),
    )


def _decoded(names: Iterable[bytes], text: Text) -> frozenset[str]:
    return frozenset(name.decode(text.encoding, "replace") for name in names)


def _marks(source: Source) -> dict[str, Any]:
    return {
        "is_test": is_test(source.path),
        "is_generated": is_generated(source.path, source.content),
    }


def _parsed(text: Text, source: Source) -> Tree:
    tree = parser(source.language).parse(text.parsed)
    if tree.root_node.has_error:
        mended = languages.spec(source.language).mend(text.parsed)
        again = parser(source.language).parse(mended)
        return tree if again.root_node.has_error else again
    return tree


def _walked(tree: Tree, text: Text, source: Source) -> Walk:
    walk = Walk(text, languages.spec(source.language), table(source.language))
    walk.run(tree.root_node)
    return walk


def _error(root: Node) -> str | None:
    """Where the first part begins that the grammar does not know."""
    node: Node | None = root if root.has_error else None
    while node is not None and not node.is_missing:
        inner = next((child for child in node.children if child.has_error), None)
        if inner is None and node.is_error:
            break
        node = inner
    if node is None:
        return None
    what = f"`{node.type}` is missing" if node.is_missing else "syntax error"
    return f"line {node.start_point.row + 1}: {what}"
