"""The first release. It is installed as a whole, so Alembic only starts from here."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Nothing: `install` ran sql/migrations/0001_baseline.up.sql or the modules it is made of."""


def downgrade() -> None:
    """Nothing: `install.remove` runs sql/migrations/0001_baseline.down.sql."""
