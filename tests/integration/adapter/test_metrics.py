"""What was measured, asked of a recorded tree."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.reports import Measurements, MetricValue

FILES = {
    "shop/cart.py": """
class Cart:
    def add(self, item, count=1):
        for each in range(count):
            if each:
                self.items.append(item)
""",
    "shop/price.py": "def price(item):\n    return item.price if item else 0\n",
    "shopping.py": "def go():\n    pass\n",
    "shop/net.ts": "export const net = (gross: number) => gross / 1.2\n",
}


@pytest.fixture
def run(adapter: CodebaseDBAdapter, repository: Callable[..., Path]) -> UUID:
    results = adapter.record(repository(FILES), depth="syntax")
    [run] = [each.id for each in results if each.language == "python"]
    assert run
    return run


def values(answer: Measurements) -> dict[str, MetricValue]:
    assert len({metric.name for metric in answer.metrics}) == len(answer.metrics)
    return {metric.name: metric for metric in answer.metrics}


def test_a_codebase_tells_its_totals(adapter: CodebaseDBAdapter, run: UUID) -> None:
    answer = adapter.metrics(run)
    found = values(answer)
    assert (answer.scope, answer.place, answer.run.id) == ("codebase", "", run)
    assert (found["files"].value, found["function_count"].value) == (3, 3)
    cyclomatic = found["cyclomatic_complexity"]
    assert (cyclomatic.value, cyclomatic.mean, cyclomatic.worst) == (6, 2, 3)
    assert (cyclomatic.title, cyclomatic.unit) == ("Cyclomatic complexity", "paths")
    assert (cyclomatic.direction, cyclomatic.category) == ("lower", "complexity")
    assert cyclomatic.definition_version == "1"


def test_a_folder_is_rolled_up_as_the_codebase_is(adapter: CodebaseDBAdapter, run: UUID) -> None:
    answer = adapter.metrics(run, "./shop/")
    found = values(answer)
    assert (answer.scope, answer.place) == ("folder", "shop")
    assert (found["files"].value, found["cyclomatic_complexity"].value) == (2, 5)
    assert (found["nesting_depth"].value, found["nesting_depth"].mean) == (2, 1)


@pytest.mark.parametrize("place", [None, "", ".", "./", " "])
def test_the_root_is_the_codebase(adapter: CodebaseDBAdapter, run: UUID, place: str | None) -> None:
    assert adapter.metrics(run, place) == adapter.metrics(run)


def test_folders_and_files_add_up_to_the_codebase(adapter: CodebaseDBAdapter, run: UUID) -> None:
    whole, folder, file = (
        values(adapter.metrics(run, place)) for place in (None, "shop", "shopping.py")
    )
    for name in ("lines_physical", "statements", "cyclomatic_complexity", "symbols_function"):
        parts = [each[name].value for each in (folder, file)]
        assert whole[name].value == sum(value for value in parts if value is not None)


def test_a_file_tells_its_own(adapter: CodebaseDBAdapter, run: UUID) -> None:
    answer = adapter.metrics(run, "shop/cart.py")
    found = values(answer)
    assert answer.scope == "file"
    assert (found["class_count"].value, found["symbols_method"].value) == (1, 1)
    assert found["cognitive_complexity"].value == 3
    assert "files" not in found


def test_a_symbol_tells_what_is_defined_of_its_kind(adapter: CodebaseDBAdapter, run: UUID) -> None:
    answer = adapter.metrics(run, "shop/cart.py:Cart.add")
    found = values(answer)
    assert (answer.scope, answer.place) == ("symbol", "shop/cart.py:Cart.add")
    assert (found["nesting_depth"].value, found["parameter_count"].value) == (2, 2)
    assert found["nesting_depth"].mean is None
    assert "lines_source" not in found
    assert "nesting_depth" not in values(adapter.metrics(run, "Cart"))


def test_what_was_not_measured_is_unknown(adapter: CodebaseDBAdapter, run: UUID) -> None:
    for place in (None, "shop", "shop/cart.py", "Cart.add"):
        assert values(adapter.metrics(run, place))["line_coverage"].value is None
    assert values(adapter.metrics(run))["edges"].value is None
    assert "line_coverage" not in values(adapter.metrics(run, "Cart"))


def test_relations_tell_of_files_folders_and_symbols(
    adapter: CodebaseDBAdapter, repository: Callable[..., Path]
) -> None:
    files = {
        "shop/base.py": "class Base:\n    def total(self):\n        return 1\n",
        "shop/cart.py": "from shop.base import Base\n\n\nclass Cart(Base):\n    pass\n",
        "till.py": "from shop.cart import Cart\n\n\ndef pay():\n    return Cart()\n",
    }
    [result] = adapter.record(repository(files))
    assert result.id
    whole, folder, file, cart, pay = (
        values(adapter.metrics(result.id, place))
        for place in (None, "shop", "shop/cart.py", "shop/cart.py:Cart", "pay")
    )
    assert (file["afferent_coupling"].value, file["efferent_coupling"].value) == (1, 1)
    assert (folder["afferent_coupling"].value, folder["efferent_coupling"].value) == (1, 0)
    assert (folder["instability"].value, folder["afferent_coupling"].worst) == (0, None)
    assert (cart["inheritance_depth"].value, folder["inheritance_depth"].value) == (1, 1)
    assert (pay["fan_out"].value, cart["fan_in"].value, whole["fan_in"].value) == (1, 1, 1)
    assert whole["edges"].value == result.edges
    assert whole["instability"].value == whole["instability"].mean


@pytest.mark.parametrize("place", ["shopp", "shop/cart", "shop/net.ts"])
def test_a_place_that_the_run_does_not_hold_is_an_error(
    adapter: CodebaseDBAdapter, run: UUID, place: str
) -> None:
    with pytest.raises(UsageError, match=place):
        adapter.metrics(run, place)


def test_a_stored_file_has_the_values_that_were_measured(
    adapter: CodebaseDBAdapter, run: UUID
) -> None:
    [file] = adapter.files(run, "shop/cart.py")
    found = values(adapter.metrics(run, "shop/cart.py"))
    assert (file.classes, file.functions) == (found["class_count"].value, 1)
    assert found["statements"].value == 5


def test_maintainability_stands_in_its_columns(
    adapter: CodebaseDBAdapter, run: UUID, installed_database: str
) -> None:
    with psycopg.connect(installed_database) as owner:
        [stored] = owner.execute(
            "SELECT r.maintainability_index, v.maintainability_index, v.lines_logical,"
            " y.maintainability_index, y.metrics ? 'maintainability_index'"
            " FROM analytics.analysis_runs r"
            " JOIN codebase.snapshot_files s ON s.snapshot_id = r.snapshot_id"
            " JOIN codebase.file_versions v ON v.id = s.file_version_id"
            " JOIN codebase.symbols y ON y.file_version_id = v.id"
            " WHERE r.id = %s AND y.name = 'add'",
            (run,),
        )
    told = [
        values(adapter.metrics(run, place))[name].value
        for place, name in (
            (None, "maintainability_index"),
            ("shop/cart.py", "maintainability_index"),
            ("shop/cart.py", "lines_logical"),
            ("Cart.add", "maintainability_index"),
        )
    ]
    assert [float(each) for each in stored[:4]] == [round(told[0] or 0, 2), *told[1:]]
    assert not stored[4]


def test_every_metric_says_what_it_means(adapter: CodebaseDBAdapter, run: UUID) -> None:
    told = {each.name: each for each in adapter.metric_definitions()}
    assert values(adapter.metrics(run)).keys() == told.keys()
    assert told["nesting_depth"].kinds == ["function", "method", "property"]
    assert (told["nesting_depth"].scope, told["lines_blank"].scope) == ("symbol", "file")
