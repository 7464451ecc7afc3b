"""Names of what is defined elsewhere: calls, imports, exports, the own object's attributes."""

import re

from tree_sitter import Node

from graph_sitter_db.extract.syntax_walk import Walk
from graph_sitter_db.model.facts import Site

_LONGEST_NAME = 200
# Names joined by dots, written without a space: most of what is called. What stands in the place of
# a name without being one is left to the grammar.
_PLAIN = re.compile(
    rb"(?!(?:False|None|True|false|import|new|null|true|undefined)\b)[A-Za-z_$][\w$]*(?:\.[\w$]+)*"
)


def imported(walk: Walk, node: Node) -> None:
    is_import = False
    for found in walk.spec.imports[node.type](node, walk.read):
        site(walk, "import", found.name, found.node)
        is_import = True
    if is_import:
        walk.begin_import()


def exported(walk: Walk, node: Node) -> None:
    if not walk.frame.is_scope:
        return
    for outside, inside in walk.spec.exports[node.type](node, walk.read):
        names = walk.frame.exported = walk.frame.exported or set()
        names.add(inside)
        if walk.frame is walk.file:
            walk.exports = walk.exports or set()
            walk.exports.add(outside)


def called(walk: Walk, node: Node) -> None:
    at, children = walk.spec.calls[node.type], node.children
    if at >= len(children):
        return
    callee = children[at]
    text = walk.content[callee.start_byte : callee.end_byte]
    if _PLAIN.fullmatch(text):
        name, start = text.decode(), callee
    else:
        name, start = dotted(walk, callee)
    if name in walk.spec.import_calls:
        found = walk.spec.import_calls[name](node, walk.read)
        if found:
            site(walk, "import", found.name, found.node)
            return
    site(walk, "call", name, start)
    if name:
        walk.frame.calls[name] = None


def attribute(walk: Walk, node: Node) -> None:
    children = node.children
    receiver = walk.frame.receiver
    if receiver is not None:
        owner = children[0]
        if walk.content[owner.start_byte : owner.end_byte] == receiver:
            walk.frame.attributes[walk.read(children[-1])] = None
    walk.stack.append(iter(children))


def dotted(walk: Walk, node: Node) -> tuple[str, Node]:
    """A dotted name and where it starts; of `f(x).g` only `.g` is one."""
    start, attributes = node, walk.spec.attributes
    names: list[str] = []
    while (kind := start.type) in attributes:
        children = start.children  # kept by the node, which the walk is about to read
        owner, name = children[0], children[-1]
        names.append(walk.read(name))
        if owner.type not in attributes and owner.type not in walk.spec.chain_ends:
            return "." + ".".join(reversed(names)), name
        start = owner
    if kind not in walk.spec.chain_ends:
        return "", start
    return ".".join([walk.read(start), *reversed(names)]), start


def site(walk: Walk, kind: str, name: str, node: Node) -> None:
    start = node.start_byte
    name = name[:_LONGEST_NAME]
    walk.sites.append(Site(kind, name, start, walk.line(start), walk.frame.ordinal))
