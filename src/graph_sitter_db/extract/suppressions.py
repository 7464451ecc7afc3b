"""Comments that accept issues: `gsdb: ignore[rule, …] reason`."""

import re
from collections.abc import Iterable, Iterator
from itertools import count

from graph_sitter_db.extract.syntax_lines import LineMap
from graph_sitter_db.model.facts import Suppression

_MARK = b"gsdb:"
_COMMENT = re.compile(
    r"(?:#|//|/\*+)\s*gsdb:\s*ignore\b(?:\[(?P<rules>[^\]\n]*)\])?[ \t]*(?P<reason>[^\n]*)"
)


def suppressions(
    content: bytes, comments: Iterable[tuple[int, int]], lines: LineMap
) -> Iterator[Suppression]:
    """One for each such comment. It speaks of the code in its line, else of the next line of code,
    and before all code of the file as such too.
    """
    if _MARK not in content:
        return
    for start, end in comments:
        match = _COMMENT.match(content[start:end].decode("utf-8", "replace"))
        if match:
            line = content.count(b"\n", 0, start) + 1
            yield Suppression(
                line=line,
                covers=_covered(line, lines),
                is_head=not lines.source_between(1, line),
                rules=tuple(name for name in re.split(r"[\s,]+", match["rules"] or "") if name),
                reason=match["reason"].removesuffix("*/").strip(" :-–—"),
            )


def _covered(line: int, lines: LineMap) -> int:
    last = lines.lines.physical
    return next((n for n in count(line) if n > last or lines.source_between(n, n)), line)
