"""Alembic's entry: the connection comes from graph_sitter_db.db.migrate."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table_schema="base",
    transaction_per_migration=True,
)
context.run_migrations()
