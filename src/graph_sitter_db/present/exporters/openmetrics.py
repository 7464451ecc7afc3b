"""OpenMetrics text. Labels have few values each: neither path nor commit is one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from graph_sitter_db.model.keys import Severity

if TYPE_CHECKING:
    from graph_sitter_db.model.exports import Exported

PREFIX = "graph_sitter_db_"

type Sample = tuple[Mapping[str, str], float]


def text(exported: Exported) -> str:
    """Every metric of the run as a gauge, its score, its issues by severity, and the gate."""
    run = exported.run
    labels = {"project": run.codebase, "language": run.language, "branch": run.branch or ""}
    return "\n".join([*_families(exported, labels), "# EOF"])


def _families(exported: Exported, labels: Mapping[str, str]) -> Iterator[str]:
    if exported.run.quality_score is not None:
        yield from _gauge("quality_score", "Quality score", [(labels, exported.run.quality_score)])
    counts = Counter(issue.severity for issue in exported.issues)
    issues = [({**labels, "severity": each}, float(counts[each])) for each in Severity]
    yield from _gauge("open_issues", "Open issues", issues)
    if exported.verdict:
        passed = exported.verdict.status in ("passed", "warned")
        yield from _gauge("gate_passed", "Whether the gate lets it pass", [(labels, float(passed))])
    for metric in exported.metrics:
        if metric.value is not None:
            yield from _gauge(metric.name, metric.title, [(labels, metric.value)])


def _gauge(name: str, told: str, samples: Iterable[Sample]) -> Iterator[str]:
    full = PREFIX + re.sub(r"\W", "_", name, flags=re.ASCII)
    yield f"# TYPE {full} gauge"
    yield f"# HELP {full} {_escaped(told)}"
    for labels, value in samples:
        told_of = ",".join(f'{key}="{_escaped(label)}"' for key, label in labels.items())
        yield (
            f"{full}{{{told_of}}} {value:g}"
            if value != int(value)
            else (f"{full}{{{told_of}}} {int(value)}")
        )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
