"""Control points: what steers the flow, and how deep it stands."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby

from tree_sitter import Node

from graph_sitter_db.extract.syntax_walk import Walk
from graph_sitter_db.languages.terms import Branch
from graph_sitter_db.model.facts import Control, ControlKind


def follow(walk: Walk, node: Node, branch: Branch) -> None:
    children = node.children
    if branch.chains:
        for at, child in enumerate(children):
            if child.type in branch.chains:
                chained = partial(follow, walk, child, branch.chains[child.type])
                walk.read_next([*children[:at], chained, *children[at + 1 :]])
                return
    if branch.is_statement:
        walk.statement(node)
    kind = branch.refine(node) if branch.refine else branch.kind
    if kind is not None:
        control(walk, kind, node)
    if branch.is_lambda:
        walk.frame.lambdas += 1
        walk.stack.append(walk.end_lambda)
    if branch.is_assert:
        walk.frame.asserts += 1
        walk.stack.append(walk.end_assert)
    if branch.nests or branch.clauses or branch.headers:
        walk.read_next(_parts(walk, node, children, branch))
    elif children:
        walk.stack.append(iter(children))
    else:
        walk.word(node)


def _parts(
    walk: Walk, node: Node, children: Sequence[Node], branch: Branch
) -> list[Node | Callable[[], None]]:
    parts: list[Node | Callable[[], None]] = []
    for at, child in enumerate(children):
        if not child.is_named:
            parts.append(child)
        elif child.type in branch.clauses:
            parts.append(partial(_follow_clause, walk, child, branch.clauses[child.type]))
        elif _is_among(branch.nests, node, child, at):
            parts += [walk.nest, child, walk.unnest]
        elif _is_among(branch.headers, node, child, at):
            parts += [walk.begin_header, child, walk.end_header]
        else:
            parts.append(child)
    return parts


def _is_among(names: frozenset[str], node: Node, child: Node, at: int) -> bool:
    if not names:
        return False
    return not names.isdisjoint(("*", child.type)) or node.field_name_for_child(at) in names


def _follow_clause(walk: Walk, node: Node, branch: Branch) -> None:
    """Clauses are read by what they are part of, so it also falls to it to keep them."""
    if node.type in walk.spec.kept:
        walk.keep(node, node.type)
    follow(walk, node, branch)


def control(walk: Walk, kind: ControlKind, node: Node, weight: int = 1) -> None:
    frame = walk.frame
    if not frame.silences:
        line = walk.line(node.start_byte)
        frame.controls.append(
            Control(kind, frame.nesting, line, weight, frame.lambdas > 0, frame.asserts > 0)
        )


def boolean(walk: Walk, node: Node) -> None:
    if node.id in walk.chained:
        walk.chained.discard(node.id)
        return
    _, operator, _ = _operation(node)
    if operator is None or operator.type not in walk.spec.boolean[node.type]:
        return
    for _, run in groupby(_operators(walk, node)):
        control(walk, ControlKind.BOOLEAN, node, len(list(run)))


def _operators(walk: Walk, root: Node) -> list[str]:
    """Logical operators from left to right, through parentheses."""
    found: list[str] = []
    waiting: list[Node | str] = [root]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            found.append(item)
        elif item.type in walk.spec.boolean_transparent:
            waiting += [child for child in item.named_children if child.type != "comment"]
        elif item.type in walk.spec.boolean:
            left, operator, right = _operation(item)
            if left and right and operator and operator.type in walk.spec.boolean[item.type]:
                waiting += [right, operator.type, left]
                if item.id != root.id:
                    walk.chained.add(item.id)
    return found


def short_circuit(walk: Walk, node: Node) -> None:
    _, operator, _ = _operation(node)
    kind = operator and walk.spec.short_circuits[node.type].get(operator.type)
    if kind:
        control(walk, kind, node)


def _operation(node: Node) -> Sequence[Node | None]:
    """Left, operator, right. Looking fields up costs more than all else: only comments need it."""
    children = node.children
    if len(children) == 3:
        return children
    return [node.child_by_field_name(field) for field in ("left", "operator", "right")]
