"""Every rule finds what its own examples promise; the examples are also the page of rules."""

import pytest

from graph_sitter_db.detect.rules import RULES
from graph_sitter_db.model.ports import Rule
from graph_sitter_db.testing import check_rule


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_does_what_its_examples_say(rule: Rule) -> None:
    check_rule(rule)


def test_every_rule_is_in_a_file_of_its_name() -> None:
    for rule in RULES:
        assert rule.check.__module__.rpartition(".")[2] == rule.name


def test_every_effort_says_where_it_is_from() -> None:
    for rule in RULES:
        assert rule.effort.source, rule.name
        assert bool(rule.effort.per_unit) == bool(rule.effort.unit), rule.name
