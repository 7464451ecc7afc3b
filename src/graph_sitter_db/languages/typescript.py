"""TypeScript, TSX, JavaScript and JSX: three grammars that name things alike."""

import re
from collections.abc import Callable
from typing import Any

from graph_sitter_db.languages import typescript_definitions as definitions
from graph_sitter_db.languages import typescript_names as names
from graph_sitter_db.languages.terms import ANY, Branch, LanguageSpec, always
from graph_sitter_db.model.facts import ControlKind
from graph_sitter_db.model.keys import Family, Language


def _typescript() -> Any:
    import tree_sitter_typescript

    return tree_sitter_typescript.language_typescript()  # in TSX `<T>x` would open an element


def _tsx() -> Any:
    import tree_sitter_typescript

    return tree_sitter_typescript.language_tsx()


def _javascript() -> Any:
    import tree_sitter_javascript

    return tree_sitter_javascript.language()


_BODY = frozenset({"body"})

_IF_CLAUSES: dict[str, Branch] = {}
_IF_CLAUSES["else_clause"] = Branch(
    kind=ControlKind.ELSE,
    nests=ANY,
    chains={
        "if_statement": Branch(
            kind=ControlKind.ELIF,
            nests=frozenset({"consequence"}),
            clauses=_IF_CLAUSES,
            is_statement=True,
        )
    },
)

_DEFAULT = Branch(kind=ControlKind.DEFAULT_VALUE)
_PARAMETER = Branch(refine=names.default_kind)
_JUMP = Branch(refine=names.jump_kind)

BRANCHES = {
    "if_statement": Branch(
        kind=ControlKind.IF, nests=frozenset({"consequence"}), clauses=_IF_CLAUSES
    ),
    "for_statement": Branch(
        kind=ControlKind.FOR, nests=_BODY, headers=frozenset({"initializer", "condition"})
    ),
    "for_in_statement": Branch(kind=ControlKind.FOR, nests=_BODY),
    "while_statement": Branch(kind=ControlKind.WHILE, nests=_BODY),
    "do_statement": Branch(kind=ControlKind.WHILE, nests=_BODY),
    "try_statement": Branch(
        kind=ControlKind.TRY,
        clauses={
            "catch_clause": Branch(kind=ControlKind.EXCEPT, nests=_BODY),
            "finally_clause": Branch(kind=ControlKind.FINALLY),
        },
    ),
    "switch_statement": Branch(kind=ControlKind.SWITCH, nests=_BODY),
    "switch_case": Branch(kind=ControlKind.CASE),
    "switch_default": Branch(kind=ControlKind.DEFAULT_CASE),
    "with_statement": Branch(kind=ControlKind.WITH),
    "return_statement": Branch(kind=ControlKind.RETURN),
    "throw_statement": Branch(kind=ControlKind.THROW),
    "yield_expression": Branch(kind=ControlKind.YIELD),
    "break_statement": _JUMP,
    "continue_statement": _JUMP,
    "ternary_expression": Branch(kind=ControlKind.TERNARY, nests=ANY),
    "assignment_pattern": _DEFAULT,
    "object_assignment_pattern": _DEFAULT,
    "required_parameter": _PARAMETER,
    "optional_parameter": _PARAMETER,
    "arrow_function": Branch(kind=ControlKind.LAMBDA, nests=_BODY, is_lambda=True),
    "optional_chain": Branch(refine=names.chain_kind),
}

STATEMENTS = frozenset(
    [
        "break_statement",
        "class_declaration",
        "abstract_class_declaration",
        "continue_statement",
        "debugger_statement",
        "do_statement",
        "enum_declaration",
        "export_statement",
        "expression_statement",
        "for_in_statement",
        "for_statement",
        "function_declaration",
        "function_signature",
        "generator_function_declaration",
        "if_statement",
        "import_alias",
        "import_statement",
        "interface_declaration",
        "labeled_statement",
        "lexical_declaration",
        "module",
        "return_statement",
        "switch_statement",
        "throw_statement",
        "try_statement",
        "type_alias_declaration",
        "variable_declaration",
        "while_statement",
        "with_statement",
    ]
)

_ALL: frozenset[str] = frozenset()
COMMENTED = dict.fromkeys(
    [
        "class_declaration",
        "enum_declaration",
        "export_statement",
        "for_in_statement",
        "for_statement",
        "function_declaration",
        "if_statement",
        "import_statement",
        "interface_declaration",
        "lexical_declaration",
        "return_statement",
        "switch_statement",
        "throw_statement",
        "try_statement",
        "type_alias_declaration",
        "variable_declaration",
        "while_statement",
    ],
    _ALL,
) | {
    "expression_statement": frozenset(
        {"assignment_expression", "await_expression", "call_expression", "new_expression"}
    )
}

_FUNCTIONS = "arrow_function function_expression generator_function"
DEFINITIONS = frozenset(
    f"""
    {_FUNCTIONS} function_declaration generator_function_declaration function_signature
    method_definition method_signature abstract_method_signature class_declaration class
    abstract_class_declaration interface_declaration type_alias_declaration enum_declaration
    internal_module module
    """.split()
)


def _without_variance(source: bytes) -> bytes:
    """`interface Box<in T, out U>`, which the grammar takes for an error."""
    return _VARIANCE.sub(lambda match: b" " * len(match[0]), source)


_VARIANCE = re.compile(rb"(?<=[<,\s])(?:in +out|in|out)(?=\s+[\w$]+\s*(?:[=,>]|extends\b))")


def _spec(language: Language, grammar: Callable[[], Any]) -> LanguageSpec:
    return LanguageSpec(
        language=language,
        family=Family.TYPESCRIPT,
        grammar=grammar,
        mend=_without_variance,
        definitions=DEFINITIONS,
        describe=definitions.describe,
        branches=BRANCHES,
        token_controls={"?.": ControlKind.OPTIONAL_CHAIN},
        boolean={"binary_expression": frozenset({"&&", "||"})},
        boolean_transparent=frozenset({"parenthesized_expression"}),
        short_circuits={
            "binary_expression": {"??": ControlKind.NULLISH},
            # `a ||= b` gives a default as `??=` does; it joins no run of operators
            "augmented_assignment_expression": dict.fromkeys(
                ("??=", "||=", "&&="), ControlKind.NULLISH
            ),
        },
        statements=STATEMENTS,
        members=frozenset(
            {
                "abstract_method_signature",
                "class_static_block",
                "field_definition",
                "method_definition",
                "public_field_definition",
            }
        ),
        statement_wrappers={"export_statement": "declaration"},
        blocks=frozenset(),
        comments=frozenset({"comment", "html_comment"}),
        strings=frozenset({"string", "template_string"}),
        interpolations=frozenset({"template_substitution"}),
        atoms=frozenset({"string_fragment", "regex"}),
        identifiers=frozenset(
            [
                "identifier",
                "property_identifier",
                "private_property_identifier",
                "type_identifier",
                "shorthand_property_identifier",
                "shorthand_property_identifier_pattern",
            ]
        ),
        calls={"call_expression": 0, "new_expression": 1},
        attributes=frozenset({"member_expression"}),
        chain_ends=frozenset({"identifier", "this", "super", "import"}),
        receiver="this",
        imports={
            "import_statement": names.imported,
            "export_statement": names.re_exported,
        },
        import_calls={"require": names.imported_by_call, "import": names.imported_by_call},
        decorators=frozenset({"decorator"}),
        variables={"variable_declarator": names.declared},
        variables_in_blocks=False,
        bindings={
            "variable_declarator": names.bound_by("name", "value"),
            "public_field_definition": names.bound_by("name", "value"),
            "field_definition": names.bound_by("property", "value"),
            "pair": names.bound_by("key", "value"),
            "assignment_expression": names.bound_by_assignment,
            "export_statement": names.bound_by_export,
        },
        exports={
            "export_statement": names.exported,
            "assignment_expression": names.exported_by_assignment,
        },
        is_exported=names.is_exported,
        module_docstring=lambda root: None,
        docstring=definitions.docstring_text,
        kept=frozenset(
            {
                "binary_expression",
                "catch_clause",
                "comment",
                "debugger_statement",
                "export_statement",
                "import_alias",
                "import_statement",
                "non_null_expression",
                "predefined_type",
                "variable_declarator",
            }
        ),
        commented=COMMENTED,
        boilerplate={
            "import_statement": always,
            "export_statement": names.is_re_export,
            "variable_declarator": names.is_required,
            "function_signature": always,
            "method_signature": definitions.is_in_class,
        },
        parameter_lists=frozenset({"formal_parameters"}),
        leading_docstring=b"/**",
        header_controls=True,
    )


SPECS = {
    Language.TYPESCRIPT: _spec(Language.TYPESCRIPT, _typescript),
    Language.TSX: _spec(Language.TSX, _tsx),
    Language.JAVASCRIPT: _spec(Language.JAVASCRIPT, _javascript),
    Language.JSX: _spec(Language.JSX, _javascript),
}
