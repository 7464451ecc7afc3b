"""Stage 7: stored rows become answers. Every function takes an open connection and only reads."""

from graph_sitter_db.query.changes import (
    Definitions,
    IssueSince,
    Touched,
    best_value,
    commit_run,
    contents,
    definitions_of,
    issues_beside,
    touched_symbols,
)
from graph_sitter_db.query.comparison import compare
from graph_sitter_db.query.dependencies import dependencies
from graph_sitter_db.query.explanation import explain
from graph_sitter_db.query.files import StoredFile, file_analysis, file_of_run, files, stored_file
from graph_sitter_db.query.issues import accepted_issues, issues, issues_since, with_reported
from graph_sitter_db.query.metrics import defined, long_values, metrics, values_by_file, values_of
from graph_sitter_db.query.moved import Known
from graph_sitter_db.query.references import run, run_at
from graph_sitter_db.query.results import result, summary_counts
from graph_sitter_db.query.retention import candidates, size
from graph_sitter_db.query.retrospect import file_edges, issue_history, trend
from graph_sitter_db.query.runs import (
    find_codebases,
    latest_run,
    newest,
    other_languages,
    previous_run,
    runs,
)
from graph_sitter_db.query.sql_rules import ask_rule, sql_rule
from graph_sitter_db.query.symbols import functions, symbols
from graph_sitter_db.query.trends import trends
from graph_sitter_db.query.verdicts import verdict

__all__ = [
    "Definitions",
    "IssueSince",
    "Known",
    "StoredFile",
    "Touched",
    "accepted_issues",
    "ask_rule",
    "best_value",
    "candidates",
    "commit_run",
    "compare",
    "contents",
    "defined",
    "definitions_of",
    "dependencies",
    "explain",
    "file_analysis",
    "file_edges",
    "file_of_run",
    "files",
    "find_codebases",
    "functions",
    "issue_history",
    "issues",
    "issues_beside",
    "issues_since",
    "latest_run",
    "long_values",
    "metrics",
    "newest",
    "other_languages",
    "previous_run",
    "result",
    "run",
    "run_at",
    "runs",
    "size",
    "sql_rule",
    "stored_file",
    "summary_counts",
    "symbols",
    "touched_symbols",
    "trend",
    "trends",
    "values_by_file",
    "values_of",
    "verdict",
    "with_reported",
]
