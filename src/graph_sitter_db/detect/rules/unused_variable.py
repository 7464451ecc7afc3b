"""Variables that are given a value nobody reads."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from graph_sitter_db.detect.linters import silence
from graph_sitter_db.detect.mentions import Mentions
from graph_sitter_db.detect.places import at
from graph_sitter_db.detect.reads import Reads
from graph_sitter_db.detect.scopes import Scopes
from graph_sitter_db.model.facts import FileFacts, MeasuredFile, Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Language, ParseStatus, Severity, SymbolKind
from graph_sitter_db.model.ports import Codebase, Effort, Example, Limits, Rule
from graph_sitter_db.model.publicity import is_judged, is_module, is_reachable, is_special


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Locals of functions, and what a TypeScript or JavaScript module keeps to itself; at depth
    `graph` also variables of Python modules whose name begins with `_` and stands nowhere else: in
    code, in a string, in a comment, in pyproject.toml.

    Left alone: names that begin with `_` inside functions; parts of a tuple or list, which have to
    be there; siblings of a `...rest`; loop variables; functions that use `locals()` or `eval()`,
    and files that have tracebacks show locals; what comments for other linters speak of.
    """
    facts = file.facts
    if facts.tree is None or facts.parse_status is not ParseStatus.OK:
        return
    is_python = facts.source.language is Language.PYTHON
    unused = _python(facts) if is_python else _typescript(facts)
    if found := list(unused):
        quiet = silence(facts, "F841", "W0612", "unused-variable", "unused-vars", "noUnused")
        for places in found:
            if not quiet.covers(*(place.start_point[0] + 1 for place in places)):
                yield at(facts, places[0], f"Nothing reads `{_text(places[0])}`")


def check_codebase(codebase: Codebase, limits: Limits) -> Iterator[Finding]:
    mentions = Mentions(codebase)
    for file in codebase.files.values():
        facts = file.facts
        if facts.source.language is not Language.PYTHON or not is_judged(facts):
            continue
        for symbol in facts.symbols:
            if _is_private(symbol, facts) and not mentions.mentioned(symbol, facts):
                yield Finding(
                    path=facts.path,
                    message=f"Nothing reads `{symbol.name}`",
                    start_line=symbol.start_line,
                    end_line=symbol.end_line,
                    symbol=symbol.key,
                )


def _is_private(symbol: Symbol, facts: FileFacts) -> bool:
    return (
        symbol.kind is SymbolKind.VARIABLE
        and symbol.duplicate_ordinal == 0
        and symbol.name.startswith("_")
        and not is_special(symbol.name)
        and not is_reachable(symbol, facts)
    )


def _python(facts: FileFacts) -> Iterator[list[Any]]:
    """The places of each name in each function, and of each handler's error."""
    reads, places = Reads(facts), defaultdict(list)
    for name, within in sorted(_bound(facts), key=lambda bound: bound[0].start_byte):
        places[_text(name), within].append(name)
    for (text, within), names in places.items():
        if not text.startswith("_") and not reads.local(text, within):
            yield names


def _bound(facts: FileFacts) -> Iterator[tuple[Any, range]]:
    """Names that get a value by themselves, and where that can be read."""
    scopes = Scopes(facts)
    for name in _assigned(facts):
        if name.type != "identifier":
            continue
        clause = name.parent.parent.parent
        if clause.type in ("except_clause", "except_group_clause"):
            yield name, range(clause.start_byte, clause.end_byte)
        elif function := scopes.function(name):
            yield name, range(function.start_byte, function.end_byte)


def _assigned(facts: FileFacts) -> Iterator[Any]:
    for node in facts.nodes("assignment"):
        if node.child_by_field_name("right") is not None:
            yield node.child_by_field_name("left")
    for node in facts.nodes("named_expression"):
        yield node.child_by_field_name("name")
    for node in facts.nodes("as_pattern_target"):
        yield node.named_children[0]


def _typescript(facts: FileFacts) -> Iterator[list[Any]]:
    if facts.path.endswith(".d.ts"):
        return
    reads = Reads(facts)
    for declarator in facts.nodes("variable_declarator"):
        scope = _scope(declarator)
        if scope is None or (scope.parent is None and not is_module(facts)):
            continue
        for name in _declared(declarator):
            within = range(scope.start_byte, scope.end_byte)
            if not name.text.startswith(b"_") and not reads.local(_text(name), within):
                yield [name]


def _scope(declarator: Any) -> Any:
    """The innermost block around a declaration, the function for `var`; None: it is for others."""
    is_var = declarator.parent.type == "variable_declaration"
    scope = declarator.parent.parent
    if scope.type in ("export_statement", "ambient_declaration"):
        return None
    while scope.parent is not None:
        if scope.type in _BLOCKS and not (is_var and scope.parent.type not in _FUNCTIONS):
            return scope
        scope = scope.parent
    return scope


_BLOCKS = frozenset({"statement_block", "for_statement", "switch_body", "class_static_block"})
_FUNCTIONS = frozenset(
    [
        "arrow_function",
        "function_declaration",
        "function_expression",
        "generator_function",
        "generator_function_declaration",
        "method_definition",
    ]
)


def _declared(declarator: Any) -> Iterator[Any]:
    value = declarator.child_by_field_name("value")
    if value is None or value.type not in _DEFINITIONS:
        yield from _names(declarator.child_by_field_name("name"))


_DEFINITIONS = _FUNCTIONS | {"class"}


def _names(pattern: Any) -> Iterator[Any]:
    if pattern.type in ("identifier", "shorthand_property_identifier_pattern"):
        yield pattern
    elif pattern.type == "pair_pattern":
        yield from _names(pattern.child_by_field_name("value"))
    elif pattern.type in ("assignment_pattern", "object_assignment_pattern"):
        yield from _names(pattern.child_by_field_name("left"))
    elif pattern.type == "object_pattern":
        parts = pattern.named_children
        if not any(part.type == "rest_pattern" for part in parts):
            for part in parts:
                yield from _names(part)


def _text(name: Any) -> str:
    return str(name.text.decode("utf-8", "replace"))


RULE = Rule(
    name="unused_variable",
    title="Variable that nothing reads",
    why=(
        "Whoever reads the code looks for the place where it matters. Often the value was meant to "
        "be used, or what computes it can go as well."
    ),
    category="structure",
    severity=Severity.WARNING,
    limits={},
    effort=Effort(constant=5, source="SonarQube S1481"),
    bad=(
        Example(
            files={
                "shop.py": "def buy(item):\n    price = item.price()\n    return item\n",
            },
            findings=1,
        ),
        Example(
            files={
                "shop.py": "def buy(path):\n    with open(path) as file:\n        pass\n"
                "    try:\n        run()\n    except OSError as error:\n        stop()\n",
            },
            findings=2,
        ),
        Example(files={"shop.py": "_TAX = 0.2\n\n\ndef buy():\n    return 1\n"}, findings=1),
        Example(
            files={
                "shop.ts": "const tax = 0.2\n"
                "export function buy({ item, price }: Order) {\n  const { name, size } = item\n"
                "  return name\n}\n",
            },
            findings=2,
        ),
    ),
    good=(
        Example(
            files={
                "shop.py": "def buy(item):\n    price, tax = item.price()\n    _rest = 1\n"
                "    total = 0\n\n    def add():\n        nonlocal total\n"
                "        total = price\n\n    return add, f'{total}'\n",
            },
            findings=0,
        ),
        Example(
            files={
                "shop.ts": "export function buy(item: Item, all: Item[]) {\n"
                "  const { price, ...rest } = item\n  const [first, second] = all\n"
                "  for (const each of all) count()\n  return [rest, second]\n}\n",
            },
            findings=0,
        ),
    ),
    check_file=check,
    check_codebase=check_codebase,
)
