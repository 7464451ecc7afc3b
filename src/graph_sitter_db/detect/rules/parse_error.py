"""Files that the parser does not understand."""

from collections.abc import Iterator

from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Language, ParseStatus, Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """No effort outside of Python: the grammars at hand are behind TypeScript's (variance marks
    such as `in T` are errors to them), so the file may be right.
    """
    facts = file.facts
    if facts.parse_status in (ParseStatus.PARTIAL, ParseStatus.FAILED):
        reason = facts.parse_error or "syntax error"
        yield Finding(
            path=file.path,
            message=f"File does not parse: {reason}",
            start_line=1,
            end_line=max(1, facts.lines.physical),
            gap=facts.source.language is Language.PYTHON,
        )


RULE = Rule(
    name="parse_error",
    title="File does not parse",
    why="What stands around the error is missing from every other figure of this file.",
    category="parse",
    severity=Severity.WARNING,
    limits={},
    effort=Effort(per_unit=10, unit="file of Python", source="our estimate"),
    bad=(Example(files={"broken.py": "def broken(:\n    return 1\n"}, findings=1),),
    good=(Example(files={"whole.py": "def whole():\n    return 1\n"}, findings=0),),
    check_file=check,
)
