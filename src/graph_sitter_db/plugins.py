"""Rules and metrics: found by entry point, built-in ones like all others.

A package offers its own by naming a group in its `pyproject.toml`:

    [project.entry-points."graph_sitter_db.rules"]
    house_rules = "our_package.rules:RULES"        # one Rule, or several
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

from graph_sitter_db.model.ports import Metric, Rule
from graph_sitter_db.model.relations import Failure

OWN = "graph-sitter-db"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a group offers, and which of its plug-ins could not be had."""

    plugins: tuple[Any, ...]
    failures: tuple[Failure, ...]


def rules() -> tuple[Rule, ...]:
    return cast(tuple[Rule, ...], load("rules").plugins)


def metrics() -> tuple[Metric, ...]:
    return cast(tuple[Metric, ...], load("metrics").plugins)


def failures(*groups: str) -> tuple[Failure, ...]:
    """Plug-ins of these groups (`rules`, `metrics`) that could not be loaded and are left out."""
    return tuple(failure for group in groups for failure in load(group).failures)


@cache
def load(group: str) -> Loaded:
    """A group's plug-ins, once per process: built-in ones first, then by entry point name.

    A plug-in whose name is taken is left out and reported, so a package cannot replace a built-in
    unnoticed. `load.cache_clear()` looks again.
    """
    taken: dict[str, Any] = {}
    failed: list[Failure] = []
    for entry in sorted(entry_points(group=f"graph_sitter_db.{group}"), key=_order):
        for plugin in _offered(entry, failed):
            try:
                _check(plugin, group, taken)
            except (TypeError, ValueError) as error:
                failed.append(_failure(entry, error))
            else:
                taken[plugin.name] = plugin
    return Loaded(tuple(taken.values()), tuple(failed))


def _order(entry: EntryPoint) -> tuple[bool, str, str]:
    return (_distribution(entry) != OWN, entry.name, entry.value)


def _distribution(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else ""


def _offered(entry: EntryPoint, failed: list[Failure]) -> Sequence[Any]:
    """What an entry point gives: one plug-in, or several."""
    try:
        value = entry.load()
        if isinstance(value, Iterable) and not isinstance(value, str):
            return list(value)
    except Exception as error:  # whatever a stranger's module does on import
        failed.append(_failure(entry, error))
        return ()
    return (value,)


def _check(plugin: Any, group: str, taken: dict[str, Any]) -> None:
    if not _LOOKS_RIGHT[group](plugin):
        raise TypeError(f"{plugin!r} cannot serve as one of the {group}")
    if plugin.name in taken:
        raise ValueError(f"the name {plugin.name!r} is taken")


def _is_rule(plugin: Any) -> bool:
    if not isinstance(plugin, Rule):
        return False
    return bool(plugin.check_file or plugin.check_codebase) != bool(plugin.check_suppression)


_LOOKS_RIGHT: dict[str, Callable[[Any], bool]] = {
    "rules": _is_rule,
    "metrics": lambda plugin: isinstance(plugin, Metric),
}


def _failure(entry: EntryPoint, error: Exception) -> Failure:
    message = f"{type(error).__name__}: {error}; offered by {_distribution(entry) or entry.value}"
    return Failure("", "plugin", entry.name, f"{message} as {entry.value}")
