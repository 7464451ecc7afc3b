"""Beside stage 1: reports of other tools about the sources, read and nothing more."""

from graph_sitter_db.ingest._coverage import coverage
from graph_sitter_db.ingest._report import report

__all__ = ["coverage", "report"]
