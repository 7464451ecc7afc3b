"""All there is, by the schema in docs/export.schema.json."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present.document import as_json

if TYPE_CHECKING:
    from graph_sitter_db.model.exports import Exported


def text(exported: Exported) -> str:
    return as_json(exported)


def schema() -> str:
    """To publish: python -m graph_sitter_db.present.exporters.json > docs/export.schema.json"""
    from graph_sitter_db.model.exports import Exported

    return as_json(Exported.model_json_schema(mode="serialization"))


if __name__ == "__main__":
    print(schema())
