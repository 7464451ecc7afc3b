"""The adapter's writing half: from a folder, a commit or a `Codebase` to stored runs."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from graph_sitter_db import extract, ingest, measure, query, store
from graph_sitter_db.adopted import adopted
from graph_sitter_db.checkout import Tree, open_tree, read_file
from graph_sitter_db.dating import dated
from graph_sitter_db.db import Database
from graph_sitter_db.errors import AnalysisError, DatabaseError, RepositoryError, UsageError
from graph_sitter_db.keeping import kept
from graph_sitter_db.languages import family_of
from graph_sitter_db.model.coverage import CoverageReport
from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.keys import Depth, Family
from graph_sitter_db.model.paths import storable
from graph_sitter_db.model.relations import Relations
from graph_sitter_db.model.reported import ToolReport
from graph_sitter_db.model.snapshot import Analysis, Origin
from graph_sitter_db.model.spooled import Spooled
from graph_sitter_db.pipeline import Progress, Recipe, analyse
from graph_sitter_db.settings import Settings, loads


@dataclass(frozen=True, slots=True)
class Job:
    """One run to be: what is analysed, and how."""

    origin: Origin
    family: Family
    depth: Depth
    recipe: Recipe
    trigger: str
    peculiar: Mapping[str, object] = field(default_factory=dict)


def record(
    database: Database,
    path: str | Path,
    commit: str | None,
    depth: str,
    languages: Iterable[str] | None,
    progress: Progress | None,
    coverage: Iterable[str | Path] = (),
    reports: Iterable[str | Path] = (),
) -> list[store.Recorded]:
    """One run per language family of the tree, with what the reports say of it."""
    found = reports_of(coverage, reports)
    tree, jobs = jobs_of(path, commit, depth, languages)
    recorded = [_of_job(database, job, tree, progress) for job in jobs]
    for job, each in zip(jobs, recorded, strict=True):
        attach(database, each.run_id, found, job.family, tree.families().keys() - {job.family})
    return recorded


def jobs_of(
    path: str | Path, commit: str | None, depth: str, languages: Iterable[str] | None
) -> tuple[Tree, list[Job]]:
    """What is to be recorded there: its files, and a run for each family of languages."""
    wanted, chosen = depth_of(depth), [family_named(name) for name in languages or ()]
    settings = _settings(path, commit)
    tree = open_tree(path, commit, include=settings.include, exclude=settings.exclude)
    recipe = Recipe.of(settings)
    families = _families(tree, path, chosen)
    for family in families:
        _check_count(tree.families()[family], family, settings)
    return tree, [Job(tree.origin, family, wanted, recipe, "record") for family in families]


def reports_of(
    coverage: Iterable[str | Path], reports: Iterable[str | Path] = ()
) -> list[CoverageReport | ToolReport]:
    return [
        *(ingest.coverage(each) for each in _several(coverage)),
        *(ingest.report(each) for each in _several(reports)),
    ]


def record_codebase(
    database: Database, codebase: Any, configuration: Mapping[str, object]
) -> store.Recorded:
    """A `Codebase` as it is in memory, edits included."""
    held = adopted(codebase, configuration)
    _check_count(len(held.sources), held.family, held.settings)
    recipe = Recipe.of(held.settings)
    job = Job(held.origin, held.family, Depth.GRAPH, recipe, "api", held.peculiar)

    def analysed(_: store.Begun) -> Analysis:
        with kept(recipe.definitions) as before:
            return analyse(
                held.origin,
                held.family,
                held.sources,
                recipe,
                relate=held.relate,
                manifests=held.manifests,
                kept=before,
            )

    return _recorded(database, job, analysed)


def _of_job(database: Database, job: Job, tree: Tree, progress: Progress | None) -> store.Recorded:
    def analysed(begun: store.Begun) -> Analysis:
        analysis = analysed_tree(tree, job, progress)
        # A history is recorded at depth syntax, a thousand commits at a time: no time for its own.
        is_deep = job.depth is Depth.GRAPH
        return dated(database, begun, tree, analysis) if is_deep else analysis

    return _recorded(database, job, analysed, tree.digest(job.family))


def flush(database: Database, spooled: Spooled) -> store.Recorded:
    """Record what was analysed before."""
    analysis = spooled.analysis
    begun = store.begin(
        database,
        analysis.origin,
        analysis.family,
        analysis.depth,
        definitions=analysis.definitions,
        settings=analysis.settings,
        trigger="flush",
        sources=spooled.sources,
    )
    done = store.Recorded(begun.run_id, begun.place.codebase_id, already=True)
    if not begun.done:
        with _failing(database, begun):
            done = store.complete(database, begun, analysis)
    attach(database, done.run_id, spooled.reports, analysis.family, spooled.beside)
    return done


def _recorded(
    database: Database,
    job: Job,
    analysed: Callable[[store.Begun], Analysis],
    sources: bytes | None = None,
) -> store.Recorded:
    begun = store.begin(
        database,
        job.origin,
        job.family,
        job.depth,
        definitions=job.recipe.definitions,
        settings={**job.recipe.settings.analysis(), **job.peculiar},
        trigger=job.trigger,
        sources=sources,
    )
    if begun.done:
        return store.Recorded(begun.run_id, begun.place.codebase_id, already=True)
    with _failing(database, begun):
        if same := store.repeat(database, begun, job.origin.notes):
            return same
        return store.complete(database, begun, analysed(begun))


def attach(
    database: Database,
    run_id: UUID,
    reports: Sequence[CoverageReport | ToolReport],
    family: Family,
    beside: Collection[Family],
) -> None:
    if not reports:
        return
    with database.transaction(read_only=True) as connection:
        functions = query.functions(connection, run_id)
    of_lines = [each for each in reports if isinstance(each, CoverageReport)]
    if covered := measure.coverage(of_lines, functions, family, beside):
        store.cover(database, run_id, covered)
    of_tools = [each for each in reports if isinstance(each, ToolReport)]
    if attached := measure.attached(of_tools, functions, family, beside):
        store.attach(database, run_id, attached)


def _several(paths: str | Path | Iterable[str | Path]) -> Iterable[str | Path]:
    """A text is an iterable of texts, too."""
    return [paths] if isinstance(paths, str | Path) else paths


def analysed_tree(tree: Tree, job: Job, progress: Progress | None) -> Analysis:
    settings = job.recipe.settings

    def relate(facts: Mapping[str, FileFacts]) -> Relations:
        with tree.export() as root:
            return extract.isolated(
                root,
                job.family,
                facts,
                timeout=settings.graph_timeout,
                memory=settings.graph_memory,
                prefix=tree.prefix,
                progress=progress,
            )

    with kept(job.recipe.definitions) as before:
        analysis = analyse(
            tree.origin,
            job.family,
            tree.sources(job.family),
            job.recipe,
            relate=relate if job.depth is Depth.GRAPH else None,
            total=tree.families()[job.family],
            manifests=tree.manifests(),
            progress=progress,
            kept=before,
        )
    others = {*Family} - {job.family}
    unread = [
        each
        for each in tree.failures
        if family_of(each.path) not in others and each not in analysis.failures
    ]
    return replace(analysis, failures=(*analysis.failures, *unread))


def _settings(path: str | Path, commit: str | None) -> Settings:
    """Those of the tree that is recorded: a commit's own, whatever lies in the folder by now."""
    name = "pyproject.toml"
    source = storable(str(Path(path) / name)) + (f" of {commit}" if commit else "")
    return loads(read_file(path, commit, name), source)


@contextmanager
def _failing(database: Database, begun: store.Begun) -> Iterator[None]:
    """What breaks leaves a failed run that says why, not one that seems to go on."""
    try:
        yield
    except BaseException as error:
        try:
            store.fail(database, begun, _reason(error))
        except DatabaseError as second:
            error.add_note(f"the run could not be marked as failed either: {second}")
        raise


def _reason(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, SystemExit):
        return "terminated"
    return f"{type(error).__name__}: {error}"


def _families(tree: Tree, path: str | Path, chosen: list[Family]) -> list[Family]:
    present = tree.families()
    if not present:
        raise RepositoryError(
            f"There is nothing to record in {path}: no .py, .ts, .tsx, .js or .jsx file"
            " (ignored, vendored and excluded ones do not count)."
        )
    if missing := [family for family in chosen if family not in present]:
        raise RepositoryError(
            f"There is no {' or '.join(missing)} file in {path}, only {' and '.join(present)}."
        )
    return list(dict.fromkeys(chosen)) or list(present)


def _check_count(files: int, family: Family, settings: Settings) -> None:
    if files > settings.max_files:
        raise AnalysisError(
            f"There are {files:,} {family} files, and the setting max_files allows "
            f"{settings.max_files:,}: leave files out by the setting exclude, or raise "
            "GRAPH_SITTER_DB_MAX_FILES."
        )


def family_named(name: str) -> Family:
    try:
        return Family(name)
    except ValueError:
        allowed = ", ".join(Family)
        raise UsageError(
            f"{name!r} is no language family; choose of: {allowed}"
            " (typescript takes .ts, .tsx, .js and .jsx)."
        ) from None


def depth_of(name: str) -> Depth:
    try:
        return Depth(name)
    except ValueError:
        raise UsageError(f"{name!r} is no depth; choose of: {', '.join(Depth)}.") from None
