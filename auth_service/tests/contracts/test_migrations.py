"""Migrations and models tell of the same tables, constraints and indexes; what they do to rows that
an earlier release wrote.
"""

from importlib import import_module

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import select

from auth_service.domain.look_alikes import look_of
from auth_service.models.accounts import Account
from auth_service.tests.factories import an_account
from shared.database import Database
from shared.testing.clocks import StandingClock
from shared.testing.contract_checks import metadata_of, schema_drift

NOW = StandingClock().now()


def test_the_migrations_make_exactly_the_models_tables(database: Database):
    assert schema_drift(database, metadata_of("auth_service")) == []


def accounts_after(database: Database, migration: str, *rows: Account) -> dict[int, Account]:
    """Write rows as an earlier release left them, do what a migration does to rows again, and give
    every account by its id.
    """
    module = import_module(f"auth_service.migrations.versions.{migration}")

    def work(session):
        session.add_all(rows)
        session.flush()
        with Operations.context(MigrationContext.configure(session.connection())):
            module.move_rows()

    database.writing(work)
    return database.reading(
        lambda session: {row.id: row for row in session.execute(select(Account)).scalars()}
    )


def test_addresses_of_earlier_releases_get_their_canonical_form(database: Database):
    verified = {"email_verified_at": NOW}
    after = accounts_after(
        database,
        "0006_canonical_addresses",
        an_account(1, NOW, email="anna@example.org", **verified),
        an_account(2, NOW, email="x@bücher.example", **verified),
        an_account(3, NOW, email="anna@faß.de", **verified),
        an_account(4, NOW, email="y@例え。テスト", **verified),
        an_account(5, NOW, email="z@☃.example", **verified),
    )
    assert {number: row.email for number, row in after.items()} == {
        1: "anna@example.org",
        2: "x@xn--bcher-kva.example",
        3: "anna@xn--fa-hia.de",
        4: "y@xn--r8jz45g.xn--zckzah",
        5: "z@☃.example",
    }
    proved = {number for number, row in after.items() if row.is_verified}
    assert proved == {1, 2, 4}  # the code for faß.de went to fass.de


def test_of_two_accounts_of_one_mailbox_the_proved_one_gets_the_canonical_form(
    database: Database,
):
    after = accounts_after(
        database,
        "0006_canonical_addresses",
        an_account(1, NOW, email="x@bücher.example"),
        an_account(2, NOW, email="x@bücher。example", email_verified_at=NOW),
        an_account(3, NOW, email="y@bücher.example"),
        an_account(4, NOW, email="y@xn--bcher-kva.example"),
    )
    assert [after[number].email for number in (1, 2, 3, 4)] == [
        "x@bücher.example",
        "x@xn--bcher-kva.example",
        "y@bücher.example",
        "y@xn--bcher-kva.example",
    ]


def test_of_user_names_that_look_alike_the_oldest_keeps_the_others_away(database: Database):
    after = accounts_after(
        database,
        "0007_looks_of_user_names",
        an_account(1, NOW, user_name="Bob", user_name_key="bob"),
        an_account(2, NOW, user_name="Bоb", user_name_key="bоb"),
        an_account(3, NOW, user_name="Анна", user_name_key="анна"),
    )
    assert [after[number].user_name_look is None for number in (1, 2, 3)] == [False, True, False]
    assert after[2].user_name == "Bоb"


def test_names_that_only_seemed_to_differ_keep_away_no_longer(database: Database):
    after = accounts_after(
        database,
        "0014_looks_without_ignorables",
        an_account(1, NOW, user_name="Bobx", user_name_key="bobx", user_name_look="b0bx"),
        an_account(
            2,
            NOW,
            user_name="Bob\ufe0fx",
            user_name_key="bob\ufe0fx",
            user_name_look="b0b\ufe0fx",
        ),
        an_account(
            3,
            NOW,
            user_name="Eve\ufe0fx",
            user_name_key="eve\ufe0fx",
            user_name_look="eve\ufe0fx",
        ),
        an_account(4, NOW, user_name="Bobx\u034f", user_name_key="bobx\u034f"),
    )
    assert [after[number].user_name_look for number in (1, 2, 3, 4)] == [
        "b0bx",
        None,
        look_of("Evex"),
        None,
    ]
