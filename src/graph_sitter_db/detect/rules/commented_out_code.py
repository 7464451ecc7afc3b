"""Code that is kept as a comment."""

from collections.abc import Iterator

from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Lines of comments that parse as statements of the language; ruff's ERA001 judges each line by
    its look. Limit: 1 line, since one alone is often a remark such as `x = f(y)`; our choice.
    """
    lines = file.facts.source.content.split(b"\n")
    for first, last in file.facts.commented_code:
        count = last - first + 1
        if count > limits["lines"]:
            text = lines[first - 1].strip()
            symbol = file.facts.symbol_at(sum(len(line) + 1 for line in lines[: first - 1]))
            yield Finding(
                path=file.path,
                message=f"{count} lines of code are commented out (limit {limits['lines']:g}): "
                f"`{text.decode('utf-8', 'replace')[:60]}`",
                start_line=first,
                end_line=last,
                symbol=symbol.key if symbol else None,
                measured=count,
                limit=limits["lines"],
                anchor=b"".join(text.split()).decode("utf-8", "replace"),
            )


RULE = Rule(
    name="commented_out_code",
    title="Code is commented out",
    why=(
        "Nobody knows whether it still works or why it is kept, and every search finds it. The "
        "history has it, should it be wanted again."
    ),
    category="documentation",
    severity=Severity.INFO,
    limits={"lines": 1},
    effort=Effort(constant=5, source="SonarQube S125"),
    bad=(
        Example(
            files={"a.py": "def f(x):\n    # y = g(x)\n    # return y + 1\n    return x\n"},
            findings=1,
        ),
        Example(
            files={"a.ts": "// const y = g(x);\n// if (y) { h(y); }\nexport const z = 1;\n"},
            findings=1,
        ),
    ),
    good=(
        Example(
            files={"a.py": "# The value that g gives\n# is kept: see h for why\nX = 1\n"},
            findings=0,
        ),
        Example(files={"a.py": "# y = g(x)\nX = 1\n"}, findings=0),
        Example(files={"a.ts": "/**\n * const y = g(x);\n */\nexport const z = 1;\n"}, findings=0),
    ),
    check_file=check,
)
