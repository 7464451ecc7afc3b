"""Where the points of a run went."""

from collections import defaultdict
from collections.abc import Iterable
from math import fsum
from typing import Any
from uuid import UUID

from psycopg import Connection

from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.reports import Explanation, IssueLoss, RuleLoss
from graph_sitter_db.query.named import ask
from graph_sitter_db.query.runs import run_by_id


def explain(
    conn: Connection[Any], run_id: UUID, rule: str | None = None, path: str | None = None
) -> Explanation:
    """Every lost point traced to the issues that cost it, worst first.

    Of all issues the losses sum to 100 less the score; of one rule, or one file or folder, to its
    share.
    """
    run = run_by_id(conn, run_id)
    if run.quality_score is None or run.grade is None or run.score_model is None:
        raise UsageError(f"Run {run.short_id} has no score: its status is {run.status}.")
    [debt] = ask(conn, "debt", run=run_id)
    rows = ask(conn, "explain", run=run_id, rule=rule, path=path)
    losses = [IssueLoss.model_validate(row) for row in rows]
    return Explanation(
        run=run,
        score=run.quality_score,
        grade=run.grade,
        model=run.score_model,
        lost=100 - run.quality_score,
        rules=_by_rule(losses),
        losses=losses,
        **debt,
    )


def _by_rule(losses: Iterable[IssueLoss]) -> list[RuleLoss]:
    grouped: dict[str, list[IssueLoss]] = defaultdict(list)
    for loss in losses:
        grouped[loss.rule].append(loss)
    found = [
        RuleLoss(
            rule=rule,
            issues=len(each),
            minutes=fsum(loss.minutes for loss in each),
            points=fsum(loss.points for loss in each),
        )
        for rule, each in grouped.items()
    ]
    return sorted(found, key=lambda loss: (-loss.points, loss.rule))
