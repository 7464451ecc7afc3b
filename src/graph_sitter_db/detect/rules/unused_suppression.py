"""Comments that accept issues which are not there."""

from graph_sitter_db.model.facts import Suppression
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Example, Rule


def check(path: str, suppression: Suppression, name: str, is_rule: bool) -> Finding:
    """Of a rule that exists, of one that does not, or of none at all."""
    if not name:
        message = "The comment names no rule; write `gsdb: ignore[rule] reason`"
    elif is_rule:
        message = f"`{name}` has nothing to report here any more; remove it from the comment"
    else:
        message = f"No rule is called `{name}`"
    return Finding(
        path=path,
        message=message,
        start_line=suppression.line,
        end_line=suppression.line,
        anchor=name,
    )


RULE = Rule(
    name="unused_suppression",
    title="Suppression without an issue",
    why=(
        "What it accepted is gone, and it would hide the next issue that comes to this place. "
        "Comments that name a rule which did not run are left alone."
    ),
    category="documentation",
    severity=Severity.INFO,
    limits={},
    effort=Effort(constant=1, source="our estimate"),
    bad=(
        Example(
            files={
                "add.py": "def add(item, to=()):  # gsdb: ignore[mutable_default] why\n    pass\n"
            },
            findings=1,
        ),
        Example(files={"add.py": "# gsdb: ignore[mutabel_default]\nADD = 1\n"}, findings=1),
        Example(files={"add.ts": "// gsdb: ignore\nexport const add = 1\n"}, findings=1),
    ),
    good=(
        Example(
            files={
                "add.py": "def add(item, to=[]):  # gsdb: ignore[mutable_default] why\n    pass\n"
            },
            findings=0,
        ),
        Example(
            files={
                "run.ts": "try {\n  run()\n// gsdb: ignore[swallowed_exception] a hint\n"
                "} catch {}\n"
            },
            findings=0,
        ),
    ),
    check_suppression=check,
)
