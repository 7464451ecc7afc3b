"""Clones as CI makes them, several projects at once, and what little can be said of little code."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.gate.conftest import CLEAN, DEBUGGED, Change, Git, causes, condition

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.errors import UndecidedError
from graph_sitter_db.present.exporters import exporter

URL = "https://github.com/acme/shop.git"
WORSE = '''"""Everything at once."""


def everything(a=[], b={}, c=[], d={}, e=1, f=2, g=3, h=4, i=5):
    list = a
    for dict in b:
        for n in c:
            if n and a or b and c or d:
                if n:
                    if e:
                        try:
                            eval("f")
                        except:
                            pass
    return list
'''


@pytest.fixture
def merged(change: Change) -> Change:
    """Main went on after the change left it; `merged` is what CI would test."""
    change.commit({"take.py": DEBUGGED}, "Leave a debugger")
    change.git(change.root, "switch", "-q", "main")
    change.commit({"later.py": DEBUGGED.replace("take", "later")}, "Meanwhile on main")
    change.git(change.root, "switch", "-q", "-c", "merged")
    change.git(change.root, "merge", "-q", "--no-ff", "-m", "Merge", "change")
    return change


def cloned(change: Change, tmp_path: Path, *options: str) -> Path:
    """As a job has it: one commit checked out on no branch; all of one recorded repository."""
    root = tmp_path / "job"
    change.git(tmp_path, "clone", "-q", *options, f"file://{change.root}", "job")
    change.git(root, "checkout", "-q", "--detach")
    change.git(root, "remote", "set-url", "origin", URL)
    return root


@pytest.mark.parametrize("options", [(), ("--depth", "1")])
def test_a_pull_requests_merge_commit_answers_only_for_the_pull_request(
    merged: Change, tmp_path: Path, options: tuple[str, ...]
) -> None:
    merged.git(merged.root, "remote", "set-url", "origin", URL)
    merged.adapter.record(merged.root, commit="main", depth="syntax")
    root = cloned(merged, tmp_path, *options, "-b", "merged")
    merged.adapter.record(root, depth="syntax")
    ci = {"GITHUB_REF": "refs/pull/7/merge", "GITHUB_BASE_REF": "main"}
    (verdict,) = merged.adapter.gate(root, environment=ci)
    assert verdict.status == "failed"
    (cause,) = causes(verdict, "patch.issues")
    assert cause.path == "take.py"
    assert [each.subject for each in cause.commits] == ([] if options else ["Leave a debugger"])
    assert any("shallow clone" in note for note in verdict.notes) is bool(options)


def test_projects_of_one_repository_have_verdicts_of_their_own(
    adapter: CodebaseDBAdapter, repository: Callable[..., Path], git: Git
) -> None:
    root = repository({"api/a.py": CLEAN, "web/b.py": CLEAN, "web/c.ts": "export const a = 1;\n"})
    git(root, "switch", "-q", "-c", "change")
    (root / "web" / "bad.py").write_text(DEBUGGED)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Change the web")
    for project in ("api", "web"):
        adapter.record(root / project, depth="syntax")
    verdicts = [
        verdict
        for project in ("api", "web")
        for verdict in adapter.gate(root / project, record_base=True, environment={})
    ]
    assert {(v.key.partition("/")[2], v.status) for v in verdicts} == {
        ("api (python)", "passed"),
        ("web (python)", "failed"),
        ("web (typescript)", "passed"),
    }
    for form in ("markdown", "sarif", "junit"):
        texts = {exporter(form)(adapter.export(verdict.run.id, root)) for verdict in verdicts}
        assert len(texts) == 3
    failed = next(verdict for verdict in verdicts if verdict.status == "failed")
    found = adapter.export(failed.run.id, root).issues
    assert [each.path for each in found if each.rule == "debugger_left"] == ["web/bad.py"]


def test_a_project_that_is_new_has_no_base_and_all_of_it_is_new(change: Change) -> None:
    (change.root / "web").mkdir()
    change.commit({"web/take.py": DEBUGGED})
    change.adapter.record(change.root / "web", depth="syntax")
    (verdict,) = change.adapter.gate(change.root / "web", environment={})
    assert (verdict.base, verdict.status) == (None, "failed")
    assert condition(verdict, "project.score").status == "skipped"
    assert condition(verdict, "patch.issues").value == 1


def test_a_language_that_was_not_recorded_is_not_passed_over(change: Change) -> None:
    change.commit({"one.ts": "export const one = 1;\n"})
    change.record(languages=["python"])
    with pytest.raises(UndecidedError, match=r"\(typescript\), commit .* is not recorded"):
        change.gate()
    assert change.gate(language="python").status == "passed"


def test_new_code_has_a_score_of_its_own(change: Change) -> None:
    change.commit({f"worse_{n}.py": WORSE.replace("everything", f"all_{n}") for n in range(2)})
    change.record()
    found = condition(change.gate(), "patch.score")
    assert (found.status, found.limit) == ("failed", 65)
    assert found.causes[0].change == max(each.change for each in found.causes)


def test_a_small_change_has_no_share_that_says_anything(change: Change) -> None:
    change.commit({"worse.py": WORSE.partition("    for")[0]})
    change.record()
    verdict = change.gate()
    assert verdict.changed_lines == 5
    assert condition(verdict, "patch.score").status == "skipped"


def test_the_verdict_of_what_cannot_be_decided_is_kept_too(change: Change) -> None:
    change.commit({"more.py": CLEAN})
    change.record()
    verdict = change.gate(base="0000")
    assert verdict.status == "undecided"
    assert change.adapter.verdict(verdict.run.id) == verdict


def test_coverage_of_new_functions_is_held_against_the_whole_base(change: Change) -> None:
    policy = change.root.parent / "gate.toml"
    policy.write_text('small-change = 0\n[patch.coverage]\ntarget = "auto"\n')
    cover = change.root.parent / "cover.lcov"
    cover.write_text("SF:add.py\nDA:6,1\nend_of_record\nSF:other.py\nDA:6,0\nend_of_record\n")
    change.record(coverage=cover)
    change.commit({"more.py": CLEAN.replace("add", "more")}, "Untested")
    for hits, status in ((0, "failed"), (1, "passed")):
        cover.write_text(
            f"SF:add.py\nDA:6,1\nend_of_record\nSF:more.py\nDA:6,{hits}\nend_of_record\n"
        )
        change.record(coverage=cover)
        verdict = change.gate(policy=policy)
        found = condition(verdict, "patch.coverage")
        assert (verdict.status, found.value, found.base) == (status, 100 * hits, 50)
