"""Rules written in SQL: a query with key columns, asked of any stored run."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Connection
from psycopg.rows import dict_row
from pydantic import ValidationError

from graph_sitter_db.db.named import bound
from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.reports import IssueReport
from graph_sitter_db.query.named import ask


@dataclass(frozen=True, slots=True)
class SqlRule:
    """A file's head and its query. `key` names the columns that make a finding known again."""

    name: str
    title: str
    severity: str
    category: str
    key: tuple[str, ...]
    minutes: float
    limits: Mapping[str, float]
    sql: str
    source: str  # the file, for messages


def sql_rule(text: str, source: str) -> SqlRule:
    """A rule from the text of its file: comments `-- name: value`, then one query.

    `rule`, `title` and `key` must be there; `severity` (warning), `category` (custom), `minutes`
    (0) and any number of `limit: name = value` may. The query's parameters are `:run`, `:snapshot`
    and the limits.
    """
    head, limits = _head(text, source)
    if missing := [name for name in ("rule", "title", "key") if not head.get(name)]:
        raise UsageError(
            f"{source} does not say its {' and '.join(missing)}; "
            f"write for instance: -- {missing[0]}: {_EXAMPLES[missing[0]]}"
        )
    severity = head.get("severity", Severity.WARNING)
    if severity not in list(Severity):
        raise UsageError(f"{source}: {severity!r} is no severity; choose of: {', '.join(Severity)}")
    return SqlRule(
        name=head["rule"],
        title=head["title"],
        severity=severity,
        category=head.get("category", "custom"),
        key=tuple(re.split(r"[\s,]+", head["key"])),
        minutes=_number(head.get("minutes", "0"), "minutes", source),
        limits=limits,
        sql=text,
        source=source,
    )


def ask_rule(conn: Connection[Any], rule: SqlRule, run: UUID) -> list[IssueReport]:
    """What the rule finds in a run, the gravest place first as the query orders it."""
    sql, wanted = bound(rule.sql)
    known: dict[str, object] = {"run": run, "snapshot": _snapshot(conn, run), **rule.limits}
    if unknown := wanted - known.keys():
        raise UsageError(
            f"{rule.source} asks for :{', :'.join(sorted(unknown))}; there are :run, :snapshot and "
            f"limits it declares, as in: -- limit: {min(unknown)} = 10"
        )
    try:
        with conn.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(sql.encode(), {name: known[name] for name in wanted}).fetchall()
    except psycopg.Error as error:
        raise UsageError(f"{rule.source} cannot be run: {_told(error)}") from error
    return list(_issues(rule, rows))


_HEAD = re.compile(r"--\s*(\w+)\s*:\s*(.*\S)")
_LIMIT = re.compile(r"(\w+)\s*=\s*(\S+)")
_EXAMPLES = {"rule": "lonely_hub", "title": "A hub that no test uses", "key": "path, symbol"}
_KNOWN = frozenset({"rule", "title", "key", "severity", "category", "minutes", "limit"})


def _head(text: str, source: str) -> tuple[dict[str, str], dict[str, float]]:
    head: dict[str, str] = {}
    limits: dict[str, float] = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("--"):
            break
        match = _HEAD.match(line)
        if match is None or match[1] not in _KNOWN:
            continue
        if match[1] != "limit":
            head[match[1]] = match[2]
        elif given := _LIMIT.fullmatch(match[2]):
            limits[given[1]] = _number(given[2], f"limit {given[1]}", source)
        else:
            raise UsageError(f"{source}: write a limit as `-- limit: name = 10`, not {match[2]!r}")
    return head, limits


def _number(text: str, name: str, source: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{source}: {name} is {text!r}, and must be a number") from None


def _snapshot(conn: Connection[Any], run: UUID) -> object:
    [row] = ask(conn, "run_snapshot", run=run)
    return row["snapshot_id"]


def _issues(rule: SqlRule, rows: Iterable[Mapping[str, Any]]) -> Iterator[IssueReport]:
    seen: Counter[str] = Counter()
    for row in rows:
        _check_columns(rule, row)
        key = json.dumps([rule.name, *(row[name] for name in rule.key)], default=str)
        yield _issue(rule, row, hashlib.sha256(f"{key}{seen[key]}".encode()).hexdigest())
        seen[key] += 1


def _check_columns(rule: SqlRule, row: Mapping[str, Any]) -> None:
    if missing := [name for name in ("path", "message", *rule.key) if name not in row]:
        raise UsageError(
            f"{rule.source} gives no column {', '.join(dict.fromkeys(missing))}, only "
            f"{', '.join(row)}; path, message and the columns of its key are needed"
        )


def _issue(rule: SqlRule, row: Mapping[str, Any], fingerprint: str) -> IssueReport:
    line = row.get("start_line") or 1
    try:
        return IssueReport(
            fingerprint=fingerprint,
            rule=rule.name,
            category=rule.category,
            severity=row.get("severity") or rule.severity,
            title=rule.title,
            message=row["message"],
            path=row["path"],
            symbol=row.get("symbol") or None,
            start_line=line,
            end_line=row.get("end_line") or line,
            measured=row.get("measured"),
            limit=row.get("limit"),
            effort_minutes=rule.minutes if row.get("minutes") is None else row["minutes"],
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        column = ".".join(map(str, first["loc"]))
        raise UsageError(
            f"{rule.source}: column {column} is {first['input']!r}: {first['msg']}"
        ) from error


def _told(error: psycopg.Error) -> str:
    """PostgreSQL's own sentence, and its hint."""
    hint = f" ({error.diag.message_hint})" if error.diag.message_hint else ""
    return f"{error.diag.message_primary or error}{hint}"
