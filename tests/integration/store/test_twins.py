"""A commit that changes nothing a recording looks at is recorded without looking again."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.model.reports import AnalysisResult

type Make = Callable[..., Path]
type Commit = Callable[[Mapping[str, str]], AnalysisResult]

REPORT = """<?xml version="1.0"?><coverage><sources><source>.</source></sources><packages><package>
<classes><class filename="app/core.py"><lines><line number="1" hits="1"/></lines></class></classes>
</package></packages></coverage>"""
FILES = {
    "app/core.py": "from app.util import add\n\n\ndef total(items=[]):\n    return add(items)\n",
    "app/util.py": "def add(items):\n    return sum(items)\n",
    "web/index.ts": 'import { a } from "@/other";\n\nexport const b = a;\n',
    "web/lib/other.ts": "export const a = 1;\n",
    "tsconfig.json": "{}\n",
}


@pytest.fixture
def adapter(installed_database: str) -> Iterator[CodebaseDBAdapter]:
    with CodebaseDBAdapter(installed_database) as opened:
        yield opened


@pytest.fixture
def root(repository: Make) -> Path:
    return repository(FILES)


@pytest.fixture
def commit(
    adapter: CodebaseDBAdapter, root: Path, write: Callable[..., Path], git: Callable[..., str]
) -> Commit:
    """Commits these files and records the commit, in one language."""

    def made(files: Mapping[str, str]) -> AnalysisResult:
        write(root, files)
        git(root, "add", "-A")
        git(root, "commit", "-qm", "One more")
        language = "typescript" if "tsconfig.json" in files else "python"
        (result,) = adapter.record(root, languages=[language])
        return result

    return made


def is_analysed(result: AnalysisResult) -> bool:
    return "extract" in result.seconds


def test_it_says_what_the_run_of_the_same_sources_says(
    adapter: CodebaseDBAdapter, root: Path, commit: Commit
) -> None:
    (first,) = adapter.record(root, languages=["python"])
    again = commit({"README.md": "# Hello\n"})
    assert is_analysed(first) and not is_analysed(again)
    assert again.id and first.id and again.id != first.id and again.commit != first.commit
    own = {"id", "short_id", "commit", "created_at", "seconds", "rows_written", "files_reused"}
    own |= {"issues", "since"}  # told below
    assert again.model_dump(exclude=own) == first.model_dump(exclude=own)
    assert [(i.rule, i.path, i.start_line) for i in again.issues] == [
        (i.rule, i.path, i.start_line) for i in first.issues
    ]
    assert again.since and again.since.issues_remaining == len(first.issues)
    assert again.files_reused == again.files_analyzed
    assert adapter.metrics(again.id).metrics == adapter.metrics(first.id).metrics


def test_a_change_of_any_source_is_looked_at(
    adapter: CodebaseDBAdapter, root: Path, commit: Commit
) -> None:
    adapter.record(root, languages=["python"])
    assert is_analysed(commit({"app/util.py": "def add(items):\n    return len(items)\n"}))
    assert not is_analysed(commit({"app/util.py": FILES["app/util.py"]}))


def test_what_steers_imports_is_looked_at(
    adapter: CodebaseDBAdapter, root: Path, commit: Commit
) -> None:
    adapter.record(root, languages=["typescript"])
    paths = '{"compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["web/lib/*"]}}}\n'
    assert is_analysed(commit({"tsconfig.json": paths}))


def test_settings_and_depth_set_runs_apart(
    adapter: CodebaseDBAdapter, root: Path, commit: Commit
) -> None:
    adapter.record(root, depth="syntax")
    settings = '[tool.graph-sitter-db]\ndisable = ["mutable_default"]\n'
    assert is_analysed(commit({"README.md": "# Hello\n"}))
    changed = commit({"pyproject.toml": settings})
    assert is_analysed(changed)
    assert "mutable_default" not in {issue.rule for issue in changed.issues}


def test_coverage_belongs_to_its_commit(
    adapter: CodebaseDBAdapter, root: Path, commit: Commit, tmp_path: Path
) -> None:
    report = tmp_path / "coverage.xml"
    report.write_text(REPORT)
    (first,) = adapter.record(root, languages=["python"], coverage=[report])
    again = commit({"README.md": "# Hello\n"})
    assert "line_coverage" in first.metrics
    assert not is_analysed(again) and "line_coverage" not in again.metrics
