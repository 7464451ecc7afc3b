"""Stage 5: issues → one number, where each lost point went, what would win most back."""

from graph_sitter_db.score.debt_density import score
from graph_sitter_db.score.recommendations import recommend

__all__ = ["recommend", "score"]
