"""What a change is told, by the built-in policy and by its own."""

import pytest
from tests.integration.gate.conftest import CLEAN, DEBUGGED, Change, causes, condition

from graph_sitter_db.errors import UndecidedError, UsageError


def test_a_change_without_defects_passes(change: Change) -> None:
    change.commit({"more.py": CLEAN.replace("add", "more")})
    change.record()
    verdict = change.gate()
    assert verdict.status == "passed"
    assert verdict.base
    assert verdict.base.commit == change.git(change.root, "rev-parse", "main")
    assert verdict.base_told == "merge base with origin/main"


def test_a_new_error_fails_and_is_named_with_its_commit(change: Change) -> None:
    change.commit({"more.py": CLEAN}, "Nothing wrong")
    sha = change.commit({"take.py": DEBUGGED}, "Leave a debugger")
    change.commit({"last.py": CLEAN}, "Nothing wrong either")
    change.record()
    verdict = change.gate()
    assert verdict.status == "failed"
    (cause,) = causes(verdict, "patch.issues")
    assert (cause.path, cause.symbol, cause.start_line) == ("take.py", "take", 6)
    assert [(each.sha, each.subject) for each in cause.commits] == [(sha, "Leave a debugger")]


def test_what_was_wrong_before_does_not_fail(change: Change) -> None:
    change.git(change.root, "switch", "-q", "main")
    change.commit({"take.py": DEBUGGED})
    change.record()
    change.git(change.root, "switch", "-q", "-c", "second")
    change.commit({"take.py": DEBUGGED.replace("first", "minuend"), "moved/add.py": CLEAN})
    change.record()
    verdict = change.gate(base="main")
    assert condition(verdict, "patch.issues").value == 0
    assert verdict.status == "passed"


def test_the_best_that_the_base_ever_had_is_kept_to_where_the_policy_says_so(
    change: Change,
) -> None:
    change.git(change.root, "switch", "-q", "main")
    change.record()
    change.commit({"take.py": DEBUGGED})
    change.record()
    change.git(change.root, "switch", "-q", "-c", "second")
    change.commit({"more.py": CLEAN.replace("add", "more")})
    change.record()
    policy = change.root.parent / "gate.yml"
    policy.write_text("project:\n  issues: {target: best}\n  score: {target: best}\n")
    verdict = change.gate(base="main", policy=policy)
    issues, score = (condition(verdict, f"project.{name}") for name in ("issues", "score"))
    assert (issues.status, score.status) == ("failed", "failed")
    assert issues.base is not None and issues.value == issues.base + 1
    policy.write_text("project:\n  issues: {target: auto}\n")
    assert change.gate(base="main", policy=policy).status == "passed"
    policy.write_text("patch:\n  score: {target: best}\n")
    with pytest.raises(UsageError, match="best is of a whole project"):
        change.gate(base="main", policy=policy)


def test_a_moved_file_brings_nothing_new(change: Change) -> None:
    change.git(change.root, "switch", "-q", "main")
    change.commit({"take.py": DEBUGGED})
    change.record()
    change.git(change.root, "switch", "-q", "-c", "second")
    (change.root / "far").mkdir()
    change.git(change.root, "mv", "take.py", "far/away.py")
    change.commit({})
    change.record()
    (change.root / "pyproject.toml").write_text(
        "[tool.graph-sitter-db.gate.patch.issues]\n"
        "[tool.graph-sitter-db.gate.patch.cyclomatic_complexity]\ntarget = 0\n"
    )
    verdict = change.gate(base="main")
    assert verdict.status == "passed"
    assert condition(verdict, "patch.cyclomatic_complexity").status == "skipped"


def test_the_verdict_is_kept_with_its_run(change: Change) -> None:
    change.commit({"take.py": DEBUGGED})
    change.record()
    verdict = change.gate()
    assert change.adapter.verdict(verdict.run.id) == verdict


def test_a_warning_does_not_fail(change: Change) -> None:
    policy = change.root.parent / "gate.yml"
    policy.write_text("patch:\n  issues: {informational: true}\n")
    change.commit({"take.py": DEBUGGED})
    change.record()
    assert change.gate(policy=policy).status == "warned"


def test_only_the_files_of_a_path_are_judged(change: Change) -> None:
    policy = change.root.parent / "gate.toml"
    policy.write_text('[patch.issues]\npaths = ["src"]\n')
    change.commit({"take.py": DEBUGGED})
    change.record()
    assert change.gate(policy=policy).status == "passed"
    change.commit({"src/take.py": DEBUGGED.replace("take", "subtract")})
    change.record()
    verdict = change.gate(policy=policy)
    assert verdict.status == "failed"
    assert [each.path for each in causes(verdict, "patch.issues")] == ["src/take.py"]


def test_a_metric_is_held_against_the_base_with_a_threshold(change: Change) -> None:
    branchy = "def branchy(a, b, c):\n" + "".join(
        f"    if a == {n}:\n        b = c\n" for n in range(9)
    )
    policy = change.root.parent / "gate.toml"
    change.commit({"branchy.py": branchy})
    change.record()
    for threshold, status in ((8, "failed"), (9, "passed")):
        policy.write_text(f"[project.cyclomatic_complexity_max]\nthreshold = {threshold}\n")
        verdict = change.gate(policy=policy)
        found = condition(verdict, "project.cyclomatic_complexity_max")
        assert (verdict.status, found.base, found.value) == (status, 1, 10)
        assert causes(verdict, "project.cyclomatic_complexity_max")[0].symbol == "branchy"


def test_an_old_function_counts_as_new_code_only_when_it_gets_worse(change: Change) -> None:
    def branchy(cases: int, name: str) -> str:
        body = "".join(f"    if {name} == {n}:\n        return {n}\n" for n in range(cases))
        return f"def branchy({name}):\n{body}"

    policy = change.root.parent / "gate.toml"
    policy.write_text("[patch.cyclomatic_complexity]\ntarget = 5\n")
    change.git(change.root, "switch", "-q", "main")
    change.commit({"branchy.py": branchy(8, "a")})
    change.record()
    change.git(change.root, "switch", "-q", "-c", "second")
    change.commit({"branchy.py": branchy(8, "b")})
    change.record()
    assert change.gate(policy=policy, base="main").status == "passed"
    change.commit({"branchy.py": branchy(9, "b")})
    change.record()
    verdict = change.gate(policy=policy, base="main")
    (cause,) = causes(verdict, "patch.cyclomatic_complexity")
    assert (verdict.status, cause.before, cause.after) == ("failed", 9, 10)


def test_a_base_that_is_not_recorded_is_undecided_until_it_is(change: Change) -> None:
    change.git(change.root, "switch", "-q", "main")
    base = change.commit({"more.py": CLEAN})
    change.git(change.root, "push", "-q", "origin", "HEAD:later")
    change.git(change.root, "switch", "-q", "-c", "second")
    change.commit({"take.py": DEBUGGED})
    change.record()
    verdict = change.gate(base="main")
    assert verdict.status == "undecided"
    assert verdict.reason and base in verdict.reason and "--record-base" in verdict.reason
    assert change.gate(base="main", record_base=True).status == "failed"


def test_a_state_that_is_not_recorded_is_not_judged(change: Change) -> None:
    change.commit({"take.py": DEBUGGED})
    with pytest.raises(UndecidedError, match="is not recorded; record it with"):
        change.gate()


def test_uncommitted_changes_are_judged_as_they_were_recorded(change: Change) -> None:
    (change.root / "take.py").write_text(DEBUGGED)
    with pytest.raises(UndecidedError, match="the uncommitted state on commit"):
        change.gate()
    change.record()
    verdict = change.gate(base="HEAD")
    assert verdict.run.is_working_tree
    assert verdict.status == "failed"


def test_what_is_not_measured_is_undecided_unless_the_policy_says_otherwise(
    change: Change,
) -> None:
    policy = change.root.parent / "gate.toml"
    change.commit({"more.py": CLEAN})
    change.record()
    for words, status in (("", "undecided"), ('if_not_found = "success"', "passed")):
        policy.write_text(f"[project.coverage]\ntarget = 80\n{words}\n")
        assert change.gate(policy=policy).status == status


def test_a_measure_that_does_not_exist_is_refused(change: Change) -> None:
    policy = change.root.parent / "gate.toml"
    policy.write_text("[project.happiness]\ntarget = 80\n")
    change.commit({"more.py": CLEAN})
    change.record()
    with pytest.raises(UsageError, match=r"project\.happiness: nothing is measured"):
        change.gate(policy=policy)


def test_a_folder_that_changed_since_it_was_recorded_is_not_judged(change: Change) -> None:
    (change.root / "take.py").write_text(DEBUGGED)
    change.record()
    (change.root / "take.py").write_text(DEBUGGED + "\n\nLIMIT = 3\n")
    with pytest.raises(UndecidedError, match=r"take\.py has changed since the folder was"):
        change.gate(base="HEAD")


def test_the_last_recording_of_a_folder_is_judged_however_deep(change: Change) -> None:
    (change.root / "take.py").write_text(DEBUGGED)
    change.record(depth="graph")
    (change.root / "take.py").write_text(DEBUGGED.replace("    breakpoint()\n", ""))
    change.record()
    assert change.gate(base="HEAD").status == "passed"


def test_findings_of_a_rule_that_the_change_sets_otherwise_are_not_new(change: Change) -> None:
    def limited(lines: int) -> dict[str, str]:
        limits = f"[tool.graph-sitter-db.limits.long_function]\nlines = {lines}\n"
        return {"pyproject.toml": limits, "long.py": "def long():\n" + "    print(1)\n" * 40}

    policy = change.root.parent / "gate.toml"
    policy.write_text('[patch.issues]\nrules = ["long_function"]\n')
    change.git(change.root, "switch", "-q", "main")
    change.commit(limited(60))
    change.record()
    change.git(change.root, "switch", "-q", "-c", "second")
    change.commit(limited(20))
    change.record()
    verdict = change.gate(base="main", policy=policy)
    assert verdict.status == "passed"
    assert [note for note in verdict.notes if note.endswith("long_function")]
    assert [i.rule for i in change.adapter.issues(verdict.run.id, rule="long_function")]
