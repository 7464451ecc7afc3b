"""Files that are concrete and that much depends on."""

from collections.abc import Iterator, Mapping

from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Codebase, Effort, Example, Limits, Rule


def check(codebase: Codebase, limits: Limits) -> Iterator[Finding]:
    """Martin's zone of pain: far from the main sequence, on the side of the concrete and stable.
    Limits: distance 0.7, above which NDepend warns; lines and dependents are our estimates, for
    what is small or has few users is changed easily. Tests do not count.
    """
    for path in codebase.structure.graph.dependencies:
        limits, values = codebase.limits_at(path), codebase.structure.of_file(path)
        lines = codebase.files[path].facts.lines.source
        if _is_far(values, limits) and lines > limits["lines"]:
            yield _finding(path, values, lines, limits)


def _is_far(values: Mapping[str, float], limits: Limits) -> bool:
    return (
        values.get("distance", 0) > limits["distance"]
        and values["abstractness"] + values["instability"] < 1
        and values["afferent_coupling"] > limits["dependents"]
    )


def _finding(path: str, values: Mapping[str, float], lines: int, limits: Limits) -> Finding:
    distance, users = values["distance"], values["afferent_coupling"]
    return Finding(
        path=path,
        message=f"{users:g} files depend on it (limit {limits['dependents']:g}), "
        f"{values['abstractness']:.0%} of its types are abstract, and it has {lines} lines of code "
        f"(limit {limits['lines']:g}): its distance from the main sequence is {distance:.2f} "
        f"(limit {limits['distance']:g})",
        start_line=1,
        end_line=1,
        measured=distance,
        limit=limits["distance"],
        gap=users - limits["dependents"],
        data={"dependents": users, "lines": lines},
    )


def _used(head: str, lines: int = 500) -> dict[str, str]:
    """A class of so many lines, and a file more than may use it."""
    body = "".join(f"    size{n} = {n}\n" for n in range(lines))
    users = {f"user{n}.py": "from core import Core\n\nCore()\n" for n in range(21)}
    return {"core.py": f"{head}\n{body}", **users}


RULE = Rule(
    name="zone_of_pain",
    title="Much depends on the file, and nothing in it is abstract",
    why=(
        "What it offers is how it does it, so those who use it rely on both, and it cannot be "
        "changed or replaced without them. Users that ask for an interface instead can be given "
        "something else. What never changes does no harm there."
    ),
    category="structure",
    severity=Severity.INFO,
    limits={"distance": 0.7, "dependents": 20, "lines": 500},
    is_on=False,  # what many use and nobody changes is no pain, and a tree does not tell
    effort=Effort(
        constant=120, per_unit=5, unit="dependent above the limit", source="our estimate"
    ),
    bad=(Example(files=_used("class Core:"), findings=1),),
    good=(
        Example(files=_used("class Core(Protocol):"), findings=0),
        Example(files=_used("class Core:", 400), findings=0),
    ),
    check_codebase=check,
)
