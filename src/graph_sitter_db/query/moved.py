"""Symbols that differ between two runs, those that only moved told from those that came or went."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph_sitter_db.model.moves import Lines, Move, alike, equal
from graph_sitter_db.model.reports import SymbolChange

type Name = tuple[str, str]  # path and key
type Rows = Mapping[Name, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Known:
    """Files of an earlier run that have another path in a later one; and the lines of a file of
    either, None where they are not at hand.
    """

    files: Sequence[Move[str]]
    lines_before: Callable[[str], Lines | None]
    lines_after: Callable[[str], Lines | None]


def changed_symbols(
    found: Iterable[Mapping[str, Any]], known: Known | None = None
) -> list[SymbolChange]:
    """By path and line. What is gone under one name and new under another is one that moved: where
    the tokens are the same, nothing else has them, and then where `LEAST` of the lines are alike.
    """
    rows = [*found]
    sides = {
        change: {(row["path"], row["key"]): row for row in rows if row["change"] == change}
        for change in ("gone", "new")
    }
    moves = _moves(sides["gone"], sides["new"], known) if known else []
    came, left = {move.after: move for move in moves}, {move.before for move in moves}
    return [
        _change(row, came.get(name), sides["gone"])
        for row in rows
        if (name := (row["path"], row["key"])) not in left or row["change"] != "gone"
    ]


def _moves(gone: Rows, new: Rows, known: Known) -> list[Move[Name]]:
    found = equal(_structures(gone), _structures(new))
    rest = _without(gone, {m.before for m in found}), _without(new, {m.after for m in found})
    texts = _texts(rest[0], known.lines_before), _texts(rest[1], known.lines_after)
    found += [
        move for move in alike(*texts) if gone[move.before]["kind"] == new[move.after]["kind"]
    ]
    return [*found, *_inside(gone, new, found)]


def _structures(rows: Rows) -> dict[Name, tuple[str, str]]:
    return {
        name: (row["kind"], row["structure"])
        for name, row in rows.items()
        if row["structure"] and row["end_line"] > row["start_line"]
    }


def _texts(rows: Rows, lines: Callable[[str], Lines | None]) -> dict[Name, Lines]:
    files = {path: lines(path) for path in {path for path, _ in rows}}
    return {
        (path, key): text[row["start_line"] - 1 : row["end_line"]]
        for (path, key), row in rows.items()
        if (text := files[path]) and row["end_line"] > row["start_line"]
    }


def _without(rows: Rows, names: set[Name]) -> Rows:
    return {name: row for name, row in rows.items() if name not in names}


def _inside(gone: Rows, new: Rows, moves: Sequence[Move[Name]]) -> list[Move[Name]]:
    """What stands in a class or function that moved, and has no move of its own."""
    taken = {move.before for move in moves}, {move.after for move in moves}
    outer = {move.before: move for move in moves}
    found = []
    for path, key in gone:
        head, dot, tail = key.rpartition(".")
        if not dot or (path, key) in taken[0] or (path, head) not in outer:
            continue
        around = outer[path, head]
        there = (around.after[0], f"{around.after[1]}.{tail}")
        if there in new and there not in taken[1]:
            found.append(Move((path, key), there, "moved around it", around.confidence))
            outer[path, key] = found[-1]
    return found


def _change(row: Mapping[str, Any], move: Move[Name] | None, gone: Rows) -> SymbolChange:
    told = {name: row[name] for name in ("path", "key", "kind")}
    if move is None or row["change"] != "new":
        return SymbolChange(
            **told,
            change=row["change"],
            cyclomatic_before=row["cyclomatic_before"],
            cyclomatic_after=row["cyclomatic_after"],
        )
    return SymbolChange(
        **told,
        change="moved",
        cyclomatic_before=gone[move.before]["cyclomatic_before"],
        cyclomatic_after=row["cyclomatic_after"],
        before=":".join(move.before),
        reason=move.reason,
        confidence=move.confidence,
    )
