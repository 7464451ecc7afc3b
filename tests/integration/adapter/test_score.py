"""What a score promises, on recorded code."""

import importlib.util
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graph_sitter_db import CodebaseDBAdapter

type Make = Callable[..., Path]

FILES = {
    "shop.py": (
        "def add(item, to=[]):\n    to.append(item)\n    return to\n\n\n"
        "def read(path):\n    try:\n        return open(path)\n    except:\n        return None\n"
    ),
    "bill.py": (
        "def total(rows):\n    # TODO: taxes\n    return sum(rows)\n\n\n"
        "def draw(a, b, c, d, e, f, g, h):\n    return a, b, c, d, e, f, g, h\n"
    ),
}
MENDED = {
    "add": ("shop.py", "to=[]", "to=()"),
    "read": ("shop.py", "except:", "except OSError:"),
    "total": ("bill.py", "# TODO: taxes", "# without taxes"),
    "draw": ("bill.py", "g, h):", "*g, h=0):"),
}


def recorded(adapter: CodebaseDBAdapter, root: Path) -> Any:
    (result,) = adapter.record(root, depth="syntax")
    return result


@pytest.mark.parametrize("symbol", MENDED)
def test_mending_what_is_recommended_wins_the_points_it_says(
    adapter: CodebaseDBAdapter, repository: Make, symbol: str
) -> None:
    root = repository(FILES)
    before = recorded(adapter, root)
    [advice] = [each for each in before.recommendations if each.startswith(f"{symbol} in ")]
    path, bad, good = MENDED[symbol]
    assert f"in {path}:" in advice
    promised = re.search(r"\+([\d.]+) points$", advice)
    assert promised
    (root / path).write_text((root / path).read_text().replace(bad, good))
    after = recorded(adapter, root)
    won = after.quality_score - before.quality_score
    assert won == pytest.approx(float(promised[1]), abs=0.011)


def test_debt_has_a_ratio_and_a_rating(adapter: CodebaseDBAdapter, repository: Make) -> None:
    result = recorded(adapter, repository(FILES))
    source_lines = 12
    assert result.debt_minutes == sum(issue.effort_minutes for issue in result.issues)
    assert result.debt_ratio == pytest.approx(result.debt_minutes / (30 * source_lines), abs=1e-6)
    assert result.debt_rating == next(
        rating
        for rating, upper in {"A": 0.05, "B": 0.1, "C": 0.2, "D": 0.5, "E": 9.0}.items()
        if result.debt_ratio <= upper
    )


def test_a_codebase_put_twice_side_by_side_scores_the_same(
    adapter: CodebaseDBAdapter, tmp_path: Path
) -> None:
    spec = importlib.util.find_spec("flask")
    assert spec and spec.origin
    source = Path(spec.origin).parent
    for folder in ("once/flask", "twice/one/flask", "twice/two/flask"):
        shutil.copytree(source, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (once,), (twice,) = adapter.record(tmp_path / "once"), adapter.record(tmp_path / "twice")
    assert twice.files_analyzed == 2 * once.files_analyzed
    assert twice.debt_minutes > 1.5 * once.debt_minutes > 0
    assert abs(twice.quality_score - once.quality_score) <= 1
