"""What can be looked for: rules as a repository's settings have them."""

from pathlib import Path

from graph_sitter_db import plugins
from graph_sitter_db.model.ports import Rule
from graph_sitter_db.model.reports import RuleReport
from graph_sitter_db.settings import Settings, load


def rules(repository: Path) -> list[RuleReport]:
    """Every rule, whether it is on there, and with which limits."""
    settings, known = load(repository), plugins.rules()
    chosen = {rule.name for rule in settings.choose(known)}
    return [_report(rule, settings, rule.name in chosen) for rule in known]


def _report(rule: Rule, settings: Settings, is_on: bool) -> RuleReport:
    return RuleReport(
        name=rule.name,
        title=rule.title,
        category=rule.category,
        severity=rule.severity,
        is_on=is_on,
        needs_graph=rule.check_codebase is not None,
        limits=dict(settings.limits_of(rule)),
        effort_constant=rule.effort.constant,
        effort_per_unit=rule.effort.per_unit,
        effort_unit=rule.effort.unit,
        why=rule.why,
    )
