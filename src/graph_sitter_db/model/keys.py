"""Closed vocabularies and identifiers."""

from enum import StrEnum


class Language(StrEnum):
    """What one source file is written in."""

    PYTHON = "python"
    TYPESCRIPT = "typescript"
    TSX = "tsx"
    JAVASCRIPT = "javascript"
    JSX = "jsx"


class Family(StrEnum):
    """Languages that resolve each other's imports, hence share one graph and one codebase row."""

    PYTHON = "python"
    TYPESCRIPT = "typescript"  # TypeScript, TSX, JavaScript and JSX


class Depth(StrEnum):
    """How deep an analysis goes: file by file, or with the relations between files."""

    SYNTAX = "syntax"
    GRAPH = "graph"


class SymbolKind(StrEnum):
    FUNCTION = "function"
    METHOD = "method"
    CLASS = "class"
    INTERFACE = "interface"
    TYPE_ALIAS = "type_alias"
    ENUM = "enum"
    NAMESPACE = "namespace"
    VARIABLE = "variable"  # module level only
    PROPERTY = "property"  # accessor: decorated in Python, get/set in TypeScript


CALLABLES = frozenset({SymbolKind.FUNCTION, SymbolKind.METHOD, SymbolKind.PROPERTY})
CLASSES = frozenset({SymbolKind.CLASS, SymbolKind.INTERFACE, SymbolKind.ENUM})


class EdgeKind(StrEnum):
    CALL = "call"
    REFERENCE = "reference"
    IMPORT = "import"
    INHERIT = "inherit"
    EXPORT = "export"


class ParseStatus(StrEnum):
    """How far reading a file came."""

    OK = "ok"
    PARTIAL = "partial"  # parsed around syntax errors
    FAILED = "failed"  # no facts could be had
    SKIPPED = "skipped"  # left out on purpose


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class Direction(StrEnum):
    """Which way a metric improves."""

    LOWER = "lower"
    HIGHER = "higher"
    NEUTRAL = "neutral"


class Scope(StrEnum):
    """What a value is of, the smallest first."""

    SYMBOL = "symbol"
    FILE = "file"
    FOLDER = "folder"
    CODEBASE = "codebase"


class Rollup(StrEnum):
    """How parts become a whole; a share is a mean that source lines weigh, or what it names."""

    SUM = "sum"
    MEAN = "mean"
    MAX = "max"
    SHARE = "share"
