"""A file's bytes → its facts: symbols, control points, lines, sites and names, in one walk."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace
from itertools import compress
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
from graph_sitter_db.extract.syntax_vocabulary import vocabulary
from graph_sitter_db.extract.syntax_walk import Walk
from graph_sitter_db.model.facts import FileFacts, Source, Tokens
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
    names = _decoded(walk.used_names, text)
    problem = _error(tree.root_node) or text.note
    return FileFacts(
        source=source,
        parse_status=ParseStatus.PARTIAL if problem else ParseStatus.OK,
        parse_error=problem,
        lines=replace(lines.lines, logical=walk.logical_lines()),
        statements=walk.statements,
        symbols=symbols_of(walk.frames, walk.spec, lines.source_between),
        controls=tuple(walk.file.controls),
        sites=tuple(walk.sites),
        names=names | _decoded(walk.imported_names, text),
        names_used=names,
        vocabulary=vocabulary(walk.tokens, walk.operators),
        suppressions=tuple(suppressions(text.parsed, walk.comments, lines)),
        exports=None if walk.exports is None else frozenset(walk.exports - {""}),
        commented_code=tuple(commented_code(text.parsed, walk.comments, walk.spec)),
        tree=tree.root_node,
        places=dict(walk.kept),
        tokens=_tokens(walk),
        **_marks(source),
    )


def root_of(source: Source) -> Node:
    """The syntax tree's root, of what `facts` could read."""
    return _parsed(text_of(source.content, languages.family(source.language)), source).root_node


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
    language, root = source.language, tree.root_node
    kinds = table(language, is_whole=not root.has_error)
    walk = Walk(text, languages.spec(language), kinds, spelled_out(language))
    walk.run(root)
    return walk


def _tokens(walk: Walk) -> Tokens:
    """Those that stand in the source."""
    are_real = [start >= 0 for start in walk.starts]
    starts, texts = [*compress(walk.starts, are_real)], [*compress(walk.tokens, are_real)]
    for start, word in walk.words:
        at = bisect_left(starts, start)
        starts.insert(at, start)
        texts.insert(at, word)
    return Tokens(texts, starts, walk.boilerplate, walk.parameter_lists)


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
