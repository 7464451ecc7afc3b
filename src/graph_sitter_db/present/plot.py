"""A line in the terminal, of braille dots: two columns and four rows of them in each character."""

from collections.abc import Sequence

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_EMPTY = 0x2800

type Point = tuple[float, float]


def plot(points: Sequence[Point], width: int = 64, height: int = 8) -> list[str]:
    """Rows of characters, the highest values first. Points are in order of x, and joined."""
    cells = [[0] * width for _ in range(height)]
    places = _scaled(points, 2 * width - 1, 4 * height - 1)
    for (x, y), (to_x, to_y) in zip(places, places[1:] or places, strict=False):
        steps = max(abs(to_x - x), abs(to_y - y), 1)
        for step in range(steps + 1):
            at_x, at_y = x + (to_x - x) * step // steps, y + (to_y - y) * step // steps
            row = 4 * height - 1 - at_y
            cells[row // 4][at_x // 2] |= _DOTS[row % 4][at_x % 2]
    return ["".join(chr(_EMPTY + cell) for cell in row) for row in cells]


def column(points: Sequence[Point], number: int, width: int = 64) -> int:
    """In which column of the plot a point is."""
    return _scaled(points, 2 * width - 1, 0)[number][0] // 2


def _scaled(points: Sequence[Point], most_x: int, most_y: int) -> list[tuple[int, int]]:
    """Onto whole numbers from 0; what does not vary is in the middle."""
    columns = list(zip(*points, strict=True))
    scaled = [_onto(values, most) for values, most in zip(columns, (most_x, most_y), strict=True)]
    return list(zip(*scaled, strict=True))


def _onto(values: Sequence[float], most: int) -> list[int]:
    least, span = min(values), max(values) - min(values)
    return [round((value - least) / span * most) if span else most // 2 for value in values]
