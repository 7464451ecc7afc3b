"""One file on its own: its version is stored, no run is made."""

from collections.abc import Mapping

from graph_sitter_db.db import Database
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.snapshot import AnalysedFile, Origin
from graph_sitter_db.store.content import write_versions
from graph_sitter_db.store.digests import extractor_digest
from graph_sitter_db.store.places import find_place
from graph_sitter_db.store.statements import Statements
from graph_sitter_db.store.text import stored_path


def store_file(
    database: Database,
    origin: Origin,
    family: Family,
    file: AnalysedFile,
    definitions: Mapping[str, str],
) -> bool:
    """Keep this version of the file for the runs to come; False when it was stored already."""
    path = stored_path(file.path)
    with database.transaction() as connection:
        sql = Statements(connection)
        place = find_place(sql, origin, family, extractor_digest(definitions), definitions)
        sql.run("lock_codebase", codebase_id=place.codebase_id)
        return bool(write_versions(sql, place, {path: file}, {path: None})["file_versions"])
