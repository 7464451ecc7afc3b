"""What must hold of every roll-up, whatever the values."""

import math
from fractions import Fraction
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from graph_sitter_db.model.keys import Direction, Rollup, SymbolKind
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.rollup import Part, measured, rolled_up, tally, together


def metric(
    name: str,
    rollup: Rollup,
    weight: str | None = None,
    direction: Direction = Direction.LOWER,
    kinds: frozenset[SymbolKind] = frozenset(SymbolKind),
) -> Metric:
    return Metric(
        name=name,
        title=name,
        unit="",
        direction=direction,
        rollup=rollup,
        weight=weight,
        kinds=kinds,
        definition="",
        source="",
    )


METRICS = (
    metric("count", Rollup.SUM),
    metric("amount", Rollup.SUM),
    metric("peak", Rollup.MAX),
    metric("level", Rollup.MEAN),
    metric("index", Rollup.MEAN, "size"),
    metric("portion", Rollup.SHARE, "count"),
    metric("covered", Rollup.SHARE),
)
WHOLE = st.integers(0, 10**9)
REAL = st.floats(0, 1e9)
FILES = st.lists(
    st.builds(
        Part,
        st.fixed_dictionaries(
            {},
            optional={
                "count": WHOLE,
                "size": WHOLE,
                "lines_source": WHOLE,
                "amount": REAL,
                "peak": REAL,
                "level": REAL,
                "index": REAL,
                "portion": st.floats(0, 1),
                "covered": st.floats(0, 1),
            },
        ),
    ),
    max_size=4,
)


@given(st.lists(FILES, max_size=4))
def test_sums_and_maxima_of_folders_make_those_of_the_whole(folders: list[list[Part]]) -> None:
    whole = rolled_up([file for folder in folders for file in folder], METRICS)
    inner = [Part(rolled_up(folder, METRICS)) for folder in folders]
    outer = rolled_up(inner, METRICS)
    assert whole.get("count") == outer.get("count")
    assert whole.get("peak") == outer.get("peak")
    if "amount" in whole:
        assert outer["amount"] == pytest.approx(whole["amount"], abs=1e-3)


@given(FILES)
def test_a_mean_lies_between_the_least_and_the_most(files: list[Part]) -> None:
    whole = rolled_up(files, METRICS)
    for name in ("level", "index", "portion", "covered"):
        column = [file.values[name] for file in files if name in file.values]
        if name in whole:
            assert min(column) <= whole[name] <= max(column)


@given(FILES, st.randoms(use_true_random=False))
def test_the_order_of_files_does_not_matter(files: list[Part], chance: Random) -> None:
    shuffled = chance.sample(files, len(files))
    assert rolled_up(shuffled, METRICS) == rolled_up(files, METRICS)


@given(st.lists(st.tuples(WHOLE, WHOLE), min_size=1))
def test_a_share_weighed_by_what_it_is_a_share_of_is_the_share_of_the_whole(
    found: list[tuple[int, int]],
) -> None:
    counts = [(min(pair), max(pair)) for pair in found]
    files = [Part({"portion": part / all_, "count": all_}) for part, all_ in counts if all_]
    total = sum(all_ for _, all_ in counts)
    assume(total)
    portion = rolled_up(files, METRICS)["portion"]
    assert portion == pytest.approx(sum(part for part, _ in counts) / total, abs=1e-4)


def test_what_weighs_nothing_says_nothing() -> None:
    assert "index" not in rolled_up([Part({"index": 5, "size": 0})], METRICS)
    files = [Part({"index": 5, "size": 0}), Part({"index": 7, "size": 1}), Part({"index": 9})]
    assert rolled_up(files, METRICS)["index"] == 7


def test_a_share_weighs_by_source_lines_unless_it_says_otherwise() -> None:
    files = [
        Part({"covered": 1.0, "lines_source": 30}),
        Part({"covered": 0.0, "lines_source": 10}),
    ]
    assert rolled_up(files, METRICS)["covered"] == 0.75


def test_what_no_file_has_is_unknown_and_not_nothing() -> None:
    assert rolled_up([Part({}), Part({"count": 2})], METRICS) == {"count": 2}
    assert rolled_up([], METRICS) == {}


def test_whole_numbers_stay_whole() -> None:
    values = rolled_up([Part({"count": 2}), Part({"count": 3})], METRICS)
    assert repr(values) == "{'count': 5}"


def test_a_metric_of_definitions_alone_is_rolled_up_from_those_it_is_about() -> None:
    function, inner, group = SymbolKind.FUNCTION, SymbolKind.CLASS, SymbolKind.NAMESPACE
    depth = metric("depth", Rollup.MAX)
    cohesion = metric("cohesion", Rollup.MAX, kinds=frozenset({inner, group}))
    health = metric("health", Rollup.MEAN, direction=Direction.HIGHER)
    files = [
        Part({}, [(function, {"depth": 2, "health": 80}), (inner, {"depth": 9, "cohesion": 3})]),
        Part({}, [(function, {"depth": 5, "health": 40}), (function, {})]),
    ]
    assert rolled_up(files, [depth, cohesion, health]) == {
        "depth": 5,
        "depth_mean": 3.5,
        "depth_max": 5,
        "cohesion": 3,
        "cohesion_mean": 3,
        "cohesion_max": 3,
        "health": 60,
        "health_mean": 60,
        "health_min": 40,
    }


def test_the_value_of_a_whole_is_that_of_its_files_where_they_have_one() -> None:
    files = [Part({"count": 7}, [(SymbolKind.FUNCTION, {"count": 1})])]
    assert rolled_up(files, METRICS) == {"count": 7, "count_mean": 1, "count_max": 1}


@pytest.mark.parametrize(
    ("total", "name"),
    [
        ("depth", "depth"),
        ("depth_mean", "depth"),
        ("depth_max", "depth"),
        ("depth_min", "depth"),
        ("fan_max", "fan_max"),
        ("peak_max", "peak_max"),
        ("depth_sum", "depth_sum"),
    ],
)
def test_a_total_is_told_to_be_of_the_metric_it_is_made_of(total: str, name: str) -> None:
    assert measured(total, {"depth", "peak", "peak_max"}) == name


@given(FILES)
def test_no_roll_up_is_anything_but_a_number(files: list[Part]) -> None:
    assert all(math.isfinite(value) for value in rolled_up(files, METRICS).values())


@given(files=FILES, seed=st.integers())
def test_what_is_remembered_of_files_adds_up_in_any_order(files: list[Part], seed: int) -> None:
    tallies = [tally(file, METRICS) for file in files]
    Random(seed).shuffle(tallies)
    assert together(tallies, METRICS) == rolled_up(files, METRICS)


@given(values=st.lists(st.floats(-1e300, 1e300), max_size=30))
def test_a_mean_is_that_of_the_exact_sum(values: list[float]) -> None:
    assume(values)
    found = rolled_up([Part({"level": value}) for value in values], METRICS)["level"]
    exact = float(sum(map(Fraction, values)) / len(values))
    assert math.isclose(found, round(exact, 4), rel_tol=1e-15, abs_tol=1e-4)
