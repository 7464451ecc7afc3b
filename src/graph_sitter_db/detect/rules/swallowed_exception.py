"""Handlers that make errors disappear."""

from collections.abc import Iterator

from graph_sitter_db.detect.handlers import handlers
from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """ruff's S110, JavaScript too; benchmarks, which run what fails on purpose, are left alone."""
    if not _BENCHMARKS.isdisjoint(file.path.split("/")):
        return
    for handler in handlers(file.facts):
        if handler.is_broad and handler.is_silent and not handler.has_alternative:
            yield handler.finding(_MESSAGE)


_BENCHMARKS = frozenset({"bench", "benchmark", "benchmarks"})

_MESSAGE = "Every error is dropped here without a word; narrow the handler, or say why"

RULE = Rule(
    name="swallowed_exception",
    title="Errors disappear",
    why=(
        "A handler for all errors with nothing in it hides the ones nobody thought of. A narrow "
        "one, or a comment inside that says why, is fine; and so is one whose alternative follows, "
        "when what it guards returns."
    ),
    category="safety",
    severity=Severity.WARNING,
    limits={},
    effort=Effort(constant=15, source="our estimate; SonarQube S108 has 5 for any empty block"),
    bad=(
        Example(files={"run.py": "try:\n    run()\nexcept Exception:\n    pass\n"}, findings=1),
        Example(files={"run.ts": "try {\n  run()\n} catch (error) {}\n"}, findings=1),
    ),
    good=(
        Example(files={"run.py": "try:\n    run()\nexcept KeyError:\n    pass\n"}, findings=0),
        Example(
            files={"run.py": "try:\n    run()\nexcept Exception:\n    pass  # only a hint\n"},
            findings=0,
        ),
        Example(
            files={
                "run.py": "def run():\n    try:\n        return find()\n"
                "    except Exception:\n        pass\n    return None\n"
            },
            findings=0,
        ),
        Example(files={"run.ts": "try {\n  run()\n} catch {\n  // only a hint\n}\n"}, findings=0),
    ),
    check_file=check,
)
