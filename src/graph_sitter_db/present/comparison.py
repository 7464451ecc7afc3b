"""What differs between two runs: counts first, then the lists."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from graph_sitter_db.present.figures import (
    ABSENT,
    arrow,
    counted,
    moment,
    number,
    score,
    score_tone,
    signed,
)
from graph_sitter_db.present.issues import place
from graph_sitter_db.present.page import (
    Column,
    Fit,
    Grid,
    Line,
    Page,
    Span,
    Tone,
    figure,
    line,
    row,
)
from graph_sitter_db.present.runs import commit
from graph_sitter_db.present.severities import severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from graph_sitter_db.model.reports import (
        Comparison,
        CycleChange,
        DependencyChange,
        EdgeChange,
        FileChange,
        IssueReport,
        MetricChange,
        RunSummary,
        SymbolChange,
    )

_MARKS = {"new": "+", "gone": "-", "changed": "~", "moved": ">"}
_DEPENDS = {"started": Span("+"), "stopped": Span("-")}
_CYCLES = {"opened": Tone.BAD, "closed": Tone.GOOD, "changed": Tone.PLAIN}
_VERDICTS = {"better": Tone.GOOD, "worse": Tone.BAD}
_LISTED = (Column("mark"), Column("what", Fit.FOLD), Column("more", Fit.FOLD), Column("last"))


def page(answer: Comparison, limit: int | None = 10) -> Page:
    """Each list shows `limit` entries and says how many more there are; None shows all."""
    return [
        _runs(answer),
        *_score(answer),
        *_metrics(answer.metrics, limit),
        *_section(
            "Files",
            answer.files,
            [row(_mark(f.change), f.path, *_from(f)) for f in answer.files],
            limit,
        ),
        *_section("Symbols", answer.symbols, [_symbol(each) for each in answer.symbols], limit),
        *_dependencies(answer, limit),
        *_edges(answer, limit),
        *_issues(answer, limit),
    ]


def counts(changes: Iterable[str]) -> str:
    """`2 new, 1 gone, 3 changed`; what there is none of is left out."""
    found = Counter(changes)
    parts = [f"{found[name]:,} {name}" for name in _MARKS if found[name]]
    return ", ".join(parts) or "no change"


def score_change(answer: Comparison) -> float | None:
    """None between depths: relations bring issues of their own, and so a lower score."""
    return answer.score_change if answer.before.depth == answer.after.depth else None


def _runs(answer: Comparison) -> Grid:
    columns = (*(Column("") for _ in range(5)), Column("", Fit.END))
    rows = (_run("Before", answer.before), _run("After", answer.after))
    return Grid(columns, rows, headed=False)


def _run(title: str, run: RunSummary) -> tuple[Span, ...]:
    return row(
        Span(title, Tone.MUTED),
        Span(run.short_id, Tone.STRONG),
        commit(run),
        run.branch or "",
        moment(run.committed_at or run.started_at),
        run.commit_subject or "",
    )


def _score(answer: Comparison) -> Page:
    before, after = answer.before, answer.after
    change = score_change(answer)
    told = line(
        Span("Quality score", Tone.STRONG),
        "  ",
        score(before.quality_score, before.grade),
        " → ",
        score(after.quality_score, after.grade),
        "  ",
        Span(_score_change(change), score_tone(change)),
    )
    if before.depth == after.depth:
        return [told]
    depths = f"{before.depth} and {after.depth}"
    return [told, line(f"Scores of different depths ({depths}) are not comparable.")]


def _score_change(change: float | None) -> str:
    if change is None:
        return "not comparable"
    return f"{arrow(change)} {signed(change)}" if _is_shown(change) else "no change"


def _metrics(metrics: Sequence[MetricChange], limit: int | None) -> Page:
    moved = [metric for metric in metrics if _is_shown(metric.change)]
    single = [metric for metric in metrics if metric.change is None]
    verdicts = Counter(metric.verdict for metric in moved)
    told = [f"{verdicts[name]:,} {name}" for name in ("better", "worse") if verdicts[name]]
    told += [f"{len(single):,} measured in one of them only"] if single else []
    heading = _heading("Metrics", ", ".join([f"{len(moved):,} of {len(metrics):,} changed", *told]))
    columns = (Column("Metric"), figure("Before"), figure("After"), figure("Change"), Column(""))
    moved.sort(key=lambda metric: (metric.verdict not in _VERDICTS, metric.metric))
    listed = [*moved, *single]
    shown = listed[:limit]
    grid = Grid(columns, tuple(_metric(metric) for metric in shown), indent=2)
    return [line(), heading, *([grid] if shown else []), *_more(len(listed), limit)]


def _is_shown(change: float | None) -> bool:
    """Whether there is more to see than ±0.00."""
    return change is not None and number(abs(change)) not in ("0", "0.00")


def _metric(metric: MetricChange) -> tuple[Span, ...]:
    if metric.change is None:
        values = (each if each is None else number(each) for each in (metric.before, metric.after))
        return row(metric.metric, *(each or "not measured" for each in values), ABSENT, "")
    tone = _VERDICTS.get(metric.verdict, Tone.PLAIN)
    return row(
        metric.metric,
        number(metric.before),
        number(metric.after),
        Span(f"{arrow(metric.change)} {signed(metric.change)}", tone),
        Span(metric.verdict if metric.verdict in _VERDICTS else "", tone),
    )


def _symbol(symbol: SymbolChange) -> tuple[Span, ...]:
    before, after = symbol.cyclomatic_before, symbol.cyclomatic_after
    moved = before is not None and after is not None and before != after
    tone = Tone.PLAIN if not moved else Tone.BAD if (after or 0) > (before or 0) else Tone.GOOD
    told = f"{symbol.kind}, cyclomatic {before} → {after}" if moved else symbol.kind
    where = f"{symbol.path}, {_origin(symbol)}" if symbol.before else symbol.path
    return row(_mark(symbol.change), symbol.key, where, Span(told, tone))


def _from(file: FileChange) -> tuple[str, str]:
    return (_origin(file), "") if file.before else ("", "")


def _origin(moved: FileChange | SymbolChange) -> str:
    sure = "" if moved.confidence == 100 else f" {moved.confidence} %"
    return f"from {moved.before} ({moved.reason}{sure})"


def _dependencies(answer: Comparison, limit: int | None) -> Page:
    """In sentences: this is what people want to be told."""
    told = [_cycle(each) for each in answer.cycles]
    told += [(_DEPENDS[each.change], _sentence(each)) for each in answer.dependencies]
    if not told:
        return []
    heading = _heading("Dependencies", _counted(answer))
    columns = (Column("mark"), Column("what", Fit.FOLD, first=True))
    grid = Grid(columns, tuple(row(*each) for each in told[:limit]), headed=False, indent=2)
    return [line(), heading, grid, *_more(len(told), limit)]


def _counted(answer: Comparison) -> str:
    cycles = Counter(each.change for each in answer.cycles)
    pairs = Counter(each.change for each in answer.dependencies)
    told = [f"{pairs[name]:,} {name}" for name in ("started", "stopped") if pairs[name]]
    told += [f"{counted(cycles[name], 'cycle')} {name}" for name in _CYCLES if cycles[name]]
    return ", ".join(told)


def _sentence(change: DependencyChange) -> str:
    return f"{change.source} {change.change} to depend on {change.target}"


def _cycle(cycle: CycleChange) -> tuple[Span, str]:
    files = ", ".join(cycle.files[:8])
    more = f" and {len(cycle.files) - 8} more" if len(cycle.files) > 8 else ""
    parts = [f"an import cycle {cycle.change}: {files}{more}"]
    parts += [f"joined by {', '.join(cycle.joined)}"] if cycle.joined else []
    parts += [f"left by {', '.join(cycle.left)}"] if cycle.left else []
    parts += [f"since {_sentence(each)}" for each in cycle.through[:3]]
    return Span("o", _CYCLES[cycle.change]), "; ".join(parts)


def _edges(answer: Comparison, limit: int | None) -> Page:
    if not answer.edges_compared:
        nothing = "not compared: one of the runs has no graph (--depth graph)"
        return [line(), _heading("Relations", nothing)]
    rows = [_edge(edge) for edge in answer.edges]
    return _section("Relations", answer.edges, rows, limit)


def _edge(edge: EdgeChange) -> tuple[Span, ...]:
    source = f"{edge.source_path} {edge.source}".rstrip()
    target = f"{edge.target_path or ''} {edge.target}".strip()
    return row(_mark(edge.change), source, f"→ {target}", edge.kind)


def _issues(answer: Comparison, limit: int | None) -> Page:
    new, fixed, accepted = answer.issues_new, answer.issues_fixed, answer.issues_accepted
    told = f"{len(new):,} new, {len(fixed):,} fixed, {answer.issues_remaining:,} remaining"
    told += f", {len(accepted):,} accepted in the code" if accepted else ""
    rows = [_issue(Span("+", Tone.BAD), issue) for issue in new[:limit]]
    rows += [_issue(Span("-", Tone.GOOD), issue) for issue in fixed[:limit]]
    rows += [_issue(Span("~", Tone.MUTED), issue) for issue in accepted[:limit]]
    columns = (
        Column("mark"),
        Column("severity"),
        Column("rule"),
        Column("place", Fit.FOLD),
        Column("message", Fit.FOLD, first=True),
    )
    grid = [Grid(columns, tuple(rows), headed=False, indent=2)] if rows else []
    hidden = len(new) + len(fixed) + len(accepted) - len(rows)
    return [line(), _heading("Issues", told), *grid, *_hidden(hidden)]


def _issue(mark: Span, issue: IssueReport) -> tuple[Span, ...]:
    return row(mark, severity(issue.severity), issue.rule, place(issue), issue.message)


def _section(
    title: str,
    changes: Sequence[FileChange | SymbolChange | EdgeChange],
    rows: list[tuple[Span, ...]],
    limit: int | None,
) -> Page:
    heading = _heading(title, counts(change.change for change in changes))
    grid = [Grid(_LISTED, tuple(rows[:limit]), headed=False, indent=2)] if rows else []
    return [line(), heading, *grid, *_more(len(rows), limit)]


def _heading(title: str, told: str) -> Line:
    return line(Span(title, Tone.STRONG), f": {told}")


def _mark(change: str) -> Span:
    return Span(_MARKS.get(change, "?"))


def _more(count: int, limit: int | None) -> Page:
    return _hidden(count - limit) if limit is not None else []


def _hidden(count: int) -> Page:
    if count <= 0:
        return []
    return [line(Span(f"  … and {counted(count, 'more', 'more')} (--all)", Tone.MUTED))]
