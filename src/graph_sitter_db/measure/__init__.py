"""Stage 3: facts → measurements."""

from graph_sitter_db.measure._measure import measure
from graph_sitter_db.measure.attached import attached
from graph_sitter_db.measure.covered import coverage
from graph_sitter_db.measure.duplication import duplication
from graph_sitter_db.measure.fans import fans
from graph_sitter_db.measure.remembered import Comparable, comparable, duplicated_lines
from graph_sitter_db.measure.structure import structure
from graph_sitter_db.measure.totals import (
    FileTally,
    duplicated_in,
    file_tally,
    totals,
    totals_of,
)

__all__ = [
    "Comparable",
    "FileTally",
    "attached",
    "comparable",
    "coverage",
    "duplicated_in",
    "duplicated_lines",
    "duplication",
    "fans",
    "file_tally",
    "measure",
    "structure",
    "totals",
    "totals_of",
]
