import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from graph_sitter_db import plugins

type Offer = Callable[[str, str, str], None]

RULES = """
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Rule

def rule(name):
    return Rule(name=name, title="", why="", category="size", severity=Severity.INFO,
                bad=(), good=(), limits={}, effort=Effort(source=""),
                check_file=lambda file, limits: ())

ONE = rule("one")
SEVERAL = (rule("two"), rule("three"))
NOT_A_RULE = "long_function"
TAKEN = rule("long_function")
HALF = [rule("four"), 5, rule("six")]
"""


@pytest.fixture
def offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Offer]:
    """Installs a package with one entry point, as pip leaves it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(package: str, entry: str, source: str) -> None:
        (tmp_path / f"{package}.py").write_text(source)
        information = tmp_path / f"{package}-1.0.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\n")
        (information / "entry_points.txt").write_text(entry)
        plugins.load.cache_clear()

    yield install
    plugins.load.cache_clear()
    for name in [name for name in sys.modules if name.startswith("offered_")]:
        del sys.modules[name]


def names() -> list[str]:
    return [rule.name for rule in plugins.rules()]


def test_built_in_rules_come_by_the_same_door() -> None:
    from graph_sitter_db.detect.rules import RULES as BUILT_IN

    assert plugins.rules() == BUILT_IN
    assert plugins.failures("rules") == ()


def test_an_entry_point_gives_one_rule_or_several(offer: Offer) -> None:
    before = names()
    entry = "[graph_sitter_db.rules]\na = offered_rules:ONE\nb = offered_rules:SEVERAL\n"
    offer("offered_rules", entry, RULES)
    assert names() == [*before, "one", "two", "three"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (
            "offered_rules:NOT_A_RULE",
            ["TypeError", "'long_function' cannot serve as one of the rules"],
        ),
        ("offered_rules:TAKEN", ["the name 'long_function' is taken"]),
        ("offered_rules:MISSING", ["AttributeError", "MISSING"]),
        ("offered_nowhere:RULES", ["ModuleNotFoundError", "offered_nowhere"]),
    ],
)
def test_what_cannot_be_used_is_reported_and_left_out(
    offer: Offer, value: str, words: list[str]
) -> None:
    before = names()
    offer("offered_rules", f"[graph_sitter_db.rules]\nbad = {value}\n", RULES)
    assert names() == before
    [failure] = plugins.failures("rules")
    assert (failure.stage, failure.name) == ("plugin", "bad")
    assert all(word in failure.message for word in [*words, "offered_rules", value])


def test_a_package_that_breaks_on_import_costs_only_itself(offer: Offer) -> None:
    offer("offered_broken", "[graph_sitter_db.rules]\nx = offered_broken:R\n", "raise SystemError")
    offer("offered_rules", "[graph_sitter_db.rules]\na = offered_rules:ONE\n", RULES)
    assert names()[-1] == "one"
    assert [failure.name for failure in plugins.failures("rules")] == ["x"]


def test_good_rules_beside_a_bad_one_are_kept(offer: Offer) -> None:
    offer("offered_rules", "[graph_sitter_db.rules]\na = offered_rules:HALF\n", RULES)
    assert names()[-2:] == ["four", "six"]
    assert len(plugins.failures("rules")) == 1


def test_a_group_is_read_once(offer: Offer) -> None:
    assert plugins.rules() is plugins.rules()
