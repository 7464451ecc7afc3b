"""The page about rules: `python -m graph_sitter_db.detect.document > docs/rules.md`."""

from collections.abc import Iterator, Sequence

from graph_sitter_db.detect.rules import RULES
from graph_sitter_db.model.ports import Example, Rule

HEAD = """\
# Rules

Written by `python -m graph_sitter_db.detect.document` from the rules themselves, whose tests run
every example below.

Limits can be changed, for all files or for some, and rules turned off, in `pyproject.toml`:

```toml
[tool.graph-sitter-db]
disable = ["missing_docstring"]
limits.long_function.lines = 100

[[tool.graph-sitter-db.paths]]   # the last pattern that matches a file wins
path = "tests"
disable = ["long_file"]
limits.long_function.lines = 200
```

Rules marked *graph* need the relations between files: they run at depth `graph`, not at depth
`syntax`. Generated files are judged only for whether they parse. To write a rule of your own, see
[adding a rule](adding-a-rule.md).
"""

LONGEST_EXAMPLE = 14  # lines; a longer source shows the rule no better


def page(rules: Sequence[Rule]) -> str:
    """Markdown: a table of all rules, then a section for each."""
    table = ["| rule | finds | category | severity | limits |", "|---|---|---|---|---|"]
    table += map(_row, rules)
    return "\n".join([HEAD, *table, "", *("\n".join(_section(rule)) for rule in rules)])


def _row(rule: Rule) -> str:
    graph = " *graph*" if rule.check_codebase else ""
    return (
        f"| [{rule.name}](#{rule.name}){graph} | {rule.title} | {rule.category} | {rule.severity} "
        f"| {_limits(rule)} |"
    )


def _limits(rule: Rule) -> str:
    return ", ".join(f"{name} {round(value, 2):g}" for name, value in rule.limits.items())


def _section(rule: Rule) -> Iterator[str]:
    yield f"## {rule.name}\n"
    yield f"{rule.why}\n"
    yield f"{_origin(rule)}\n"
    for label, examples in (("Reported", rule.bad), ("Left alone", rule.good)):
        shown = [example for example in examples if _length(example) <= LONGEST_EXAMPLE]
        if shown:
            yield f"{label}:\n"
            yield from map(_code, shown)


def _origin(rule: Rule) -> str:
    """The check's docstring: where limits and efforts are from."""
    check = rule.check_file or rule.check_codebase
    text = (check.__doc__ if check else None) or ""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _length(example: Example) -> int:
    return sum(text.count("\n") for text in example.files.values())


def _code(example: Example) -> str:
    several = len(example.files) > 1
    return "\n".join(
        f"```{'python' if path.endswith('.py') else 'typescript'}\n"
        f"{_comment(path) if several else ''}{text.rstrip()}\n```\n"
        for path, text in example.files.items()
    )


def _comment(path: str) -> str:
    return f"{'#' if path.endswith('.py') else '//'} {path}\n"


if __name__ == "__main__":
    print(page(RULES), end="")
