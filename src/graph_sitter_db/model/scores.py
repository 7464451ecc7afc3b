"""The score: one number, and where each lost point went."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Loss:
    """Points lost to one file under one rule; the losses of a score sum to 100 - value."""

    rule: str
    path: str
    points: float
    minutes: float
    issues: int


@dataclass(frozen=True, slots=True)
class Score:
    value: float  # 0–100
    grade: str  # A–E
    model: str  # name and version of the scoring model
    debt_minutes: float
    debt_ratio: float
    losses: tuple[Loss, ...] = ()
