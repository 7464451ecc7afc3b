"""One file on its own: its version is stored, no run is made."""

from collections.abc import Mapping
from uuid import UUID

from graph_sitter_db.db import Database
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.paths import storable
from graph_sitter_db.model.snapshot import AnalysedFile, Origin
from graph_sitter_db.store.content import write_versions
from graph_sitter_db.store.digests import extractor_digest
from graph_sitter_db.store.places import find_place
from graph_sitter_db.store.statements import Statements


def store_file(
    database: Database,
    origin: Origin,
    family: Family,
    file: AnalysedFile,
    definitions: Mapping[str, str],
) -> UUID:
    """Keep this version of the file for the runs to come; the codebase it belongs to."""
    path = storable(file.path)
    with database.transaction() as connection:
        sql = Statements(connection)
        place = find_place(sql, origin, family, extractor_digest(definitions), definitions)
        sql.run("lock_codebase", codebase_id=place.codebase_id)
        write_versions(sql, place, {path: file}, {path: None})
        sql.run("drop_staged")
        return place.codebase_id
