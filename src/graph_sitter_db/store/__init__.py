"""Stage 6: an analysis becomes one run, in one transaction, addressed by content.

`begin` commits a row that says `running`, so that a killed process is visible; `complete` fills it,
all or nothing. Whoever records the same commit meanwhile, or after a crash, continues that row.
"""

from graph_sitter_db.store.attached import attach
from graph_sitter_db.store.coverage import cover
from graph_sitter_db.store.digests import configuration_digest, extractor_digest
from graph_sitter_db.store.history import History, Point
from graph_sitter_db.store.recording import Begun, Recorded, begin, complete, fail, new_files
from graph_sitter_db.store.retention import drop, pin
from graph_sitter_db.store.rows import whole
from graph_sitter_db.store.single_file import store_file
from graph_sitter_db.store.twins import repeat
from graph_sitter_db.store.verdicts import keep_verdict

__all__ = [
    "Begun",
    "History",
    "Point",
    "Recorded",
    "attach",
    "begin",
    "complete",
    "configuration_digest",
    "cover",
    "drop",
    "extractor_digest",
    "fail",
    "keep_verdict",
    "new_files",
    "pin",
    "repeat",
    "store_file",
    "whole",
]
