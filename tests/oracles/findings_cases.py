"""What only ruff finds, or only we: the code there, and what ruff makes of it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeGuard

from tests.oracles.sources import parsed, text

from graph_sitter_db.measure.callables import inside, is_callable
from graph_sitter_db.model.facts import ControlKind, MeasuredFile, Parameter, Symbol
from graph_sitter_db.model.keys import SymbolKind

type Statement = ast.stmt | ast.ExceptHandler
STATEMENT = (ast.stmt, ast.ExceptHandler)


@dataclass(frozen=True)
class Case:
    """The line is that in which a statement begins with its decorators, or that of a comment."""

    file: MeasuredFile
    line: int

    @property
    def text(self) -> str:
        return text(self.file).split("\n")[self.line - 1]

    @property
    def symbol(self) -> Symbol:
        """The function or class that begins there."""
        following = (s for s in self.file.facts.symbols if s.start_line >= self.line)
        return next(s for s in following if is_callable(s) or s.kind is SymbolKind.CLASS)

    @cached_property
    def statement(self) -> Statement:
        nodes = ast.walk(parsed(text(self.file)))
        statements = (node for node in nodes if isinstance(node, STATEMENT))
        return min((s for s in statements if s.lineno >= self.line), key=lambda node: node.lineno)

    @property
    def source(self) -> str:
        """With the comments in it."""
        lines = text(self.file).split("\n")
        return "\n".join(lines[self.line - 1 : self.statement.end_lineno])


def is_followed(case: Case) -> bool:
    """Whether there is a statement behind the one that the handler is part of."""
    for node in ast.walk(parsed(text(case.file))):
        blocks = (getattr(node, field, None) for field in ("body", "orelse", "finalbody"))
        for block in blocks:
            for statement in block[:-1] if isinstance(block, list) else ():
                handlers = statement.handlers if isinstance(statement, ast.Try) else ()
                if any(handler.lineno == case.line for handler in handlers):
                    return True
    return False


def with_inner_functions(case: Case) -> int:
    """Cyclomatic complexity as C901 means it."""
    inner = list(inside(case.symbol, case.file.facts))
    controls = (control for each in (case.symbol, *inner) for control in each.controls)
    return 1 + sum(map(is_callable, inner)) + sum(c.kind in BRANCHES for c in controls)


BRANCHES = {
    ControlKind.IF,
    ControlKind.ELIF,
    ControlKind.FOR,
    ControlKind.WHILE,
    ControlKind.EXCEPT,
    ControlKind.TRY_ELSE,
    ControlKind.CASE,
}


def parameters(case: Case) -> Iterator[Parameter]:
    """Without the receiver, `*args` and `**kwargs`."""
    for at, each in enumerate(case.symbol.parameters):
        is_receiver = at == 0 and each.name in ("self", "cls")
        if not is_receiver and "variadic" not in each.kind:
            yield each


def public_methods(case: Case) -> Iterator[Symbol]:
    """As PLR0904 counts them: special ones are public, and overloads do not count."""
    for each in case.file.facts.symbols:
        if each.parent_ordinal == case.symbol.ordinal and is_callable(each):
            is_private = each.name.startswith("_") and not each.name.startswith("__")
            if not is_overload(each) and not is_private:
                yield each


def is_overload(symbol: Symbol) -> bool:
    return any(name.endswith("overload") for name in symbol.decorators)


FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def names(statement: Statement) -> set[str]:
    """That the statement itself gives to something, a function's parameters included."""
    if isinstance(statement, FUNCTION):
        return {each.arg for each in ast.walk(statement.args) if isinstance(each, ast.arg)}
    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.For):
        return {each.id for each in ast.walk(statement) if is_stored(each)}
    return set()


def is_stored(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def are_given_before(case: Case) -> bool:
    """Whether its names are parameters of the same function, or have got a value in it."""
    return any(
        isinstance(node, ast.arg) or isinstance(node.ctx, ast.Store) for node in same_names(case)
    )


def are_read_before(case: Case) -> bool:
    return any(
        isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) for node in same_names(case)
    )


def same_names(case: Case) -> Iterator[ast.arg | ast.Name]:
    """Where its names stand above, in the same function or, outside of any, in the module."""
    tree = parsed(text(case.file))
    functions = (node for node in ast.walk(tree) if isinstance(node, FUNCTION))
    around = [f for f in functions if f.lineno < case.line <= (f.end_lineno or 0)]
    scope = max(around, key=lambda function: function.lineno, default=tree)
    found = (node for node in ast.walk(scope) if isinstance(node, ast.arg | ast.Name))
    for node in found:
        name = node.id if isinstance(node, ast.Name) else node.arg
        if node.lineno < case.line and name in names(case.statement):
            yield node


def is_operand_of_call(case: Case) -> bool:
    """Whether the comparison with None is handed on to a function."""
    calls = (node for node in ast.walk(case.statement) if isinstance(node, ast.Call))
    return any(isinstance(each, ast.Compare) for call in calls for each in call.args)


def is_telling(remark: str) -> bool:
    """Whether this line of a comment is, by itself, a statement that does something; a word with
    another in brackets behind it is none.
    """
    if re.search(r"\w +\(", remark):
        return False
    try:
        statements = ast.parse(remark.strip().lstrip("# ")).body
    except SyntaxError:
        return False
    return any(isinstance(each, TELLING) or is_call(each) for each in statements)


TELLING = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Import, ast.ImportFrom)


def is_call(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)


def is_among_others(case: Case) -> bool:
    """Whether the line before or after is such a comment, too."""
    lines = text(case.file).split("\n")
    around = (lines[case.line - 2], *lines[case.line : case.line + 1])
    return any(line.strip().startswith("#") and is_telling(line) for line in around)


def longest_string(case: Case) -> int:
    constants = (n.value for n in ast.walk(case.statement) if isinstance(n, ast.Constant))
    return max((len(each) for each in constants if isinstance(each, str)), default=0)


def is_from_own_package(case: Case) -> bool:
    own = case.file.path.partition("/")[0]
    statement = case.statement
    if isinstance(statement, ast.ImportFrom):
        return statement.level > 0 or (statement.module or "").partition(".")[0] == own
    imported = statement.names if isinstance(statement, ast.Import) else []
    return any(each.name.partition(".")[0] == own for each in imported)


def is_tried(case: Case) -> bool:
    nodes = ast.walk(parsed(text(case.file)))
    around = (node for node in nodes if isinstance(node, ast.Try | ast.With))
    return any(node.lineno < case.line <= (node.end_lineno or 0) for node in around)
