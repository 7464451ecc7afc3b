"""graph_sitter's graph of a codebase: built quietly and tolerantly, or taken as it is."""

import gc
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graph_sitter_db.errors import AnalysisError, UsageError
from graph_sitter_db.extract import quiet
from graph_sitter_db.extract.objects import source_of
from graph_sitter_db.extract.operator import FolderOperator
from graph_sitter_db.extract.progress import Told
from graph_sitter_db.extract.tolerance import tolerant
from graph_sitter_db.languages import language_of
from graph_sitter_db.model.facts import Source
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.relations import Failure

type Progress = Callable[[str, int, int | None], None]

# Sums of 1000 terms and call chains of 300 links need it; Python's own limit is 1000.
_RECURSION_LIMIT = 20_000


@dataclass(slots=True)
class Graph:
    """A graph_sitter codebase, and what could not be made part of it."""

    codebase: Any
    family: Family
    root: Path
    failures: list[Failure] = field(default_factory=list)
    is_ours: bool = True

    def sources(self) -> list[Source]:
        """The files as graph_sitter parsed them, by path, edits in memory included."""
        return sorted(_sources(self.codebase), key=lambda source: source.path)

    def release(self) -> None:
        """Gives the memory back, which graph_sitter never does. A user's own codebase stays."""
        if self.is_ours:
            self.codebase = None
            _forget()


def build(
    root: Path,
    family: Family,
    paths: Sequence[str],
    progress: Progress | None = None,
    *,
    patience: float | None = None,
) -> Graph:
    """Parses these files below a folder, which must be real: no symbolic link leads to it.

    With `patience`, a symbol or file that takes more seconds is given up; main thread only.
    """
    quiet.load()
    graph = Graph(None, family, root)
    readable = [path for path in paths if _is_utf8(path)]
    graph.failures.extend(
        Failure(path, "parse", "", "graph-sitter cannot read names that are not UTF-8")
        for path in paths
        if path not in set(readable)
    )
    with tolerant(graph.failures, patience), _unhurried():
        graph.codebase = _codebase(FolderOperator(root, readable), family, progress)
    told = {failure.path for failure in graph.failures if failure.stage == "parse"}
    graph.failures.extend(_skipped(graph.codebase, [each for each in readable if each not in told]))
    return graph


def adopt(codebase: Any) -> Graph:
    """A user's own Codebase, taken as it is.

    Edits that wait in it are applied to its graph first, as the next look at an edited file would
    do in the middle of the analysis; nothing is written to disk.
    """
    quiet.load()
    if not hasattr(codebase, "ctx"):
        raise UsageError(
            f"A {type(codebase).__name__} is no graph-sitter Codebase: give Codebase(path), "
            "or record the folder with CodebaseDBAdapter.record(path)."
        )
    from graph_sitter.shared.enums.programming_language import ProgrammingLanguage

    families = {
        ProgrammingLanguage.PYTHON: Family.PYTHON,
        ProgrammingLanguage.TYPESCRIPT: Family.TYPESCRIPT,
    }
    family = families.get(codebase.language)
    if family is None:
        raise AnalysisError(
            f"graph-sitter found no Python or TypeScript in {codebase.repo_path}: "
            "open the Codebase with language='python' or language='typescript'."
        )
    if codebase.ctx.transaction_manager.queued_transactions:
        with warnings.catch_warnings(action="ignore"):
            codebase.ctx.commit_transactions(sync_file=False)
    return Graph(codebase, family, Path(codebase.repo_path), is_ours=False)


def _codebase(operator: FolderOperator, family: Family, progress: Progress | None) -> Any:
    from graph_sitter import Codebase
    from graph_sitter.codebase.config import ProjectConfig
    from graph_sitter.configs.models.codebase import CodebaseConfig
    from graph_sitter.configs.models.secrets import SecretsConfig
    from graph_sitter.shared.enums.programming_language import ProgrammingLanguage

    # Constructed without validation: the operator is not theirs, and settings do not come from
    # the environment.
    project = ProjectConfig.model_construct(
        repo_operator=operator,
        programming_language=ProgrammingLanguage(family.value.upper()),
        base_path=None,
        subdirectories=None,
    )
    return Codebase(
        projects=[project],
        config=CodebaseConfig.model_construct(),
        secrets=SecretsConfig.model_construct(),
        progress=Told(progress) if progress else None,
    )


@contextmanager
def _unhurried() -> Iterator[None]:
    """Deep recursion allowed, and no garbage collection, which would take a third of the time."""
    limit, collecting = sys.getrecursionlimit(), gc.isenabled()
    sys.setrecursionlimit(max(limit, _RECURSION_LIMIT))
    gc.disable()
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
        if collecting:
            gc.enable()


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _skipped(codebase: Any, paths: Sequence[str]) -> Iterator[Failure]:
    """What graph_sitter passed over with no more than a word to its log."""
    known = codebase.ctx.filepath_idx
    extensions = tuple(codebase.ctx.extensions)
    for path in paths:
        if path.endswith(extensions) and path not in known:
            yield Failure(path, "parse", "", "left out by graph-sitter: not UTF-8, or minified")


def _sources(codebase: Any) -> Iterator[Source]:
    from graph_sitter.enums import NodeType

    for file in codebase.ctx.get_nodes(NodeType.FILE):
        if language_of(str(file.filepath)) is not None:
            yield source_of(file)


def _forget() -> None:
    from graph_sitter.codebase.codebase_context import CodebaseContext
    from graph_sitter.codebase.io.file_io import FileIO
    from graph_sitter.compiled import utils

    utils.uncache_all()
    utils.to_uncache.clear()
    utils.counter.clear()
    for cached in (
        CodebaseContext.to_absolute,
        CodebaseContext.to_relative,
        CodebaseContext.is_subdir,
        FileIO._verify_path,
    ):
        cached.cache_clear()
    gc.collect()
