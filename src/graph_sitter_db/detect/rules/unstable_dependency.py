"""Files that others rely on, and that rely on something less stable."""

from collections.abc import Iterator, Sequence

from graph_sitter_db.detect.uses import used_by
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import EdgeKind, Severity
from graph_sitter_db.model.ports import Codebase, Effort, Example, Limits, Rule


def check(codebase: Codebase, limits: Limits) -> Iterator[Finding]:
    """Martin's Stable Dependencies Principle: depend in the direction of stability. Arcan and
    Designite report every package that depends on a less stable one; among files small differences
    say little, so the limits are ours. A file is stable up to an instability of 0.3 and with 5
    dependents. What it uses is less stable by 0.3, has other users as well, and imports 5 files
    itself. Imports put off into functions, or for types only, do not count.
    """
    for path in codebase.structure.graph.dependencies:
        limits = codebase.limits_at(path)
        if _is_stable(path, codebase, limits):
            used = codebase.structure.graph.imports[path] & used_by(path, codebase)
            worse = [each for each in sorted(used) if _is_worse(each, path, codebase, limits)]
            if worse:
                yield _finding(path, worse, codebase, limits)


def _is_stable(path: str, codebase: Codebase, limits: Limits) -> bool:
    values = codebase.structure.of_file(path)
    is_relied_on = values.get("afferent_coupling", 0) >= limits["dependents"]
    return is_relied_on and values["instability"] <= limits["instability"]


def _is_worse(target: str, path: str, codebase: Codebase, limits: Limits) -> bool:
    structure = codebase.structure
    imports = structure.graph.imports[target] & structure.graph.dependencies.keys()
    return (
        structure.of_file(target)["afferent_coupling"] > 1
        and len(imports) >= limits["dependencies"]
        and _difference(target, path, codebase) >= limits["difference"]
    )


def _difference(target: str, path: str, codebase: Codebase) -> float:
    of_file = codebase.structure.of_file
    return of_file(target)["instability"] - of_file(path)["instability"]


def _finding(path: str, worse: Sequence[str], codebase: Codebase, limits: Limits) -> Finding:
    values = codebase.structure.of_file(path)
    instabilities = {each: codebase.structure.of_file(each)["instability"] for each in worse}
    told = ", ".join(f"{each} ({value:.2f})" for each, value in instabilities.items())
    line = min(
        edge.first_line
        for edge in codebase.linkages[path].edges
        if edge.kind is EdgeKind.IMPORT and edge.target_path in worse
    )
    return Finding(
        path=path,
        message=f"{values['afferent_coupling']:g} files depend on it, and its instability is "
        f"{values['instability']:.2f}, but it depends on less stable ones (limit "
        f"{limits['difference']:g} more): {told}",
        start_line=line,
        end_line=line,
        measured=max(_difference(each, path, codebase) for each in worse),
        limit=limits["difference"],
        gap=len(worse),
        data={"instability": values["instability"], "less_stable": instabilities},
    )


def _layers(core: str) -> dict[str, str]:
    """A core with users, and a facade with another user and five parts."""
    parts = {f"part{n}.py": f"def work{n}():\n    return {n}\n" for n in range(5)}
    imports = "".join(f"from part{n} import work{n}\n" for n in range(5))
    calls = "".join(f"    work{n}()\n" for n in range(5))
    users = {f"user{n}.py": "from core import size\n\nsize()\n" for n in range(5)}
    return {
        "core.py": core,
        "app.py": f"{imports}\n\ndef run():\n{calls}",
        "main.py": "from app import run\n\nrun()\n",
        **parts,
        **users,
    }


RULE = Rule(
    name="unstable_dependency",
    title="File that others rely on depends on a less stable one",
    why=(
        "Whatever it depends on may make it change, and with it all that rely on it. What it "
        "needs from there can be moved below it, or handed to it."
    ),
    category="structure",
    severity=Severity.INFO,
    limits={"instability": 0.3, "difference": 0.3, "dependents": 5, "dependencies": 5},
    is_on=False,  # an import for the sake of a type is one like others here
    effort=Effort(per_unit=30, unit="less stable file", source="our estimate"),
    bad=(
        Example(
            files=_layers("from app import run\n\n\ndef size():\n    return run()\n"), findings=1
        ),
    ),
    good=(
        Example(
            files=_layers("def size():\n    from app import run\n\n    return run()\n"), findings=0
        ),
        Example(files=_layers("def size():\n    return 1\n"), findings=0),
    ),
    check_codebase=check,
)
