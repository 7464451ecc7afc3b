"""A repository's past, recorded: many commits, read from git, with nothing checked out.

What `record --commit` stores of a commit is stored of each, faster: a file's version is analysed
once, and a commit adds up what is remembered of its files.
"""

from graph_sitter_db.backfill.walk import Tally
from graph_sitter_db.backfill.work import Task, backfill, backfill_parallel

__all__ = ["Tally", "Task", "backfill", "backfill_parallel"]
