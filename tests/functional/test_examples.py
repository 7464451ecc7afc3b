"""The examples do what they say, on a small repository."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(example: str, *arguments: str | Path, environment: Mapping[str, str]) -> str:
    command = [sys.executable, EXAMPLES / example, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_example_is_tried_here() -> None:
    tried = {"analyse_repository.py", "compare_commits.py", "enhanced_summary.py", "plugin"}
    asked = {"rules", "ci"}  # by the tests of rules in SQL, and of docs/ci.md
    asked |= {path.name for path in EXAMPLES.glob("*.sql")}  # by those of the database
    assert {path.name for path in EXAMPLES.iterdir() if path.name[0] not in "._"} == tried | asked


def test_analysing_a_repository(repository: Path, environment: Mapping[str, str]) -> None:
    output = run("analyse_repository.py", repository, environment=environment)
    first, second = output.splitlines()
    assert re.fullmatch(r"hello\S* \(python\): \d+\.\d [A-E]", first)
    assert second == "  farewell.py:6: All calls of `farewell` share one `told=[]`"


def test_comparing_two_commits(repository: Path, environment: Mapping[str, str]) -> None:
    output = run("compare_commits.py", repository, "HEAD~1", "HEAD", environment=environment)
    assert "new     farewell.py: farewell" in output


def test_each_language_is_compared_with_itself(
    repository: Path, environment: Mapping[str, str]
) -> None:
    (repository / "one.ts").write_text("export const one = 1;\n")
    for words in (["add", "-A"], ["commit", "-qm", "A second language"]):
        subprocess.run(["git", *words], cwd=repository, env=environment, check=True)
    output = run("compare_commits.py", repository, "HEAD~1", "HEAD", environment=environment)
    assert "(python): score" in output
    assert output.endswith("typescript: only in HEAD\n")


def test_the_enhanced_summary_begins_with_the_original(
    repository: Path, environment: Mapping[str, str]
) -> None:
    output = run("enhanced_summary.py", repository, environment=environment)
    original, _, known = output.partition("Enhanced Analysis:")
    assert "- 2 functions" in original
    assert "Quality Score: " in known


def test_the_enhanced_summary_outlives_its_database(
    repository: Path, environment: Mapping[str, str]
) -> None:
    nobody_there = {**environment, "GRAPH_SITTER_DB_URL": "postgresql://127.0.0.1:1/none"}
    output = run("enhanced_summary.py", repository, environment=nobody_there)
    assert "- 2 functions" in output
    assert "Enhanced Analysis:" not in output


@pytest.fixture
def with_house_rules(tmp_path: Path, environment: Mapping[str, str]) -> Mapping[str, str]:
    """The environment with the example plug-in installed, without touching this one's packages."""
    options: list[str | Path] = [
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        tmp_path / "plugins",
    ]
    command = [sys.executable, "-m", "pip", "install", *options, EXAMPLES / "plugin"]
    subprocess.run(command, check=True, capture_output=True)
    return {**environment, "PYTHONPATH": str(tmp_path / "plugins")}


def test_an_installed_rule_finds_what_it_looks_for(
    repository: Path, environment: Mapping[str, str], with_house_rules: Mapping[str, str]
) -> None:
    (repository / "greeting.py").write_text('def greet(name):\n    print("Hello,", name)\n')
    findings = []
    for variables in (environment, with_house_rules):
        run("analyse_repository.py", repository, environment=variables)
        command = ["graph-sitter-db", "issues", "--rule", "print_in_library", "--json"]
        done = subprocess.run(
            command, cwd=repository, env=variables, capture_output=True, text=True, check=False
        )
        findings.append(done.stdout.count("Prints to the screen"))
    assert findings == [0, 1]
