"""Functions with one nested block after the other."""

from collections.abc import Iterator

from graph_sitter_db.detect.places import above, functions
from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Limit: 2; CodeScene's Bumpy Road reports two and more, which is a loop around an `if` beside
    another one.
    """
    limit = limits["bumps"]
    for symbol, values in functions(file):
        measured = values["bumps"]
        if measured > limit:
            yield above(file, symbol, _MESSAGE, measured, limit)


_MESSAGE = "{name} has {measured} blocks with others nested in them, limit {limit}"

_BUMP = "    for row in {name}:\n        if row.late:\n            row.warn()\n"


def _with_bumps(count: int) -> str:
    bumps = "".join(_BUMP.format(name=f"rows_{n}") for n in range(count))
    return f"def remind(*rows):\n{bumps}"


_IN_TYPESCRIPT = "".join(
    f"  for (const row of rows{n}) {{\n    if (row.late) {{\n      row.warn()\n    }}\n  }}\n"
    for n in range(3)
)

RULE = Rule(
    name="bumpy_function",
    title="Function is a bumpy road",
    why=(
        "Each block that nests others is a task of its own, which could be a function with a name; "
        "one after the other they hide what the whole does."
    ),
    category="complexity",
    severity=Severity.WARNING,
    limits={"bumps": 2},
    effort=Effort(constant=10, per_unit=5, unit="block above the limit", source="our estimate"),
    bad=(
        Example(files={"remind.py": _with_bumps(3)}, findings=1),
        Example(
            files={"remind.ts": f"export function remind(...rows) {{\n{_IN_TYPESCRIPT}}}\n"},
            findings=1,
        ),
    ),
    good=(
        Example(files={"remind.py": _with_bumps(2)}, findings=0),
        Example(
            files={
                "remind.py": "def remind(rows):\n    for row in rows:\n        row.warn()\n"
                "    if rows:\n        log(rows)\n    while rows:\n        rows.pop()\n"
            },
            findings=0,
        ),
    ),
    check_file=check,
)
