"""Areas of plane figures."""

from functools import cache

UNITS = ("mm", "cm")


@cache
def circle(
    radius: float,
    pi: float = 3.14,
) -> float:
    if radius < 0:
        raise ValueError("a radius is not negative")
    return pi * radius**2


def scaled(factor: float):
    def apply(area: float) -> float:
        if factor == 1:
            return area
        return area * factor

    def undo(area: float) -> float:
        return area / factor

    return apply


def never(width: float) -> float:
    return width


def one(width: float) -> float: return width


class Box:
    sides = 4

    def area(self) -> float:
        return 1.0 if self.sides else 0.0

    def __repr__(self) -> str:
        return "Box"
