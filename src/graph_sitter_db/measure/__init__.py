"""Stage 3: facts → measurements."""

from graph_sitter_db.measure._measure import measure
from graph_sitter_db.measure.covered import coverage
from graph_sitter_db.measure.duplication import duplication
from graph_sitter_db.measure.fans import fans
from graph_sitter_db.measure.structure import structure
from graph_sitter_db.measure.totals import totals

__all__ = ["coverage", "duplication", "fans", "measure", "structure", "totals"]
