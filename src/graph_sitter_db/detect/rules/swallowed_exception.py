"""Handlers that make errors disappear."""

from collections.abc import Iterator

from graph_sitter_db.detect.handlers import handlers
from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Effort: 15 minutes, our estimate; SonarQube has 5 for any empty block (S108)."""
    for handler in handlers(file.facts):
        if handler.is_broad and handler.is_silent:
            yield handler.finding(_MESSAGE, 15)


_MESSAGE = "Every error is dropped here without a word; narrow the handler, or say why"

RULE = Rule(
    name="swallowed_exception",
    title="Errors disappear",
    why=(
        "A handler for all errors with nothing in it hides the ones nobody thought of. A narrow "
        "one, or a comment inside that says why, is fine."
    ),
    category="safety",
    severity=Severity.WARNING,
    limits={},
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
        Example(files={"run.ts": "try {\n  run()\n} catch {\n  // only a hint\n}\n"}, findings=0),
    ),
    check_file=check,
)
