"""What is counted of the codebase as a whole; `measure.totals` does it."""

from graph_sitter_db.model.keys import Direction, Rollup, Scope
from graph_sitter_db.model.ports import Metric


def _metric(
    name: str,
    title: str,
    unit: str,
    definition: str,
    category: str = "size",
    direction: Direction = Direction.NEUTRAL,
    rollup: Rollup = Rollup.SUM,
) -> Metric:
    return Metric(
        name=name,
        title=title,
        unit=unit,
        direction=direction,
        rollup=rollup,
        definition=definition,
        source="graph-sitter-db 1",
        category=category,
        scope=Scope.CODEBASE,
    )


COUNTS = (
    _metric("files", "Files", "files", "Source files."),
    _metric("files_test", "Files: tests", "files", "Files that are tests, by folder and name."),
    _metric(
        "files_generated",
        "Files: generated",
        "files",
        "Files that a program wrote, by name or as their first lines say.",
    ),
    _metric(
        "files_partial",
        "Files: partly read",
        "files",
        "Files with syntax errors, read around them.",
        direction=Direction.LOWER,
    ),
    _metric(
        "files_failed",
        "Files: unreadable",
        "files",
        "Files of which nothing could be read.",
        direction=Direction.LOWER,
    ),
    _metric(
        "edges",
        "Relations",
        "relations",
        "Relations between symbols and files, once for each source, target and kind.",
        "structure",
    ),
    _metric(
        "import_cycles",
        "Import cycles",
        "cycles",
        "Groups of files that all reach each other by imports that run when they are imported.",
        "structure",
        Direction.LOWER,
    ),
    _metric(
        "import_cycle_files",
        "Files in import cycles",
        "files",
        "Files in these groups.",
        "structure",
        Direction.LOWER,
    ),
    _metric(
        "fan_in",
        "Fan-in",
        "symbols",
        "Other symbols of the codebase that call a symbol, refer to it or inherit from it, each "
        "once; of the codebase, the most that one has.",
        "structure",
        rollup=Rollup.MAX,
    ),
    _metric(
        "fan_out",
        "Fan-out",
        "symbols",
        "Other symbols of the codebase that a symbol calls, refers to or inherits from, each once; "
        "of the codebase, the most that one has.",
        "structure",
        rollup=Rollup.MAX,
    ),
    _metric(
        "sites_resolved",
        "Sites resolved",
        "sites",
        "Calls, imports and base classes whose target is known.",
        "structure",
    ),
    _metric(
        "sites_unresolved",
        "Sites unresolved",
        "sites",
        "Calls, imports and base classes whose target could not be told.",
        "structure",
    ),
)
