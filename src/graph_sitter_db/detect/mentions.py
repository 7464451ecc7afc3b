"""Whether a name stands anywhere in a codebase but in its own definition."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from pathlib import PurePosixPath

from graph_sitter_db.detect.definitions import definition
from graph_sitter_db.detect.reads import occurrences
from graph_sitter_db.model.facts import FileFacts, Symbol
from graph_sitter_db.model.ports import Codebase


class Mentions:
    """In code, in a string, in a comment, in what a package declares of itself (its manifest), or
    as an edge of the graph; the beginning of a name counts where names are put together.
    """

    def __init__(self, codebase: Codebase) -> None:
        self._files = {path: file.facts for path, file in codebase.files.items()}
        self._texts = {path: facts.source.content for path, facts in self._files.items()}
        self._texts.update(codebase.manifests)
        # A name known to two files needs no search.
        self._holders = Counter(name for facts in self._files.values() for name in facts.names)
        self._targets = {
            (edge.target_path, edge.target)
            for path, linkage in codebase.linkages.items()
            for edge in linkage.edges
            if path != edge.target_path or not _is_within(edge.source, edge.target)
        }

    def mentioned(self, symbol: Symbol, facts: FileFacts) -> bool:
        if self._holders[symbol.name] > 1 or (facts.path, symbol.key) in self._targets:
            return True
        name, own = symbol.name.encode(), facts.source.content
        spans = [_span(each, facts) for each in facts.symbols if each.name == symbol.name]
        if any(_is_outside(at, spans) for at in occurrences(name, own, range(len(own)))):
            return True
        others = (text for path, text in self._texts.items() if path != facts.path)
        if any(True for text in others for _ in occurrences(name, text, range(len(text)))):
            return True
        return _is_put_together(name, own) or (symbol.parent_ordinal is None and self._lists(facts))

    def _lists(self, facts: FileFacts) -> bool:
        """Whether all names of a Python module are gone through: `vars(module)`, `globals()`."""
        if PurePosixPath(facts.path).stem.encode() in self._listed:
            return True
        return _LISTS_ITSELF.search(facts.source.content) is not None

    @cached_property
    def _listed(self) -> set[bytes]:
        return {
            match["object"] or match["argument"]
            for text in self._texts.values()
            if any(word in text for word in _LISTING_WORDS)
            for match in _LISTING.finditer(text)
        }


_LISTING_WORDS = (b"__dict__", b"vars(", b"dir(", b"getmembers(")
_LISTING = re.compile(
    rb"(?P<object>\w+)\.__dict__|\b(?:vars|dir|getmembers)\((?:\w+\.)*(?P<argument>\w+)"
)
_LISTS_ITSELF = re.compile(rb"\bglobals\(\)|\bsys\.modules\[__name__\]")


def _is_within(source: str, target: str) -> bool:
    return source == target or source.startswith(f"{target}.")


def _span(symbol: Symbol, facts: FileFacts) -> range:
    node = None if facts.tree is None else definition(symbol, facts)
    if node is None:
        return range(symbol.start_byte, symbol.end_byte)
    return range(node.start_byte, node.end_byte)


def _is_outside(byte: int, spans: Iterable[range]) -> bool:
    return not any(byte in span for span in spans)


def _is_put_together(name: bytes, text: bytes) -> bool:
    """By its beginning: `f"_visit_{kind}"`, `"_visit_" + kind`, `"_visit_%s"`."""
    heads = [name[: underscore.end()] for underscore in re.finditer(rb"_+(?=.)", name)]
    return any(
        re.search(rb"\b" + re.escape(head) + rb"(?:[{%$]|[\"']\s*[+%.])", text)
        for head in heads
        if head in text
    )
