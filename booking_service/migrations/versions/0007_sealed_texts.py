"""What is told of a client is sealed with a key of the client's own. The columns in clear stay for
the release before; the worker seals and empties them.
"""

import sqlalchemy as sa
from alembic import op

from shared.data_keys import create_data_keys_table

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SEALED = {
    "matching_preferences": "sealed_topics",
    "care_relations": "sealed_reasons",
    "appointment_changes": "sealed_reason",
}


def upgrade() -> None:
    create_data_keys_table(op)
    for table, column in SEALED.items():
        op.add_column(table, sa.Column(column, sa.LargeBinary))


def downgrade() -> None:
    for table, column in SEALED.items():
        op.drop_column(table, column)
    op.drop_table("data_keys")
