"""What relations need to know of each file's syntax: where its symbols and its sites are.

Light enough to hand to another process, unlike the facts it is drawn from.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph_sitter_db.model.facts import FileFacts, Site
from graph_sitter_db.model.keys import SymbolKind


@dataclass(frozen=True, slots=True)
class Span:
    """A symbol, reduced to its place."""

    key: str
    name: str
    kind: SymbolKind
    parent: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Outline:
    """Spans are in the order of the file's symbols, hence by start byte."""

    path: str
    spans: tuple[Span, ...]
    sites: tuple[Site, ...]
    starts: tuple[int, ...]
    by_name: Mapping[str, Sequence[Span]]
    by_key: Mapping[str, Span]

    def around(self, byte: int) -> Span | None:
        """The innermost symbol around a byte; None: the module's own level."""
        index: int | None = bisect_right(self.starts, byte) - 1
        while index is not None and index >= 0:
            span = self.spans[index]
            if byte < span.end:
                return span
            index = span.parent
        return None

    def named(self, name: str, start: int, end: int) -> Span | None:
        """The symbol of that name whose span meets the given one; of several, the closest start."""
        meeting = [s for s in self.by_name.get(name, ()) if s.start < end and start < s.end]
        return min(meeting, key=lambda span: abs(span.start - start), default=None)

    def top_level(self, name: str) -> Span | None:
        """The definition that a name has for importers: the last one."""
        return next((s for s in reversed(self.by_name.get(name, ())) if s.parent is None), None)

    def parent(self, span: Span) -> Span | None:
        return None if span.parent is None else self.spans[span.parent]


def outline(facts: FileFacts) -> Outline:
    spans = tuple(
        Span(s.key, s.name, s.kind, s.parent_ordinal, s.start_byte, s.end_byte)
        for s in facts.symbols
    )
    by_name: dict[str, list[Span]] = {}
    for span in spans:
        by_name.setdefault(span.name, []).append(span)
    by_key = {span.key: span for span in spans}
    return Outline(facts.path, spans, facts.sites, tuple(s.start for s in spans), by_name, by_key)
