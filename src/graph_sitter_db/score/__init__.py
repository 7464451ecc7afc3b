"""Stage 5: issues → one number, where each lost point went, what would win most back."""

from graph_sitter_db.score.debt_density import MODEL, points, score, written
from graph_sitter_db.score.recommendations import recommend

__all__ = ["MODEL", "points", "recommend", "score", "written"]
