"""Policies are read from TOML and YAML alike, and what is wrong in them is named."""

from pathlib import Path

import pytest

from graph_sitter_db.errors import UsageError
from graph_sitter_db.gate.policy import BUILT_IN, policy_of, read_policy
from graph_sitter_db.model.keys import Severity

TOML = """
[tool.graph-sitter-db.gate]
small-change = 5

[tool.graph-sitter-db.gate.project.score]
target = "auto"
threshold = 0.5

[tool.graph-sitter-db.gate.patch.coverage]
target = "80%"
informational = true
paths = ["src"]
if-not-found = "success"

[tool.graph-sitter-db.gate.patch.grave]
measure = "issues"
severity = "critical"
"""
YAML = """
small_change: 5
project:
  score: {target: auto, threshold: 0.5}
patch:
  coverage: {target: 80%, informational: true, paths: src, if_not_found: success}
  grave: {measure: issues, severity: critical}
"""


def test_toml_and_yaml_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "gate.yml").write_text(YAML)
    policy = read_policy(tmp_path / "gate.yml")
    assert policy.model_dump() == policy_of(TOML.encode(), "pyproject.toml").model_dump()
    assert (policy.small_change, policy.project["score"].threshold) == (5, 0.5)
    assert (policy.patch["coverage"].target, policy.patch["coverage"].fails) == (80, False)
    assert policy.patch["grave"].severity is Severity.CRITICAL


def test_a_policy_of_its_own_needs_no_name_of_a_table(tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text("[patch.issues]\ntarget = 3\n")
    assert read_policy(tmp_path / "gate.toml").patch["issues"].target == 3


@pytest.mark.parametrize("pyproject", [None, b"", b"[tool.graph-sitter-db]\ninclude = ['src']\n"])
def test_without_a_policy_the_built_in_one_holds(pyproject: bytes | None) -> None:
    assert policy_of(pyproject, "pyproject.toml") is BUILT_IN


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("projects: {}", r"projects in .* is no key of a gate policy. Keys there: small_change"),
        ("patch: {issues: {sevrity: error}}", r"patch.issues.sevrity in .* is no key"),
        ("patch: {issues: {target: few}}", r"patch.issues.target in .* is 'few'"),
        ("project: {score: {threshold: -1}}", r"project.score.threshold in .* is -1"),
        ("project: 3", r"project in .* is 3"),
        ("[]", r"has no condition|is a table"),
        ("small_change: 3", r"has no condition; name one"),
        ("project: [", r"is no YAML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "gate.yml").write_text(text)
    with pytest.raises(UsageError, match=told):
        read_policy(tmp_path / "gate.yml")


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match=r"nowhere\.yml cannot be read"):
        read_policy("nowhere.yml")
