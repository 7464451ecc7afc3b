"""graph-sitter-db: graph-sitter's analyses, remembered in PostgreSQL."""
