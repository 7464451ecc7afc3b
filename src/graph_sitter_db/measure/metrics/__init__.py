"""Metrics: each a value that says what it counts, from which source, and which way is better."""

from graph_sitter_db.measure.metrics.annotations import ANNOTATIONS
from graph_sitter_db.measure.metrics.bumps import BUMPS
from graph_sitter_db.measure.metrics.centrality import CENTRALITY
from graph_sitter_db.measure.metrics.cognitive import COGNITIVE
from graph_sitter_db.measure.metrics.cohesion import LCOM4
from graph_sitter_db.measure.metrics.comments import COMMENTS
from graph_sitter_db.measure.metrics.counts import COUNTS
from graph_sitter_db.measure.metrics.coverage import COVERAGE
from graph_sitter_db.measure.metrics.cyclomatic import CYCLOMATIC
from graph_sitter_db.measure.metrics.definitions import DEFINITIONS
from graph_sitter_db.measure.metrics.docstrings import DOCSTRINGS
from graph_sitter_db.measure.metrics.duplication import DUPLICATION
from graph_sitter_db.measure.metrics.halstead import HALSTEAD
from graph_sitter_db.measure.metrics.import_cycle_size import IMPORT_CYCLE_SIZE
from graph_sitter_db.measure.metrics.inheritance import INHERITANCE
from graph_sitter_db.measure.metrics.lines import LINES
from graph_sitter_db.measure.metrics.main_sequence import MAIN_SEQUENCE
from graph_sitter_db.measure.metrics.maintainability import MAINTAINABILITY
from graph_sitter_db.measure.metrics.methods import METHODS
from graph_sitter_db.measure.metrics.nesting import NESTING
from graph_sitter_db.measure.metrics.parameters import PARAMETERS
from graph_sitter_db.measure.metrics.returns import RETURNS
from graph_sitter_db.measure.metrics.risk import RISK
from graph_sitter_db.measure.metrics.statements import STATEMENTS
from graph_sitter_db.measure.metrics.symbols import SYMBOLS
from graph_sitter_db.model.ports import Metric

METRICS: tuple[Metric, ...] = (
    *COUNTS,
    *LINES,
    STATEMENTS,
    *SYMBOLS,
    *DEFINITIONS,
    CYCLOMATIC,
    COGNITIVE,
    *HALSTEAD,
    MAINTAINABILITY,
    NESTING,
    BUMPS,
    PARAMETERS,
    RETURNS,
    *RISK,
    METHODS,
    LCOM4,
    *DOCSTRINGS,
    *ANNOTATIONS,
    COMMENTS,
    *MAIN_SEQUENCE,
    *INHERITANCE,
    IMPORT_CYCLE_SIZE,
    CENTRALITY,
    *DUPLICATION,
    *COVERAGE,
)
