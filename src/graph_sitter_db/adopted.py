"""A user's own `Codebase`: where its files come from, and what sets its run apart."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from graph_sitter_db import extract
from graph_sitter_db.checkout import Place, Selection, Tree, open_tree, place_of
from graph_sitter_db.errors import RepositoryError
from graph_sitter_db.extract.objects import options_of, paths_of, root_of
from graph_sitter_db.model.facts import FileFacts, Source
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.paths import storable
from graph_sitter_db.model.relations import Relations
from graph_sitter_db.model.snapshot import Origin
from graph_sitter_db.settings import Settings, load


@dataclass(frozen=True, slots=True)
class Adopted:
    """`peculiar` is what the graph was made with or lacks, where a recorded commit's would not."""

    origin: Origin
    family: Family
    sources: tuple[Source, ...]
    settings: Settings
    peculiar: Mapping[str, object]
    manifests: Mapping[str, bytes]
    codebase: Any

    def relate(self, facts: Mapping[str, FileFacts]) -> Relations:
        return extract.relate(extract.adopt(self.codebase), facts)


def adopted(codebase: Any, configuration: Mapping[str, object]) -> Adopted:
    """A `Codebase` as it is in memory, without the files that the settings leave out."""
    graph = extract.adopt(codebase)
    settings = load(graph.root)
    if configuration:
        settings = settings.with_analysis(configuration)
    selection = Selection(settings.include, settings.exclude)
    sources = tuple(each for each in graph.sources() if selection.is_source(each.path))
    tree = _tree(codebase.ctx, settings)
    origin, peculiar = _placed(tree, codebase.ctx, graph.family, sources)
    peculiar |= {"graph_sitter": options} if (options := options_of(codebase.ctx)) else {}
    manifests = tree.manifests() if tree else {}
    return Adopted(origin, graph.family, sources, settings, peculiar, manifests, codebase)


def origin_of(context: Any) -> Origin:
    """Where the files of a Codebase come from, whatever it has done to them since."""
    try:
        return open_tree(root_of(context)).origin
    except RepositoryError:
        return _from_memory(paths_of(context))


def whereabouts(context: Any) -> Place:
    """The same origin's names, without a look at the files."""
    try:
        return place_of(root_of(context))
    except RepositoryError:
        origin = _from_memory(paths_of(context))
        return Place(origin.provider, origin.full_name)


def _tree(context: Any, settings: Settings) -> Tree | None:
    """What lies on disk; None: there is no such folder."""
    try:
        return open_tree(root_of(context), include=settings.include, exclude=settings.exclude)
    except RepositoryError:
        return None


def _placed(
    tree: Tree | None, context: Any, family: Family, sources: Iterable[Source]
) -> tuple[Origin, dict[str, object]]:
    if tree is None:
        return _from_memory(paths_of(context)), {}
    held = {source.path: source.sha256 for source in sources}
    lying = {source.path: source.sha256 for source in tree.sources(family)}
    origin, missing = tree.origin, lying.keys() - held.keys()
    if edited := sum(lying.get(path) != digest for path, digest in held.items()):
        files = "file of the Codebase differs" if edited == 1 else "files of the Codebase differ"
        note = f"{edited} {files} from what lies on disk: recorded as the Codebase holds them"
        origin = replace(origin, is_working_tree=True, notes=(*origin.notes, note))
    if not missing:
        return origin, {}
    note = f"the Codebase holds {len(lying) - len(missing)} of the {len(lying)} {family} files"
    return replace(origin, notes=(*origin.notes, note)), {"without": _digest(missing)}


def _from_memory(paths: Iterable[str]) -> Origin:
    """Made from text, in a temporary folder that is gone: the names of the files are what stays."""
    name = "from-memory"
    full_name = f"{name}@{_digest(paths)[:8]}"
    note = "the Codebase has no folder: recorded without a commit, known by its files' names"
    return Origin("local", full_name, name, None, "main", None, None, True, "", (note,))


def _digest(paths: Iterable[str]) -> str:
    return sha256("\n".join(sorted(map(storable, paths))).encode()).hexdigest()
