"""Files that hold too much."""

from collections.abc import Iterator

from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Limit: 1000 lines, CodeScene's default; with up to 200 statements it is a table or markup,
    however many lines that takes.
    """
    lines, limit = file.facts.lines, limits["lines"]
    if lines.source > limit and file.facts.statements > limits["statements"]:
        yield Finding(
            path=file.path,
            message=f"File has {lines.source} lines of code, limit {limit:g}",
            start_line=1,
            end_line=lines.physical,
            measured=lines.source,
            limit=limit,
        )


RULE = Rule(
    name="long_file",
    title="File is too long",
    why=(
        "A long file has several subjects; each would be found more easily under its own name. "
        "Lines of code count: no comments, no blank lines, no docstrings."
    ),
    category="size",
    severity=Severity.WARNING,
    limits={"lines": 1000, "statements": 200},
    effort=Effort(constant=60, per_unit=0.05, unit="line above the limit", source="our estimate"),
    bad=(Example(files={"table.py": "ROW = 1\n" * 1001}, findings=1),),
    good=(
        Example(files={"table.py": "ROW = 1\n\n# one more\n" * 1000}, findings=0),
        Example(files={"table.py": "TABLE = [\n" + "    1,\n" * 1000 + "]\n"}, findings=0),
    ),
    check_file=check,
)
