"""What docs/ci.md and examples/ci say is what CI would do: their steps run, on local clones."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import yaml
from tests.functional.conftest import IDENTITY

from graph_sitter_db.gate.policy import BUILT_IN, policy_of, read_policy
from graph_sitter_db.present.exporters import FORMATS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text()
EXAMPLES = ROOT / "examples" / "ci"
BAD = '"""Asks."""\n\n\ndef ask(name: str) -> str:\n    breakpoint()\n    return name\n'

# In place of GitHub's client and its server: keeps comments in a folder, and answers as they do.
GH = """#!/bin/sh
case "$*" in
*--jq*) for each in "$COMMENTS"/*; do
    [ -e "$each" ] && printf '%s\\t%s\\n' "$(basename "$each")" "$(head -n 1 "$each")"; done ;;
*PATCH*) cp comment.md "$COMMENTS/$(basename "$4")" ;;
*) cp comment.md "$COMMENTS/$(ls "$COMMENTS" | wc -l)" ;;
esac
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S)


def shell(script: str, folder: Path, environment: Mapping[str, str], code: int = 0) -> str:
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def job(
    repository: Path, tmp_path: Path, environment: Mapping[str, str]
) -> Iterator[dict[str, str]]:
    """What a job's environment says, and a stand-in for GitHub's client on PATH."""
    for name in ("bin", "comments"):
        (tmp_path / name).mkdir()
    (tmp_path / "bin" / "gh").write_text(GH)
    (tmp_path / "bin" / "gh").chmod(0o755)
    unset = ("GITHUB_", "CI_")
    yield {
        **{key: value for key, value in environment.items() if not key.startswith(unset)},
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{environment['PATH']}",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_REPOSITORY": "acme/hello",
        "NUMBER": "7",
        "COMMENTS": str(tmp_path / "comments"),
        "GRAPH_SITTER_DB_SPOOL": "spool",
    }


@pytest.fixture
def checkout(repository: Path, tmp_path: Path) -> Callable[..., Path]:
    """A clone as CI has it of a change of the repository: detached, on the merge or the change."""

    def make(text: str, *, merge: bool) -> Path:
        environment = {**os.environ, **IDENTITY, "HOME": str(tmp_path)}

        def git(folder: Path, *words: str) -> str:
            command = ["git", "-c", "advice.detachedHead=false", *words]
            done = subprocess.run(
                command, cwd=folder, env=environment, check=True, capture_output=True, text=True
            )
            return done.stdout.strip()

        git(repository, "switch", "-qC", "change", "main")
        (repository / "ask.py").write_text(text)
        git(repository, "add", ".")
        git(repository, "commit", "-qm", "Ask")
        git(repository, "switch", "-qC", "merge", "main")
        git(repository, "merge", "-q", "--no-ff", "-m", "Merge", "change")
        git(repository, "switch", "-q", "main")
        root = tmp_path / f"job-{len([*tmp_path.glob('job-*')])}"
        git(tmp_path, "clone", "-q", f"file://{repository}", root.name)
        git(root, "checkout", "-q", "--detach", f"origin/{'merge' if merge else 'change'}")
        git(root, "remote", "set-url", "origin", "https://github.com/acme/hello.git")
        return root

    return make


def test_every_example_is_tried_here() -> None:
    assert {path.name for path in EXAMPLES.iterdir()} == {
        "github.yml",
        "gitlab.yml",
        "pre-commit.yml",
    }


def test_the_commands_of_the_page_run(checkout: Callable[..., Path], job: dict[str, str]) -> None:
    root = checkout(BAD.replace("    breakpoint()\n", ""), merge=False)
    for script in blocks("sh"):
        shell(script, root, job)
    assert json.loads((root / "graph-sitter-db.sarif").read_text())["version"] == "2.1.0"
    assert not [*(root / "spool").iterdir()]


def test_the_policies_of_the_page_are_what_it_says(tmp_path: Path) -> None:
    (toml,), (same, built_in) = blocks("toml"), blocks("yaml")
    policies = []
    for text in (same, built_in):
        (tmp_path / "gate.yml").write_text(text)
        policies.append(read_policy(tmp_path / "gate.yml").model_dump())
    assert policies == [policy_of(toml.encode(), "").model_dump(), BUILT_IN.model_dump()]


@pytest.mark.slow
def test_the_github_workflow_judges_a_pull_request_and_keeps_one_comment(
    checkout: Callable[..., Path], job: dict[str, str], tmp_path: Path
) -> None:
    (workflow,) = yaml.safe_load((EXAMPLES / "github.yml").read_text())["jobs"].values()
    steps = {step["name"]: step["run"] for step in workflow["steps"] if "run" in step}
    assert steps.pop("Install") == "pip install graph-sitter-db"
    ci = {**job, "GITHUB_REF": "refs/pull/7/merge", "GITHUB_BASE_REF": "main"}
    for text, code in ((BAD, 1), (BAD.replace("    breakpoint()\n", ""), 0)):
        root = checkout(text, merge=True)
        for name, script in steps.items():
            told = shell(script, root, ci, code if name == "Judge" else 0)
            if name == "Export":
                assert ("::error file=ask.py,line=5" in told) is bool(code)
        (comment,) = (tmp_path / "comments").iterdir()
        title = comment.read_text().splitlines()[1]
        assert title == f"### {'❌' if code else '✅'} acme/hello (python)"
    assert "✅" in (tmp_path / "summary.md").read_text()


def test_the_gitlab_job_judges_a_merge_request(
    checkout: Callable[..., Path], job: dict[str, str]
) -> None:
    (steps,) = yaml.safe_load((EXAMPLES / "gitlab.yml").read_text()).values()
    root = checkout(BAD, merge=False)
    base = shell("git rev-parse origin/main", root, job).strip()
    ci = {**job, "CI_MERGE_REQUEST_DIFF_BASE_SHA": base}
    shell("\n".join(steps["script"]), root, ci, 1)
    shell("\n".join(steps["after_script"]), root, ci)
    report = json.loads((root / steps["artifacts"]["reports"]["codequality"]).read_text())
    assert "debugger_left" in {each["check_name"] for each in report}
    assert (root / steps["artifacts"]["reports"]["junit"]).read_text().count("<failure") == 1


def test_the_pre_commit_hook_judges_what_is_about_to_be_committed(
    repository: Path, job: dict[str, str]
) -> None:
    (hook,) = yaml.safe_load((EXAMPLES / "pre-commit.yml").read_text())["repos"][0]["hooks"]
    (ours,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {key: ours[key] for key in hook.keys() & ours.keys()} == {
        key: value for key, value in hook.items() if key != "additional_dependencies"
    }
    shell(ours["entry"], repository, job)
    (repository / "ask.py").write_text(BAD)
    shell("git add ask.py", repository, job)
    assert "ask.py:5" in shell(ours["entry"], repository, job, 1)


def test_the_action_records_judges_and_reports_a_pull_request(
    checkout: Callable[..., Path], job: dict[str, str], tmp_path: Path
) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    steps = {step["name"]: step for step in action["runs"]["steps"]}
    assert steps.pop("Install")["run"] == 'pip install "$VERSION"'
    assert action["inputs"]["version"]["default"] == "graph-sitter-db"
    given = {name: each["default"] for name, each in action["inputs"].items()} | {"depth": "syntax"}
    outputs = tmp_path / "outputs"
    ci = {
        **job,
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_BASE_REF": "main",
        "GITHUB_OUTPUT": str(outputs),
        "RUNNER_TEMP": str(tmp_path),
    }
    root = checkout(BAD, merge=True)
    told = {}
    for name, step in steps.items():
        variables = {
            key: given[value.removeprefix("${{ inputs.").removesuffix(" }}")]
            if "inputs." in value
            else "pull_request"
            for key, value in step["env"].items()
        }
        told[name] = shell(step["run"], root, ci | variables, 1 if name == "Judge" else 0)
    written = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
    assert written["status"] == "failed"
    assert 0 < float(written["score"]) <= 100
    assert "::error file=ask.py,line=5" in told["Report"]
    assert json.loads(Path(written["sarif"]).read_text())["version"] == "2.1.0"
    assert "acme/hello (python)" in Path(written["comment"]).read_text()
    promised = {
        each["value"].split(".")[-1].removesuffix(" }}") for each in action["outputs"].values()
    }
    assert promised == {*written}


def test_every_format_is_listed_with_the_command() -> None:
    commands = (ROOT / "docs" / "commands.md").read_text()
    assert all(f"  {name:<12} {told}" in commands for name, told in FORMATS.items())
