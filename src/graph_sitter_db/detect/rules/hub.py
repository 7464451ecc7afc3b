"""Files that much depends on and that depend on much."""

from collections.abc import Iterator

from graph_sitter_db.detect.uses import used_by
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Codebase, Effort, Example, Limits, Rule


def check(codebase: Codebase, limits: Limits) -> Iterator[Finding]:
    """Limits: 20 files each way, Designite's for types (hub-like modularization). Tests do not
    count, and what a file only imports or hands on is not used by it.
    """
    for path in codebase.structure.graph.dependencies:
        limits = codebase.limits_at(path)
        users = codebase.structure.of_file(path).get("afferent_coupling", 0)
        used = len(used_by(path, codebase))
        if users > limits["dependents"] and used > limits["dependencies"]:
            yield _finding(path, users, used, limits)


def _finding(path: str, users: float, used: int, limits: Limits) -> Finding:
    return Finding(
        path=path,
        message=f"{users:g} files depend on it (limit {limits['dependents']:g}), and it uses "
        f"{used} files (limit {limits['dependencies']:g})",
        start_line=1,
        end_line=1,
        measured=used,
        limit=limits["dependencies"],
        gap=users - limits["dependents"] + used - limits["dependencies"],
        data={"dependents": users, "dependencies": used},
    )


def _around(hub: str, count: int = 21) -> dict[str, str]:
    """A file with as many that use it as it may use."""
    parts = {f"part{n}.py": f"def work{n}():\n    return {n}\n" for n in range(count)}
    users = {f"user{n}.py": "import hub\n\nhub.run()\n" for n in range(count)}
    return {"hub.py": hub, **parts, **users}


_IMPORTS = "".join(f"from part{n} import work{n}\n" for n in range(21))
_CALLS = "".join(f"    work{n}()\n" for n in range(21))

RULE = Rule(
    name="hub",
    title="Much depends on the file, and it depends on much",
    why=(
        "A change anywhere may reach it, and from it everything: it is where unrelated parts get "
        "to know each other. What it does for one of them can often move to that one."
    ),
    category="structure",
    severity=Severity.WARNING,
    limits={"dependents": 20, "dependencies": 20},
    effort=Effort(
        constant=60, per_unit=5, unit="file above one of the limits", source="our estimate"
    ),
    bad=(Example(files=_around(f"{_IMPORTS}\n\ndef run():\n{_CALLS}"), findings=1),),
    good=(
        Example(files=_around(f"{_IMPORTS}\n\ndef run():\n    return 1\n"), findings=0),
        Example(files=_around(f"{_IMPORTS}\n\ndef run():\n{_CALLS}", 20), findings=0),
    ),
    check_codebase=check,
)
