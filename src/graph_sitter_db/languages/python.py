"""Python, as its tree-sitter grammar names things."""

from typing import Any

from graph_sitter_db.languages import python_definitions as definitions
from graph_sitter_db.languages import python_names as names
from graph_sitter_db.languages.terms import ANY, Branch, LanguageSpec, always
from graph_sitter_db.model.facts import ControlKind
from graph_sitter_db.model.keys import Family, Language


def _grammar() -> Any:
    import tree_sitter_python

    return tree_sitter_python.language()


_BODY = frozenset({"block"})

_ELSE = Branch(kind=ControlKind.ELSE, nests=_BODY)
_LOOP_ELSE = {"else_clause": Branch(kind=ControlKind.LOOP_ELSE, nests=_BODY)}
_EXCEPT = Branch(kind=ControlKind.EXCEPT, nests=_BODY)
_COMPREHENSION = Branch(
    clauses={
        "for_in_clause": Branch(kind=ControlKind.COMPREHENSION),
        "if_clause": Branch(kind=ControlKind.COMPREHENSION_IF),
    }
)

BRANCHES = {
    "if_statement": Branch(
        kind=ControlKind.IF,
        nests=_BODY,
        clauses={
            "elif_clause": Branch(kind=ControlKind.ELIF, nests=_BODY, is_statement=True),
            "else_clause": _ELSE,
        },
    ),
    "for_statement": Branch(kind=ControlKind.FOR, nests=_BODY, clauses=_LOOP_ELSE),
    "while_statement": Branch(kind=ControlKind.WHILE, nests=_BODY, clauses=_LOOP_ELSE),
    "try_statement": Branch(
        kind=ControlKind.TRY,
        clauses={
            "except_clause": _EXCEPT,
            "except_group_clause": _EXCEPT,
            "else_clause": Branch(kind=ControlKind.TRY_ELSE),
            "finally_clause": Branch(kind=ControlKind.FINALLY),
        },
    ),
    "match_statement": Branch(kind=ControlKind.SWITCH, nests=_BODY),
    "case_clause": Branch(kind=ControlKind.CASE, refine=names.case_kind),
    "with_statement": Branch(kind=ControlKind.WITH),
    "assert_statement": Branch(kind=ControlKind.ASSERT, is_assert=True),
    "return_statement": Branch(kind=ControlKind.RETURN),
    "raise_statement": Branch(kind=ControlKind.THROW),
    "yield": Branch(kind=ControlKind.YIELD),
    "conditional_expression": Branch(kind=ControlKind.TERNARY, nests=ANY),
    "lambda": Branch(kind=ControlKind.LAMBDA, nests=frozenset({"body"}), is_lambda=True),
    "list_comprehension": _COMPREHENSION,
    "set_comprehension": _COMPREHENSION,
    "dictionary_comprehension": _COMPREHENSION,
    "generator_expression": _COMPREHENSION,
}

STATEMENTS = frozenset(
    [
        "assert_statement",
        "break_statement",
        "class_definition",
        "continue_statement",
        "delete_statement",
        "exec_statement",
        "expression_statement",
        "for_statement",
        "function_definition",
        "future_import_statement",
        "global_statement",
        "if_statement",
        "import_from_statement",
        "import_statement",
        "match_statement",
        "nonlocal_statement",
        "pass_statement",
        "print_statement",
        "raise_statement",
        "return_statement",
        "try_statement",
        "type_alias_statement",
        "while_statement",
        "with_statement",
    ]
)

_ALL: frozenset[str] = frozenset()
COMMENTED = dict.fromkeys(
    [
        "assert_statement",
        "class_definition",
        "decorated_definition",
        "delete_statement",
        "for_statement",
        "function_definition",
        "if_statement",
        "import_from_statement",
        "import_statement",
        "raise_statement",
        "return_statement",
        "try_statement",
        "while_statement",
        "with_statement",
    ],
    _ALL,
) | {"expression_statement": frozenset({"assignment", "augmented_assignment", "await", "call"})}

PYTHON = LanguageSpec(
    language=Language.PYTHON,
    family=Family.PYTHON,
    grammar=_grammar,
    mend=lambda source: source,
    definitions=frozenset({"function_definition", "class_definition", "type_alias_statement"}),
    describe=definitions.describe,
    branches=BRANCHES,
    token_controls={},
    boolean={"boolean_operator": frozenset({"and", "or"})},
    boolean_transparent=frozenset({"parenthesized_expression"}),
    short_circuits={},
    statements=STATEMENTS,
    members=frozenset(),
    statement_wrappers={},
    blocks=frozenset({"block"}),
    comments=frozenset({"comment"}),
    strings=frozenset({"string"}),
    interpolations=frozenset({"interpolation"}),
    atoms=frozenset({"string_content"}),
    identifiers=frozenset({"identifier"}),
    calls={"call": 0},
    attributes=frozenset({"attribute"}),
    chain_ends=frozenset({"identifier"}),
    receiver=None,
    imports={
        "import_statement": names.imported_modules,
        "import_from_statement": names.imported_names,
    },
    import_calls={},
    decorators=frozenset({"decorator"}),
    variables={"assignment": names.assigned},
    variables_in_blocks=True,
    bindings={},
    exports={"expression_statement": names.exported},
    is_exported=names.is_exported,
    module_docstring=definitions.docstring_of,
    docstring=definitions.docstring_text,
    kept=frozenset(
        {
            "as_pattern_target",
            "assignment",
            "boolean_operator",
            "comment",
            "comparison_operator",
            "except_clause",
            "except_group_clause",
            "for_statement",
            "global_statement",
            "import_from_statement",
            "import_statement",
            "named_expression",
            "nonlocal_statement",
            "with_item",
        }
    ),
    commented=COMMENTED,
    boilerplate={
        "import_statement": always,
        "import_from_statement": always,
        "future_import_statement": always,
        "line_continuation": always,
        "decorated_definition": definitions.is_overload,
        "expression_statement": definitions.is_text,
    },
    parameter_lists=frozenset({"parameters"}),
    leading_docstring=None,
    header_controls=False,
)
