"""Handlers that catch what nobody meant to catch."""

from collections.abc import Iterator

from graph_sitter_db.detect.handlers import handlers
from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    for handler in handlers(file.facts):
        if handler.is_bare and not handler.raises:
            yield handler.finding(_MESSAGE)


_MESSAGE = "`except:` also catches KeyboardInterrupt and SystemExit; name what is expected"

RULE = Rule(
    name="bare_except",
    title="Handler catches everything",
    why=(
        "Without a type, `except:` also takes the signals that should end the program. One that "
        "raises again is fine."
    ),
    category="safety",
    severity=Severity.WARNING,
    limits={},
    effort=Effort(constant=5, source="SonarQube S5754"),
    bad=(
        Example(
            files={"run.py": "try:\n    run()\nexcept:\n    print('failed')\n"},
            findings=1,
        ),
    ),
    good=(
        Example(
            files={"run.py": "try:\n    run()\nexcept OSError:\n    print('failed')\n"}, findings=0
        ),
        Example(
            files={"run.py": "try:\n    run()\nexcept:\n    clean_up()\n    raise\n"}, findings=0
        ),
    ),
    check_file=check,
)
