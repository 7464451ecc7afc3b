"""Lines, by what is on them."""

from collections.abc import Callable

from graph_sitter_db.model.facts import FileFacts, Symbol
from graph_sitter_db.model.keys import Direction, Rollup
from graph_sitter_db.model.ports import Metric


def _metric(
    name: str, title: str, definition: str, of_file: Callable[[FileFacts], float]
) -> Metric:
    return Metric(
        name=name,
        title=title,
        unit="lines",
        direction=Direction.NEUTRAL,
        rollup=Rollup.SUM,
        definition=definition,
        source="graph-sitter-db 1; radon 6.0.1 raw divides source lines further",
        category="size",
        of_file=of_file,
    )


def _span(symbol: Symbol, facts: FileFacts) -> float:
    return symbol.end_line - symbol.start_line + 1


LINES = (
    _metric(
        "lines_physical",
        "Lines",
        "Lines ended by LF, CRLF or CR, and the last one if it is not empty.",
        lambda facts: facts.lines.physical,
    ),
    _metric(
        "lines_source",
        "Source lines",
        "Lines with at least one token that is neither comment nor docstring.",
        lambda facts: facts.lines.source,
    ),
    _metric(
        "lines_logical",
        "Logical lines",
        "Statements, docstrings, decorators, and headers of clauses (else, except, catch, finally, "
        "case); in TypeScript methods and fields too, which are no statements there. As radon's "
        "LLOC, but for its counting a line twice that has a colon inside.",
        lambda facts: facts.lines.logical,
    ),
    _metric(
        "lines_comment",
        "Comment lines",
        "Lines of comments and docstrings without other code, their empty lines included.",
        lambda facts: facts.lines.comment,
    ),
    _metric(
        "lines_blank",
        "Blank lines",
        "Lines of white space outside of comments, docstrings and strings.",
        lambda facts: facts.lines.blank,
    ),
    Metric(
        name="lines",
        title="Length",
        unit="lines",
        direction=Direction.LOWER,
        rollup=Rollup.MAX,
        definition="Lines from a definition's own first line, after decorators, to its last token.",
        source="graph-sitter-db 1",
        category="size",
        of_symbol=_span,
    ),
)
