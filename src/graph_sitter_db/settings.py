"""How to analyse: set by environment (`GRAPH_SITTER_DB_*`) and by the analysed repository.

Where to store is not the repository's to say: `db` and `adapter` read that from the environment.

A plain pydantic model reads `os.environ` itself. Importing `pydantic_settings` costs 0.23 s more
than `pydantic` alone (0.34 s against 0.11 s), half of what a query command may take in all.
"""

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, PrivateAttr, ValidationError

from graph_sitter_db.errors import UsageError
from graph_sitter_db.model import globs
from graph_sitter_db.model.ports import Limits, Rule

PREFIX = "GRAPH_SITTER_DB_"
TABLE = "tool.graph-sitter-db"

type Spell = Callable[[str], str]  # a field's name, as the user writes it
type RuleLimits = dict[str, dict[str, FiniteFloat]]


class PathSettings(BaseModel):
    """Other limits, or fewer rules, for the files one pattern matches; the last match wins."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Annotated[str, Field(min_length=1)]
    disable: tuple[str, ...] = ()
    limits: RuleLimits = {}

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return globs.any_of((self.path,))

    def matches(self, path: str) -> bool:
        return bool(self.pattern.match(path))


class Settings(BaseModel):
    """Defaults hold wherever neither the environment nor the repository says otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    include: tuple[str, ...] = ()  # globs; none: everything
    exclude: tuple[str, ...] = ()
    enable: tuple[str, ...] = ()  # names of rules that are off by themselves
    disable: tuple[str, ...] = ()  # names of rules
    limits: RuleLimits = {}  # rule → limit → value
    paths: tuple[PathSettings, ...] = ()
    max_file_size: Annotated[int, Field(gt=0)] = 1_000_000  # bytes; larger files are skipped
    max_symbols: Annotated[int, Field(gt=0)] = 20_000  # in a file; one with more is skipped
    max_files: Annotated[int, Field(gt=0)] = 50_000  # of one language; more are refused
    graph_timeout: Annotated[FiniteFloat, Field(gt=0)] = 1800.0  # seconds for one codebase's graph
    graph_memory: Annotated[int, Field(gt=0)] = 8 * 1024**3  # bytes for one codebase's graph

    _source: str = PrivateAttr("the environment")  # where rules and limits are named, for messages

    def choose(self, rules: Sequence[Rule]) -> tuple[Rule, ...]:
        """The rules to run. Every rule and limit that is named must exist."""
        known = {rule.name: rule for rule in rules}
        _check_names(self, known, self._source)
        for override in self.paths:
            _check_names(override, known, self._source, f"paths, {override.path!r}: ")
        return tuple(rule for rule in rules if self._is_on(rule))

    def limits_of(self, rule: Rule, path: str | None = None) -> Limits:
        """A rule's limits for one file, or, without a path, for the codebase as a whole."""
        limits = {**rule.limits, **self.limits.get(rule.name, {})}
        for override in self._overrides(path):
            limits.update(override.limits.get(rule.name, {}))
        return limits

    def judges(self, rule: Rule, path: str) -> bool:
        """Whether a rule is to look at a file."""
        return not any(rule.name in override.disable for override in self._overrides(path))

    def with_analysis(self, configuration: Mapping[str, object]) -> "Settings":
        """The same, with analysis keys replaced by a caller's."""
        names = {key: key.replace("-", "_") for key in configuration}
        for key, name in names.items():
            if name not in ANALYSIS:
                raise UsageError(_unknown(key, _CALL, ANALYSIS))
        given = {names[key]: value for key, value in configuration.items()}
        _validated(given, _CALL, ANALYSIS, str)
        settings = Settings.model_validate({**dict(self), **given})
        settings._source = _CALL
        return settings

    def analysis(self) -> dict[str, object]:
        """What can change an analysis's result, ready for JSON."""
        return self.model_dump(mode="json", include=set(ANALYSIS))

    def digest(self) -> bytes:
        """Equal for equal `analysis()`, whatever the order of its parts."""
        text = json.dumps(self.analysis(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).digest()

    def _is_on(self, rule: Rule) -> bool:
        return (rule.is_on or rule.name in self.enable) and rule.name not in self.disable

    def _overrides(self, path: str | None) -> list[PathSettings]:
        if path is None:
            return []
        return [override for override in self.paths if override.matches(path)]


CAPS = ("max_file_size", "max_symbols")  # of one file
REPOSITORY = ("include", "exclude", "enable", "disable", "limits", "paths", *CAPS)
# A stranger's repository may not choose how much of the machine its analysis may take.
ANALYSIS = (*REPOSITORY, "max_files", "graph_timeout", "graph_memory")
_CALL = "the analysis configuration"
_LISTS = ("include", "exclude", "enable", "disable")
_FROM_ENVIRONMENT = tuple(name for name in Settings.model_fields if name not in ("limits", "paths"))


def load(repository: Path | None = None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings for work on a folder as it lies; see `loads`."""
    file = repository / "pyproject.toml" if repository else None
    if file is None or file.is_symlink() or not file.is_file():
        return loads(None, "", environment)
    try:
        return loads(file.read_bytes(), str(file), environment)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error}") from error


def loads(
    pyproject: bytes | None, source: str, environment: Mapping[str, str] = os.environ
) -> Settings:
    """Settings for work on a repository. The environment wins over the repository's own wishes.

    `source` is what messages call the text.
    """
    wishes = _wishes(pyproject, source) if pyproject else {}
    _validated(wishes, source, REPOSITORY, _key)
    given = {name: value for name in _FROM_ENVIRONMENT if (value := _read(name, environment))}
    _validated(given, "the environment", _FROM_ENVIRONMENT, _variable)
    settings = Settings.model_validate({**wishes, **given})
    if wishes:
        settings._source = source
    return settings


def _wishes(pyproject: bytes, source: str) -> dict[str, Any]:
    try:
        table = tomllib.loads(pyproject.decode()).get("tool", {}).get("graph-sitter-db", {})
    except ValueError as error:  # not TOML, not UTF-8
        raise UsageError(f"{source} cannot be read: {error}") from error
    if not isinstance(table, dict):
        raise UsageError(f"[{TABLE}] in {source} must be a table, it is {table!r}")
    return _underscored(table, source)


def _underscored(table: dict[str, Any], source: str) -> dict[str, Any]:
    result = {}
    for key, value in table.items():
        if key == "gate":  # read where changes are judged
            continue
        name = key.replace("-", "_")
        if name not in REPOSITORY:
            raise UsageError(_unknown(key, f"[{TABLE}] in {source}", map(_key, REPOSITORY)))
        result[name] = value
    return result


def _read(name: str, environment: Mapping[str, str]) -> Any:
    value = environment.get(_variable(name), "").strip()
    if name in _LISTS:
        return tuple(part for part in (part.strip() for part in value.split(",")) if part)
    return value


def _validated(values: dict[str, Any], source: str, names: Sequence[str], spell: Spell) -> None:
    try:
        Settings.model_validate(values)
    except ValidationError as error:
        raise UsageError(_explained(error, source, names, spell)) from error


def _explained(error: ValidationError, source: str, names: Sequence[str], spell: Spell) -> str:
    first = error.errors(include_url=False)[0]
    head, *rest = first["loc"]
    where = ".".join([spell(str(head)), *map(str, rest)])
    if first["type"] == "extra_forbidden":
        return _unknown(where, source, PathSettings.model_fields)
    return (
        f"{where} in {source} is {first['input']!r}: {first['msg']}. "
        f"Keys that can be set there: {', '.join(map(spell, names))}."
    )


def _check_names(
    part: Settings | PathSettings, known: Mapping[str, Rule], source: str, where: str = ""
) -> None:
    switched_on = part.enable if isinstance(part, Settings) else ()
    for name in (*switched_on, *part.disable, *part.limits):
        if name not in known:
            raise UsageError(_unknown(f"{where}{name}", source, known, "rule"))
    for name, limits in part.limits.items():
        for limit in limits:
            if limit not in known[name].limits:
                allowed = known[name].limits
                raise UsageError(_unknown(f"{where}limits.{name}.{limit}", source, allowed))


def _unknown(key: str, source: str, allowed: Iterable[str], kind: str = "key") -> str:
    names = ", ".join(allowed) or "none"
    return f"{key} in {source} is no {kind} that can be set there. Allowed: {names}."


def _key(name: str) -> str:
    return name.replace("_", "-")


def _variable(name: str) -> str:
    return PREFIX + name.upper()
