"""Numbers are written the same way everywhere."""

import pytest

from graph_sitter_db.present.figures import counted, number, percent, score_tone, signed
from graph_sitter_db.present.page import Tone


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0, "0"), (1234567, "1,234,567"), (2.0, "2"), (3.14159, "3.14"), (87.44, "87.4")],
)
def test_numbers(value: float | None, text: str) -> None:
    assert number(value) == text


def test_a_rate_is_never_rounded_to_all_or_nothing() -> None:
    assert [percent(share) for share in (0, 0.00001, 0.5, 0.99999, 1)] == [
        "0.0%",
        "0.1%",
        "50.0%",
        "99.9%",
        "100.0%",
    ]


def test_changes_carry_their_sign() -> None:
    assert [signed(change) for change in (2.0, -2.5, 0.0, None)] == ["+2", "-2.50", "0", "-"]


def test_a_rising_score_is_good_and_a_falling_one_bad() -> None:
    assert [score_tone(change) for change in (1, -1, 0)] == [Tone.GOOD, Tone.BAD, Tone.PLAIN]


def test_one_is_not_many() -> None:
    assert [counted(1, "file"), counted(2_000, "file")] == ["1 file", "2,000 files"]
