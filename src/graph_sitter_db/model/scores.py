"""The score: one number for a codebase, and the debt it follows from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    value: float  # 0–100
    grade: str  # A–E
    model: str  # name and version of the scoring model
    debt_minutes: float
    debt_ratio: float
