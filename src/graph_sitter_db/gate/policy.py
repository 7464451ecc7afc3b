"""What a change must keep to, from pyproject.toml or YAML, in Codecov's words where they fit."""

import tomllib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from re import Pattern
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, field_validator

from graph_sitter_db.errors import UsageError
from graph_sitter_db.model import globs
from graph_sitter_db.model.keys import Severity

TABLE = "tool.graph-sitter-db.gate"


class Condition(BaseModel):
    """One limit on one measure. Without `measure` it is named after what it measures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measure: str = ""  # score, issues, debt, coverage or a metric
    # auto: what the base has, of the whole codebase on new code too. best: the best that the base's
    # branch ever had. None: auto, or, for issues and debt of new code, 0.
    target: FiniteFloat | Literal["auto", "best"] | None = None
    # How far from the target still passes, in the measure's unit.
    threshold: Annotated[FiniteFloat, Field(ge=0)] = 0
    level: Literal["fail", "warn"] = "fail"
    informational: bool = False  # Codecov's word for level = "warn"
    paths: tuple[str, ...] = ()  # globs; none: all files
    severity: Severity | None = None  # issues of this severity or a graver one
    rules: tuple[str, ...] = ()  # none: of all rules
    if_not_found: Literal["undecided", "success", "failure"] = "undecided"

    @field_validator("threshold", "target", mode="before")
    @classmethod
    def _without_percent(cls, value: object) -> object:
        return value.strip().removesuffix("%") if isinstance(value, str) else value

    @field_validator("paths", "rules", mode="before")
    @classmethod
    def _several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @property
    def fails(self) -> bool:
        return self.level == "fail" and not self.informational

    @cached_property
    def within(self) -> Pattern[str] | None:
        return globs.any_of(self.paths) if self.paths else None


class Policy(BaseModel):
    """Conditions on the whole codebase (`project`) and on what is new in it (`patch`), by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Added lines below which shares of new code are not judged: one line is 0 % or 100 %.
    small_change: Annotated[int, Field(ge=0)] = 20
    project: dict[str, Condition] = {}
    patch: dict[str, Condition] = {}

    _source: str = "built in"

    @property
    def source(self) -> str:
        return self._source


# New code alone decides, so that nobody answers for what was there: it must have no grave issue,
# and the score of a C by itself. A point of the whole is one long function in 300 lines and thirty
# in 10,000, so that the whole is only told about; so is coverage, where there is any.
BUILT_IN = Policy(
    project={
        "score": Condition(threshold=1, level="warn"),
        "coverage": Condition(threshold=1, level="warn", if_not_found="success"),
    },
    patch={
        "issues": Condition(target=0, severity=Severity.ERROR),
        "score": Condition(target=65),
    },
)


def read_policy(file: str | Path) -> Policy:
    """A policy of its own file: YAML, or TOML as in pyproject.toml or without its table's name."""
    place = Path(file)
    try:
        content = place.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}") from error
    if place.suffix in (".yml", ".yaml"):
        return _policy(_yaml(content, str(file)), str(file))
    found = _toml(content, str(file))
    return _policy(_table(found, str(file)) if "tool" in found else found, str(file))


def policy_of(pyproject: bytes | None, source: str) -> Policy:
    """The repository's own policy; the built-in one where it has none."""
    table = _table(_toml(pyproject, source), source) if pyproject else None
    return BUILT_IN if table is None else _policy(table, source)


def _yaml(content: bytes, source: str) -> Any:
    try:
        return yaml.safe_load(content) or {}
    except yaml.YAMLError as error:
        raise UsageError(f"{source} is no YAML: {' '.join(str(error).split())}") from error


def _toml(content: bytes, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode())
    except ValueError as error:  # not TOML, not UTF-8
        raise UsageError(f"{source} cannot be read: {error}") from error


def _table(document: Mapping[str, Any], source: str) -> Any:
    found: Any = document
    for name in TABLE.split("."):
        if not isinstance(found, dict):
            raise UsageError(f"[{TABLE}] in {source} lies in something that is no table")
        found = found.get(name, {} if name != "gate" else None)
    return found


def _policy(given: Any, source: str) -> Policy:
    if not isinstance(given, dict):
        raise UsageError(f"A gate policy is a table, in {source} it is {given!r}")
    try:
        policy = Policy.model_validate(_underscored(given))
    except ValidationError as error:
        raise UsageError(_explained(error, source)) from error
    if not (policy.project or policy.patch):
        raise UsageError(f"The gate policy in {source} has no condition; name one: project.score")
    policy._source = source
    return policy


def _underscored(given: Mapping[Any, Any]) -> dict[str, Any]:
    """Keys as fields are named. The names of conditions stay as they are."""
    policy = {_field(key): value for key, value in given.items()}
    for scope in ("project", "patch"):
        if isinstance(conditions := policy.get(scope), dict):
            policy[scope] = {
                str(name): {_field(key): value for key, value in each.items()}
                if isinstance(each, dict)
                else each
                for name, each in conditions.items()
            }
    return policy


def _field(key: object) -> str:
    return str(key).replace("-", "_")


def _explained(error: ValidationError, source: str) -> str:
    first = error.errors(include_url=False)[0]
    path = [
        str(part) for part in first["loc"] if part not in ("constrained-float", "function-plain")
    ]
    where = ".".join(path[:3])
    kind = Condition if len(path) > 2 else Policy
    said = (
        "is no key of a gate policy"
        if first["type"] == "extra_forbidden"
        else (f"is {first['input']!r}: {first['msg']}")
    )
    return f"{where} in {source} {said}. Keys there: {', '.join(kind.model_fields)}."
