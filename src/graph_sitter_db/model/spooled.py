"""An analysis that waits for its database."""

from dataclasses import dataclass

from graph_sitter_db.model.coverage import CoverageReport
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.reported import ToolReport
from graph_sitter_db.model.snapshot import Analysis


@dataclass(frozen=True, slots=True)
class Spooled:
    """What a run is recorded from, without what no database holds: trees, functions of rules."""

    analysis: Analysis
    reports: tuple[CoverageReport | ToolReport, ...]
    beside: frozenset[Family]  # other families of the same files, which reports may be about
    sources: bytes | None  # digest of all that decided the result, by which a later run is spared
