"""The adapter's writing half: from a folder, a commit or a `Codebase` to stored runs."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from graph_sitter_db import extract, store
from graph_sitter_db.checkout import Tree, open_tree
from graph_sitter_db.db import Database
from graph_sitter_db.errors import DatabaseError, RepositoryError, UsageError
from graph_sitter_db.model.facts import FileFacts, Source
from graph_sitter_db.model.keys import Depth, Family
from graph_sitter_db.model.relations import Relations
from graph_sitter_db.model.snapshot import Analysis, Origin
from graph_sitter_db.pipeline import Progress, Recipe, analyse
from graph_sitter_db.settings import Settings, load


def record(
    database: Database,
    path: str | Path,
    commit: str | None,
    depth: str,
    languages: Iterable[str] | None,
    progress: Progress | None,
) -> list[store.Recorded]:
    """One run per language family of the tree."""
    settings = load(Path(path).expanduser())
    tree = open_tree(path, commit, include=settings.include, exclude=settings.exclude)
    families = _families(tree, path, languages)
    wanted = _depth(depth)
    return [_record(database, tree, each, wanted, settings, progress) for each in families]


def record_codebase(
    database: Database, codebase: Any, configuration: Mapping[str, object]
) -> store.Recorded:
    """A `Codebase` as it is in memory, edits included."""
    graph = extract.adopt(codebase)
    settings = _configured(load(graph.root), configuration)
    recipe = Recipe.of(settings)
    sources = graph.sources()
    origin, extra = _origin(graph.root, graph.family, sources)
    begun = store.begin(
        database,
        origin,
        graph.family,
        Depth.GRAPH,
        definitions=recipe.definitions,
        settings={**settings.analysis(), **extra},
        trigger="api",
    )
    if begun.done:
        return store.Recorded(begun.run_id, begun.place.codebase_id, already=True)
    with _failing(database, begun):
        analysis = analyse(
            origin,
            graph.family,
            sources,
            recipe,
            relate=lambda facts: extract.relate(graph, facts),
        )
    return store.complete(database, begun, analysis)


def _record(
    database: Database,
    tree: Tree,
    family: Family,
    depth: Depth,
    settings: Settings,
    progress: Progress | None,
) -> store.Recorded:
    recipe = Recipe.of(settings)
    begun = store.begin(
        database,
        tree.origin,
        family,
        depth,
        definitions=recipe.definitions,
        settings=settings.analysis(),
        trigger="record",
    )
    if begun.done:
        return store.Recorded(begun.run_id, begun.place.codebase_id, already=True)
    with _failing(database, begun):
        analysis = _analysed(tree, family, depth, recipe, progress)
    return store.complete(database, begun, analysis)


def _analysed(
    tree: Tree, family: Family, depth: Depth, recipe: Recipe, progress: Progress | None
) -> Analysis:
    settings = recipe.settings

    def relate(facts: Mapping[str, FileFacts]) -> Relations:
        with tree.export() as root:
            return extract.isolated(
                root,
                family,
                facts,
                timeout=settings.graph_timeout,
                memory=settings.graph_memory,
                progress=progress,
            )

    analysis = analyse(
        tree.origin,
        family,
        tree.sources(family),
        recipe,
        relate=relate if depth is Depth.GRAPH else None,
        total=tree.families()[family],
        progress=progress,
    )
    unread = [each for each in tree.failures if each not in analysis.failures]
    return replace(analysis, failures=(*analysis.failures, *unread))


@contextmanager
def _failing(database: Database, begun: store.Begun) -> Iterator[None]:
    """An analysis that breaks leaves a failed run that says why, not one that seems to go on."""
    try:
        yield
    except Exception as error:
        try:
            store.fail(database, begun, f"{type(error).__name__}: {error}")
        except DatabaseError as second:
            error.add_note(f"the run could not be marked as failed either: {second}")
        raise


def _families(tree: Tree, path: str | Path, languages: Iterable[str] | None) -> list[Family]:
    present = tree.families()
    chosen = [_family(name) for name in languages or ()]
    if missing := [family for family in chosen if family not in present]:
        raise RepositoryError(f"There is no {' or '.join(missing)} file in {path}.")
    if not present:
        raise RepositoryError(
            f"There is nothing to record in {path}: no .py, .ts, .tsx, .js or .jsx file"
            " (ignored, vendored and excluded ones do not count)."
        )
    return list(dict.fromkeys(chosen)) or list(present)


def _family(name: str) -> Family:
    try:
        return Family(name)
    except ValueError:
        allowed = ", ".join(Family)
        raise UsageError(
            f"{name!r} is no language family; choose of: {allowed}"
            " (typescript takes .ts, .tsx, .js and .jsx)."
        ) from None


def _depth(name: str) -> Depth:
    try:
        return Depth(name)
    except ValueError:
        raise UsageError(f"{name!r} is no depth; choose of: {', '.join(Depth)}.") from None


def _configured(settings: Settings, configuration: Mapping[str, object]) -> Settings:
    return settings.with_analysis(configuration) if configuration else settings


def origin_of(root: Path) -> Origin:
    """Where a folder's files come from; one that is gone (graph_sitter's temporary) has a name."""
    try:
        return open_tree(root).origin
    except RepositoryError as error:
        return _nowhere(root, str(error))


def _origin(root: Path, family: Family, sources: list[Source]) -> tuple[Origin, dict[str, object]]:
    """Where a codebase's files come from, and what tells this run from one of the whole commit."""
    held = {source.path: source.sha256 for source in sources}
    try:
        tree = open_tree(root)
    except RepositoryError as error:
        return _nowhere(root, str(error)), {}
    there = {source.path: source.sha256 for source in tree.sources(family)}
    origin = tree.origin
    if not origin.is_working_tree and any(there.get(path) != sha for path, sha in held.items()):
        note = "the Codebase holds files that differ from the commit: recorded as a working tree"
        origin = replace(origin, is_working_tree=True, notes=(*origin.notes, note))
    if set(held) == set(there):
        return origin, {}
    return origin, {"files": sha256("\n".join(sorted(held)).encode(errors="replace")).hexdigest()}


def _nowhere(root: Path, reason: str) -> Origin:
    name = root.name or "codebase"
    return Origin("local", name, name, None, "main", None, None, True, "", (reason,))
