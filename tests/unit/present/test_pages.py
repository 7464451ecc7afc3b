"""What each answer looks like as text."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from graph_sitter_db.model.reports import (
    AnalysisResult,
    DatabaseStatus,
    EdgeChange,
    FailureReport,
    FileReport,
    IssueReport,
    Measurements,
    MetricChange,
    MetricDefinition,
    MetricValue,
    Relation,
    RunSummary,
    SymbolChange,
    SymbolReport,
)
from graph_sitter_db.present import (
    comparison,
    database,
    dependencies,
    files,
    issues,
    metrics,
    run,
    runs,
    symbols,
)
from graph_sitter_db.present.layout import lay_out, plain
from graph_sitter_db.present.page import Page, Tone

type Make = Callable[..., Any]


def tones(page: Page, text: str) -> set[Tone]:
    return {span.tone for spans in lay_out(page) for span in spans if text in span.text}


def test_a_list_of_runs_shows_the_codebase_only_when_there_are_several(make: Make) -> None:
    one, other = make(RunSummary), make(RunSummary, codebase="pallets/flask")
    assert "Codebase" not in plain(runs.page([one, one]))
    assert "pallets/flask" in plain(runs.page([one, other]))


def test_runs_show_when_their_commits_were_made(make: Make) -> None:
    when = datetime(2020, 2, 3, 12, tzinfo=UTC)
    text = plain(runs.page([make(RunSummary, committed_at=when)]))
    assert text.splitlines()[0].split()[:3] == ["Run", "Committed", "Recorded"]
    assert "2020-02-03" in text


def test_runs_of_one_commit_with_other_settings_are_told_apart(make: Make) -> None:
    one, other = (make(RunSummary, configuration=digest) for digest in ("aaaaaa", "bbbbbb"))
    later = make(RunSummary, configuration="bbbbbb", commit="f" * 40)
    assert {"aaaaaa", "bbbbbb"} <= set(plain(runs.page([one, other])).split())
    assert "Settings" not in plain(runs.page([one, later]))


def test_a_run_of_a_working_tree_is_marked(make: Make) -> None:
    assert " 0123456+ " in plain(runs.page([make(RunSummary, is_working_tree=True)]))


def test_without_runs_the_next_step_is_named() -> None:
    assert "graph-sitter-db record" in plain(runs.page([]))


def test_a_run_that_failed_says_so(make: Make) -> None:
    failed = make(RunSummary, status="failed", quality_score=None, grade=None)
    assert "graph, failed" in plain(runs.page([failed]))


def test_one_run_shows_its_metrics_worst_files_and_failures(make: Make) -> None:
    failure = FailureReport(path="a.py", stage="parse", name="", message="too deep", line=3)
    result = make(AnalysisResult, failures=[failure], notes=["Shallow clone."])
    text = plain(run.page(make(RunSummary), result, [make(FileReport)]))
    for told in ("93.1% of calls", "lines_source  12", "src/click/core.py", "a.py:3", "Shallow"):
        assert told in text


def test_the_worst_files_come_first_and_good_ones_not_at_all(make: Make) -> None:
    good = make(FileReport, path="good.py", issues=0, cognitive=0)
    bad = make(FileReport, path="bad.py", issues=0, cognitive=9)
    worst = make(FileReport, path="worst.py", issues=1, cognitive=0)
    assert [file.path for file in run.worst_first([good, bad, worst])] == ["worst.py", "bad.py"]


def test_a_file_that_did_not_parse_whole_is_marked(make: Make) -> None:
    assert "python, partial" in plain(files.page([make(FileReport, parse_status="partial")]))


def test_unknown_values_are_a_dash_and_no_zero(make: Make) -> None:
    text = plain(symbols.page([make(SymbolReport, fan_in=None, fan_out=0)]))
    assert text.splitlines()[1].split()[-2:] == ["-", "0"]


def test_a_list_of_symbols_says_when_there_are_more_and_only_then(make: Make) -> None:
    text = plain(symbols.page([make(SymbolReport)] * 3, 2))
    assert text.count("Context.invoke") == 2
    assert "The first 2; there are more" in text
    assert "there are more" not in plain(symbols.page([make(SymbolReport)] * 2, 2))


def test_a_list_of_issues_that_was_cut_says_of_how_many(make: Make) -> None:
    found = [make(IssueReport), make(IssueReport), make(IssueReport, severity="info")]
    assert plain(issues.page(found, 2)).endswith("\n2 of 3 issues: 2 warning, 1 info\n")
    assert plain(issues.page(found, 3)).endswith("\n3 issues: 2 warning, 1 info\n")


def test_a_branch_without_runs_is_answered_with_those_that_have_some() -> None:
    text = plain(runs.page([], "nope", {"main", None, "dev"}))
    assert text == "No run is on branch nope. There are runs on: dev, main\n"


def test_an_issue_shows_where_it_is(make: Make) -> None:
    text = plain(issues.page([make(IssueReport)]))
    assert "warning   long_function  src/click/core.py:12  Context.invoke  92 lines" in text
    assert text.splitlines()[-1] == "1 issue: 1 warning"


def test_dependencies_say_how_much_is_resolved(make: Make, depends: Make) -> None:
    outside = make(Relation, path=None, symbol="os.path")
    text = plain(dependencies.page(depends(used_by=[make(Relation)], uses=[outside])))
    assert "Used by (1)" in text
    assert "os.path  outside" in text
    assert "93.1% of 1,000 calls, imports and base classes" in text
    assert "69 could not be" in text


def test_dependencies_without_a_graph_say_how_to_get_one(make: Make, depends: Make) -> None:
    shallow = make(RunSummary, depth="syntax")
    answer = depends(run=shallow, resolved=0, unresolved=0, resolution_rate=None)
    assert "--depth graph" in dependencies.certainty(answer)


def test_dependencies_with_nothing_to_resolve_do_not_ask_for_a_graph(
    depends: Make,
) -> None:
    nothing = depends(resolved=0, unresolved=0, resolution_rate=None)
    assert "holds no call, import or base class" in plain(dependencies.page(nothing))
    assert "--depth" not in plain(dependencies.page(nothing))


def test_a_use_by_the_file_itself_is_named(make: Make, depends: Make) -> None:
    text = plain(dependencies.page(depends(used_by=[make(Relation, symbol="")])))
    assert "(the file itself)" in text


def test_better_is_good_whichever_way_the_figure_goes(make: Make, compared: Make) -> None:
    metrics = [
        make(MetricChange, metric="complexity", before=9, after=7, change=-2, verdict="better"),
        make(MetricChange, metric="documented", before=7, after=9, change=2, verdict="better"),
        make(MetricChange, metric="duplication", before=1, after=5, change=4, verdict="worse"),
    ]
    page = comparison.page(compared(metrics=metrics))
    assert tones(page, "▼ -2") == tones(page, "▲ +2") == {Tone.GOOD}
    assert tones(page, "▲ +4") == {Tone.BAD}
    assert "3 of 3 changed, 2 better, 1 worse" in plain(page)


def test_a_change_too_small_to_show_is_none(make: Make, compared: Make) -> None:
    tiny = make(MetricChange, before=1.0, after=1.001, change=0.001, verdict="worse")
    text = plain(comparison.page(compared(metrics=[tiny])))
    assert "Metrics: 0 of 1 changed\n" in text
    assert "0.00" not in text


def test_a_metric_of_one_side_is_not_measured_on_the_other(make: Make, compared: Make) -> None:
    single = make(MetricChange, metric="fan_in", before=None, change=None, verdict="unknown")
    text = plain(comparison.page(compared(metrics=[single])))
    assert "Metrics: 0 of 1 changed, 1 measured in one of them only" in text
    assert "fan_in  not measured     12" in text


def test_scores_of_different_depths_are_said_not_to_be_comparable(
    make: Make, compared: Make
) -> None:
    answer = compared(before=make(RunSummary, depth="syntax"), score_change=-3.0)
    text = plain(comparison.page(answer))
    assert "B  not comparable\nScores of different depths (syntax and graph)" in text


def test_a_comparison_shows_the_score_before_and_after(compared: Make) -> None:
    assert "Quality score  85.1 B → 87.4 B  ▲ +2.30" in plain(comparison.page(compared()))


def test_counts_come_first_and_long_lists_are_cut_with_their_rest_counted(
    make: Make, compared: Make
) -> None:
    changes = [make(SymbolChange, key=f"f{n}", change="new") for n in range(13)]
    text = plain(comparison.page(compared(symbols=changes), 10))
    assert "Symbols: 13 new" in text
    assert "… and 3 more (--all)" in text
    everything = plain(comparison.page(compared(symbols=changes), None))
    assert "f12" in everything
    assert "--all" not in everything


def test_changed_complexity_is_shown_with_its_direction(make: Make, compared: Make) -> None:
    worse = make(SymbolChange, cyclomatic_before=3, cyclomatic_after=5)
    page = comparison.page(compared(symbols=[worse]))
    assert tones(page, "cyclomatic 3 → 5") == {Tone.BAD}


def test_new_and_fixed_issues_stand_together(make: Make, compared: Make) -> None:
    new, fixed = make(IssueReport, message="worse now"), make(IssueReport, message="mended")
    page = comparison.page(compared(issues_new=[new], issues_fixed=[fixed], issues_remaining=4))
    lines = plain(page).splitlines()
    assert lines[-3] == "Issues: 1 new, 1 fixed, 4 remaining"
    assert lines[-2].startswith("  +")
    assert lines[-1].startswith("  -")


def test_edges_name_both_ends(make: Make, compared: Make) -> None:
    edges = [make(EdgeChange), make(EdgeChange, target_path=None, target="os", source="")]
    text = plain(comparison.page(compared(edges=edges)))
    assert "+  a.py f  → b.py g  call" in text
    assert "+  a.py    → os      call" in text


def test_a_run_without_a_graph_is_not_compared_as_if_it_had_none(compared: Make) -> None:
    assert "Relations: not compared" in plain(comparison.page(compared(edges_compared=False)))


def test_a_database_that_does_not_run_is_no_error() -> None:
    status = DatabaseStatus(
        embedded=True,
        running=False,
        url="postgresql:///x",
        version=None,
        schema_version=None,
        users=None,
    )
    assert "not running" in plain(database.page(status))


def metric(make: Make, name: str, **fields: Any) -> MetricValue:
    told = {"title": name, "category": "size", "unit": "lines", "direction": "lower", "value": 1}
    value: MetricValue = make(MetricValue, name=name, **{**told, **fields})
    return value


def test_metrics_are_told_with_unit_and_which_way_is_better(make: Make) -> None:
    found = [
        metric(make, "Length", value=1234, mean=17.64, worst=296),
        metric(make, "Covered", category="clarity", unit="%", direction="higher", value=87.34),
        metric(make, "Size", direction="neutral"),
    ]
    text = plain(metrics.page(measured(make, found)))
    assert "src/click  folder, run 3f2a1b0c" in text
    assert "  Length  1,234  lines  ↓       17.6    296" in text
    assert "  Covered   87.3  %     ↑" in text
    assert "  Size        1  lines\n" in text
    assert text.index("Size\n") < text.index("Clarity\n")


def measured(make: Make, found: list[MetricValue]) -> Measurements:
    fields = {"run": make(RunSummary), "scope": "folder", "place": "src/click", "metrics": found}
    answer: Measurements = make(Measurements, **fields)
    return answer


def test_an_unknown_metric_is_a_dash_and_not_nothing(make: Make) -> None:
    text = plain(metrics.page(measured(make, [metric(make, "Covered", value=None)])))
    assert "Covered      –  lines" in text
    assert "0" not in text.splitlines()[-1]


def risk(make: Make, *shares: float) -> list[MetricValue]:
    names = ("risk_low", "risk_moderate", "risk_high", "risk_very_high")
    return [
        metric(make, name, category="risk", unit="%", value=share)
        for name, share in zip(names, shares, strict=False)
    ]


def test_the_risk_profile_is_a_bar_with_something_of_all_there_is(make: Make) -> None:
    page = metrics.page(measured(make, risk(make, 86.4, 13.5, 0, 0.1)))
    bar = plain(page).splitlines()[3]
    assert bar == f"  {'░' * 34}{'▒' * 5}█  86.4% low, 13.5% moderate, 0.0% high, 0.1% very high"
    assert tones(page, "█") == {Tone.BAD}


def test_an_unknown_risk_profile_has_no_bar(make: Make) -> None:
    assert "░" not in plain(metrics.page(measured(make, risk(make, 90, 10))))


def test_a_definition_is_told_with_its_roll_up_and_source(make: Make) -> None:
    definition = make(
        MetricDefinition,
        name="index",
        title="Index",
        category="complexity",
        unit="points",
        direction="higher",
        rollup="mean",
        weight="lines_source",
        scope="file",
        kinds=[],
        definition="How it is.",
        source="Somebody 1999",
        version="2",
    )
    text = plain(metrics.definitions([definition]))
    assert text.startswith("Complexity\n")
    told = "index  points  ↑       mean by lines_source  How it is. (Somebody 1999; version 2)"
    assert told in text
