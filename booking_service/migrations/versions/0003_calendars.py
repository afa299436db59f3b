"""A version per calendar, moved by triggers: the previous release, which runs beside this one for
a while, moves it too without knowing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

IDENTIFIER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
# The tables that decide free hours, and the column that names the practitioner.
OWNERS = {
    "practitioners": "id",
    "weekly_hours": "practitioner_id",
    "schedule_overrides": "practitioner_id",
    "absences": "practitioner_id",
    "holds": "practitioner_id",
    "claims": "practitioner_id",
}
# A client who is let go elsewhere leaves the practitioner's cells as they are.
CLAIM_COLUMNS = ("practitioner_id", "cell", "client_id", "appointment_id", "hold_id")

_SQLITE = """
CREATE TRIGGER {table}_{event}_moves_calendar AFTER {event} ON {table} {condition}
BEGIN
    INSERT INTO calendars (practitioner_id, version, changed_in)
    VALUES ({row}.{owner}, 1, (SELECT coalesce(max(changed_in), 0) + 1 FROM calendars))
    ON CONFLICT (practitioner_id)
    DO UPDATE SET version = version + 1, changed_in = excluded.changed_in;
END
"""
# Once per transaction is enough: nobody else sees anything of it before it ends.
_MOVE = """
    INSERT INTO calendars AS standing (practitioner_id, version, changed_in)
    {changed}
    ON CONFLICT (practitioner_id)
    DO UPDATE SET version = standing.version + 1, changed_in = excluded.changed_in
    WHERE standing.changed_in <> excluded.changed_in;
"""
_FUNCTION = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {move}
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "calendars",
        sa.Column("practitioner_id", IDENTIFIER, primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("changed_in", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_calendars_changed_in", "calendars", ["changed_in"])
    if op.get_bind().dialect.name == "postgresql":
        create_postgresql_triggers()
    else:
        create_sqlite_triggers()


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in OWNERS:
        for event in ("insert", "update", "delete"):
            on_table = f" ON {table}" if is_postgresql else ""
            op.execute(f"DROP TRIGGER {table}_{event}_moves_calendar{on_table}")
    if is_postgresql:
        for owner in ("id", "practitioner_id"):
            op.execute(f"DROP FUNCTION move_calendars_by_{owner}()")
            op.execute(f"DROP FUNCTION move_calendar_by_{owner}()")
    op.drop_table("calendars")


def create_sqlite_triggers() -> None:
    for table, owner in OWNERS.items():
        for event, row in (("insert", "NEW"), ("update", "NEW"), ("delete", "OLD")):
            condition = f"WHEN {changed_columns()}" if (table, event) == CLAIM_UPDATE else ""
            op.execute(
                _SQLITE.format(table=table, event=event, condition=condition, row=row, owner=owner)
            )


def create_postgresql_triggers() -> None:
    """Inserting and deleting move a calendar once per statement, changing once per row: those
    change single rows, and only rows can have a condition.
    """
    number = "pg_current_xact_id()::text::bigint"
    for owner in ("id", "practitioner_id"):
        many = f"SELECT DISTINCT {owner}, 1, {number} FROM changed ORDER BY {owner}"  # noqa: S608 - our own names
        one = f"VALUES (NEW.{owner}, 1, {number})"
        for name, changed in (("calendars", many), ("calendar", one)):
            move = _MOVE.format(changed=changed)
            op.execute(_FUNCTION.format(name=f"move_{name}_by_{owner}", move=move))
    for table, owner in OWNERS.items():
        for event, rows in (("insert", "NEW"), ("delete", "OLD")):
            op.execute(
                f"CREATE TRIGGER {table}_{event}_moves_calendar AFTER {event} ON {table} "
                f"REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT "
                f"EXECUTE FUNCTION move_calendars_by_{owner}()"
            )
        condition = f"WHEN ({changed_columns()})" if (table, "update") == CLAIM_UPDATE else ""
        op.execute(
            f"CREATE TRIGGER {table}_update_moves_calendar AFTER update ON {table} "
            f"FOR EACH ROW {condition} EXECUTE FUNCTION move_calendar_by_{owner}()"
        )


CLAIM_UPDATE = ("claims", "update")


def changed_columns() -> str:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    differs = "IS NOT" if is_sqlite else "IS DISTINCT FROM"
    return " OR ".join(f"OLD.{name} {differs} NEW.{name}" for name in CLAIM_COLUMNS)
