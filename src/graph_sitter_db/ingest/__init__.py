"""Beside stage 1: reports of other tools about the sources, read and nothing more."""

from graph_sitter_db.ingest._coverage import coverage

__all__ = ["coverage"]
