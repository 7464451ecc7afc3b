"""README says what is true: its commands run, and print what it shows."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES += sorted((ROOT / "docs").rglob("*.md"))


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


def steps(session: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output shown below it."""
    parts = re.split(r"^\$ (.+)\n", session, flags=re.M)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def settled(text: str) -> str:
    """Without what differs between recordings, and without spaces at the lines' ends."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", text)
    text = re.sub(r"\b([Rr]un:?) [0-9a-z]{8}\b", r"\1 ID", text)
    return re.sub(r"[ \t]+$", "", text, flags=re.M).strip()


def run(command: str, folder: Path, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_fits_on_a_page_or_two() -> None:
    assert len(README.splitlines()) <= 100


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_make_targets_it_names_exist() -> None:
    known = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.M)
    named = re.findall(r"\bmake ([a-z]+)\b", "\n".join(blocks("sh")))
    assert named
    assert set(named) <= set(known)


def test_the_session_prints_what_it_shows(repository: Path, environment: Mapping[str, str]) -> None:
    (session,) = blocks("console")
    for command, shown in steps(session):
        assert settled(run(command, repository, environment)) == settled(shown), command


def test_the_python_block_runs(repository: Path, environment: Mapping[str, str]) -> None:
    (script,) = blocks("python")
    (repository / "script.py").write_text(script)
    assert "farewell" in run(f"{sys.executable} script.py", repository, environment)
