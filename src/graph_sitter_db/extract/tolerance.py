"""Keeps one bad symbol or file from ending graph_sitter's whole parse.

Its steps are guarded for the duration of a build; what fails is collected, and the rest goes on.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

from graph_sitter_db.extract.timer import Timer
from graph_sitter_db.model.relations import Failure

_lock = RLock()  # the guards sit on classes, so builds take turns


@contextmanager
def tolerant(failures: list[Failure], patience: float | None = None) -> Iterator[None]:
    """With `patience`, what takes longer than so many seconds fails too; main thread only."""
    with _lock, Timer.installed(patience) as timer:
        patches = _Patches()
        try:
            _guard_steps(patches, failures, timer)
            _guard_files(patches, failures, timer)
            _guard_configuration(patches, failures)
            _name_any_decorator(patches)
            _walk_circles_once(patches)
            yield
        finally:
            patches.undo()


class _Patches:
    def __init__(self) -> None:
        self._undo: list[tuple[Any, str, Any]] = []

    def set(self, owner: Any, name: str, replace: Callable[[Any], Any]) -> None:
        original = owner.__dict__[name]
        self._undo.append((owner, name, original))
        setattr(owner, name, replace(original))

    def undo(self) -> None:
        for owner, name, original in reversed(self._undo):
            setattr(owner, name, original)


def _guard_steps(patches: _Patches, failures: list[Failure], timer: Timer) -> None:
    from graph_sitter.core.export import Export
    from graph_sitter.core.import_resolution import Import
    from graph_sitter.core.interfaces.importable import Importable
    from graph_sitter.core.interfaces.inherits import Inherits

    for base, step, neutral in (
        (Importable, "recompute", list),
        (Import, "add_symbol_resolution_edge", lambda: None),
        (Export, "compute_export_dependencies", lambda: None),
        (Inherits, "compute_superclass_dependencies", lambda: None),
    ):
        for owner in _family(base):
            if step in owner.__dict__:
                patches.set(owner, step, functools.partial(_guarded, neutral, failures, timer))


def _family(base: type) -> list[type]:
    """A class and all its subclasses, each once."""
    found: dict[type, None] = {base: None}
    child: type
    for child in base.__subclasses__():
        found.update(dict.fromkeys(_family(child)))
    return list(found)


def _guarded(
    neutral: Callable[[], Any], failures: list[Failure], timer: Timer, step: Callable[..., Any]
) -> Callable[..., Any]:
    @functools.wraps(step)
    def guarded(node: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            with timer.running():
                return step(node, *args, **kwargs)
        except MemoryError:
            raise
        except Exception as error:
            failures.append(_failure(node, error))
            return neutral()

    return guarded


def _failure(node: Any, error: Exception) -> Failure:
    return Failure(
        path=str(node.filepath),
        stage="resolve",
        name=_name(node),
        message=_message(error),
        line=node.ts_node.start_point[0] + 1,
    )


def _name(node: Any) -> str:
    try:
        return str(node.name or "")
    except Exception:  # computed, by the very code that fails
        return ""


def _message(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:200]}".rstrip(": ")


def _guard_files(patches: _Patches, failures: list[Failure], timer: Timer) -> None:
    """A file that cannot be parsed is dropped with the nodes it had so far."""
    from graph_sitter.core.file import SourceFile

    def replace(original: Any) -> Any:
        def from_content(cls: Any, path: Any, content: str, context: Any, /, **kwargs: Any) -> Any:
            try:
                with timer.running():
                    return original.__func__(cls, path, content, context, **kwargs)
            except MemoryError:
                raise
            except Exception as error:
                relative = str(context.to_relative(path))
                failures.append(Failure(relative, "parse", "", _message(error)))
                _drop(context, relative)
                return None

        return classmethod(from_content)

    patches.set(SourceFile, "from_content", replace)


def _drop(context: Any, path: str) -> None:
    """Half-made nodes may not know their file yet; a finished file's nodes all do."""
    graph, file = context._graph, context.filepath_idx.pop(path, None)
    files = set(context.filepath_idx.values())
    graph.remove_nodes_from(
        [i for i in graph.node_indices() if i == file or _file_of(graph[i]) not in files]
    )


def _file_of(node: Any) -> int | None:
    return getattr(node, "file_node_id", None)


def _guard_configuration(patches: _Patches, failures: list[Failure]) -> None:
    """A tsconfig.json may extend itself, or not hold what it should."""
    from graph_sitter.typescript.config_parser import TSConfigParser

    reading: set[Any] = set()

    def replace(original: Any) -> Any:
        @functools.wraps(original)
        def get_config(self: Any, config_path: Any) -> Any:
            path = self.ctx.to_absolute(config_path)
            if path in reading:
                return None
            reading.add(path)
            try:
                return original(self, config_path)
            except MemoryError:
                raise
            except Exception as error:
                relative = str(self.ctx.to_relative(path))
                failures.append(Failure(relative, "configuration", "", _message(error)))
                return None
            finally:
                reading.discard(path)

        return get_config

    patches.set(TSConfigParser, "get_config", replace)


def _name_any_decorator(patches: _Patches) -> None:
    """`@x[0]` and `@(lambda f: f)` are decorators too: take the expression itself as the name."""
    from graph_sitter.python.detached_symbols.decorator import PyDecorator

    def replace(original: Any) -> Any:
        @functools.wraps(original)
        def name_node(self: Any) -> Any:
            try:
                return original(self)
            except ValueError:
                return self.ts_node.named_children[0]

        return name_node

    patches.set(PyDecorator, "_get_name_node", replace)


def _walk_circles_once(patches: _Patches) -> None:
    """Modules may import everything from each other; graph_sitter would go round for ever."""
    from graph_sitter.python.file import PyFile

    walking: set[tuple[str, str]] = set()

    def replace(original: Any) -> Any:
        @functools.wraps(original)
        def node_from_chain(self: Any, symbol_name: str) -> Any:
            step = (str(self.filepath), symbol_name)
            if step in walking:
                return None
            walking.add(step)
            try:
                return original(self, symbol_name)
            finally:
                walking.discard(step)

        return node_from_chain

    patches.set(PyFile, "get_node_from_wildcard_chain", replace)
