"""What cannot be imported is reported; what cannot be seen is not guessed at."""

from collections.abc import Mapping

import pytest

from graph_sitter_db.detect.rules.unresolved_import import RULE
from graph_sitter_db.testing import find

SHOP = {"shop/__init__.py": "", "shop/bill.py": "def total():\n    return 1\n"}


def asked(files: Mapping[str, str]) -> list[str]:
    return [issue.finding.anchor for issue in find(RULE, files)]


def test_a_finding_says_what_is_missing_and_where() -> None:
    source = "def f():\n    from .bills import total\n    return total()\n"
    [issue] = find(RULE, {**SHOP, "shop/main.py": source})
    assert issue.finding.message == "`.bills` cannot be imported: shop has no `bills`"
    assert (issue.finding.start_line, issue.finding.symbol) == (2, "f")


@pytest.mark.parametrize("name", ["_speedups", "version", "api_pb2", "generated"])
def test_names_of_what_is_compiled_or_generated_are_left_alone(name: str) -> None:
    source = f"from . import {name}\nfrom .{name} import total\nfrom . import bills\n"
    assert asked({**SHOP, "shop/main.py": source}) == [".bills"]


def test_what_a_package_asks_for_when_it_is_imported_was_there_for_somebody() -> None:
    compiled = {**SHOP, "shop/__init__.py": "from . import main\n"}
    both = "from .fast import add\n"
    files = {**compiled, "shop/main.py": both, "shop/late.py": both}
    assert asked(files) == []
    assert asked({**files, "shop/main.py": f"def f():\n    {both}"}) == [".fast", ".fast"]


def test_tests_are_run_so_theirs_are_not_looked_at() -> None:
    assert asked({**SHOP, "shop/test_bill.py": "from .bills import total\n"}) == []
