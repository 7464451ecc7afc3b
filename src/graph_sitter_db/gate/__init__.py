"""Whether a change may be merged: conditions of a policy, judged against the recorded base."""

from graph_sitter_db.gate.judge import Question, judge

__all__ = ["Question", "judge"]
