"""The page about rules: `python -m graph_sitter_db.detect.document > docs/rules.md`."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from graph_sitter_db.detect.rules import RULES
from graph_sitter_db.model.ports import Effort, Example, Rule

HEAD = """\
# Rules

Written by `python -m graph_sitter_db.detect.document` from the rules themselves, whose tests run
every example below.

Limits can be changed, for all files or for some, and rules turned off, in `pyproject.toml`:

```toml
[tool.graph-sitter-db]
enable = ["unused_symbol"]       # also those that are off by themselves
disable = ["missing_docstring"]
limits.long_function.lines = 100

[[tool.graph-sitter-db.paths]]   # the last pattern that matches a file wins
path = "tests"
disable = ["long_file"]
limits.long_function.lines = 200
```

A comment accepts an issue in its own line, or, where it stands alone, in the next line of code;
before all code it also speaks of the file as such. What is accepted is counted and shown, and costs
no points:

```python
def add(item, to=[]):  # gsdb: ignore[mutable_default] callers share it on purpose
```

Effort is what the repair takes, in minutes: a constant, and so many for each step of what was
measured. Rules marked *off* are wrong more than once in ten times, and run only when enabled.
Rules marked *graph* need the relations between files: they run at depth `graph`, not at depth
`syntax`. Generated files are judged only for whether they parse. To write a rule of your own, see
[adding a rule](adding-a-rule.md).
"""

LONGEST_EXAMPLE = 14  # lines; a longer source shows the rule no better


def page(rules: Sequence[Rule]) -> str:
    """Markdown: a table of all rules, then a section for each."""
    table = [
        "| rule | finds | category | severity | limits | effort |",
        "|---|---|---|---|---|---|",
    ]
    table += map(_row, rules)
    return "\n".join([HEAD, *table, "", *("\n".join(_section(rule)) for rule in rules)])


def _row(rule: Rule) -> str:
    needs_graph = rule.check_codebase and not rule.check_file
    graph = (" *graph*" if needs_graph else "") + ("" if rule.is_on else " *off*")
    return (
        f"| [{rule.name}](#{rule.name}){graph} | {rule.title} | {rule.category} | {rule.severity} "
        f"| {_limits(rule)} | {_effort(rule.effort)} |"
    )


def _limits(rule: Rule) -> str:
    return ", ".join(f"{name} {round(value, 2):g}" for name, value in rule.limits.items())


def _effort(effort: Effort) -> str:
    parts = [f"{effort.constant:g}"] if effort.constant or not effort.per_unit else []
    if effort.per_unit:
        parts.append(f"{effort.per_unit:g} a {effort.unit}")
    return " + ".join(parts)


def _section(rule: Rule) -> Iterator[str]:
    yield f"## {rule.name}\n"
    yield f"{rule.why}\n"
    if origin := _origin(rule):
        yield f"{origin}\n"
    yield f"Effort: {_effort(rule.effort)} minutes ({rule.effort.source}).\n"
    for label, examples in (("Reported", rule.bad), ("Left alone", rule.good)):
        shown = [example for example in examples if _length(example) <= LONGEST_EXAMPLE]
        if shown:
            yield f"{label}:\n"
            yield from map(_code, shown)


def _origin(rule: Rule) -> str:
    """The check's docstring: where limits are from."""
    text = rule.check.__doc__ or ""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _length(example: Example) -> int:
    return sum(text.count("\n") for text in example.files.values())


def _code(example: Example) -> str:
    several = len(example.files) > 1
    return "\n".join(
        f"```{_language(path)}\n{_comment(path) if several else ''}{text.rstrip()}\n```\n"
        for path, text in example.files.items()
    )


def _language(path: str) -> str:
    names = {".py": "python", ".toml": "toml", ".cfg": "ini", ".json": "json"}
    return names.get(PurePosixPath(path).suffix, "typescript")


def _comment(path: str) -> str:
    return f"{'//' if _language(path) in ('typescript', 'json') else '#'} {path}\n"


if __name__ == "__main__":
    print(page(RULES), end="")
