"""Every cell of `access.yaml`, tried through HTTP, and the corpus of forged tokens."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from profile_service.domain.pictures import default_picture
from profile_service.tests.factories import Siblings, account_facts, picture
from shared.testing.access_matrix import (
    PERSONS,
    ROLE_OF,
    Call,
    Cast,
    Prepare,
    Row,
    Stage,
    coverage_faults,
    read_table,
)
from shared.testing.forged_tokens import forger_at_work, let_in
from shared.testing.tokens import TokenMaker

ROWS = read_table(Path(__file__).parent / "access.yaml")
PROFILES = "/api/v1/profiles"
MINE = f"{PROFILES}/me"
ONE = f"{PROFILES}/{{account_id}}"
ANY = "/internal/v1/profiles/{account_id}"
PICTURES = "/api/v1/pictures/{account_id}"
MEMBERSHIPS = "/api/v1/memberships"
NOBODY = 999_999


@pytest.fixture
def stage(client: FlaskClient, token_maker: TokenMaker, siblings: Siblings) -> Stage:
    numbers = count(1000)

    def make_cast() -> Cast:
        cast = Cast(ids={actor: next(numbers) for actor in PERSONS})
        for actor, account_id in cast.ids.items():
            facts = account_facts(account_id, role=ROLE_OF[actor])
            siblings.accounts.known[account_id] = facts
        siblings.booking.relations.add((cast.owner, cast.assigned))
        return cast

    return Stage(client=client, maker=token_maker, make_cast=make_cast)


@pytest.fixture
def prepares(
    client: FlaskClient, token_maker: TokenMaker, siblings: Siblings
) -> dict[str, Prepare]:
    """Tell for each row what is called, on what was made for its cast."""

    def sent(method: str, account_id: int, path: str, **more: Any) -> Any:
        role = siblings.accounts.known[account_id].role
        headers = token_maker.headers(account_id, role)
        answer = client.open(path, method=method, headers=headers, **more)
        assert answer.status_code < 300, answer.get_data()
        return answer

    def seen_by_owner(cast: Cast, path: str) -> Callable[[], object]:
        return lambda: sent("GET", cast.owner, path).get_data()

    def own_profile(change: object = None) -> Prepare:
        def prepare(cast: Cast) -> Call:
            sent("PATCH", cast.owner, MINE, json={"birth_date": "1990-05-17"})
            return Call(
                path=MINE,
                json=change,
                shows=lambda body: body["account_id"] == cast.owner,
                state=seen_by_owner(cast, MINE),
            )

        return prepare

    def profile_of(actor: str, *, is_listed: bool = False, path: str = ONE) -> Prepare:
        def prepare(cast: Cast) -> Call:
            shown = cast.ids[actor]
            sent("PATCH", shown, MINE, json={"birth_date": "1990-05-17"})
            if is_listed:
                siblings.booking.listed.add(shown)

            def shows(body: Any) -> bool:
                private = (body["email"], body["birth_date"])
                assert body["account_id"] == shown
                assert (None in private) == (private == (None, None)), private
                return private == (f"person{shown}@example.org", "1990-05-17")

            return Call(path=path.format(account_id=shown), shows=shows)

        return prepare

    def is_drawn(body: Any) -> bool:
        return body != default_picture().content

    def picture_of(actor: str, path: str, *, is_listed: bool = False) -> Prepare:
        def prepare(cast: Cast) -> Call:
            shown = cast.ids[actor]
            sent("PUT", shown, f"{MINE}/picture", data=picture())
            if is_listed:
                siblings.booking.listed.add(shown)
            return Call(path=path.format(account_id=shown), shows=is_drawn)

        return prepare

    def own_picture(content: bytes | None, shows: Callable[[Any], bool]) -> Prepare:
        def prepare(cast: Cast) -> Call:
            sent("PUT", cast.owner, f"{MINE}/picture", data=picture())
            path = f"{MINE}/picture"
            return Call(path=path, data=content, shows=shows, state=seen_by_owner(cast, path))

        return prepare

    def changed_picture(content: bytes | None) -> Prepare:
        """Set or forget a picture: who is answered is told by the owner's picture alone."""

        def prepare(cast: Cast) -> Call:
            path = f"{MINE}/picture"
            sent("PUT", cast.owner, path, data=picture())
            before = seen_by_owner(cast, path)()
            return Call(
                path=path,
                data=content,
                shows=lambda _: seen_by_owner(cast, path)() != before,
                state=seen_by_owner(cast, path),
            )

        return prepare

    def membership(path: str, body: object = None, *, is_premium: bool = True) -> Prepare:
        def prepare(cast: Cast) -> Call:
            if is_premium:
                sent("POST", cast.owner, MEMBERSHIPS, json={})
            return Call(
                path=path,
                json=body,
                shows=lambda found: found["account_id"] == cast.owner and found["is_premium"],
                state=seen_by_owner(cast, f"{MEMBERSHIPS}/me"),
            )

        return prepare

    def nobody(path: str) -> Prepare:
        siblings.accounts.unknown.add(NOBODY)
        return lambda _cast: Call(path=path.format(account_id=NOBODY))

    listed, not_listed = " | of a listed therapist", " | of a therapist not listed"
    return {
        f"GET {MINE}": own_profile(),
        f"PATCH {MINE}": own_profile({"gender": "X"}),
        f"GET {ONE}": profile_of("owner"),
        f"GET {ONE}{listed}": profile_of("assigned", is_listed=True),
        f"GET {ONE} | of nobody": nobody(ONE),
        f"GET {ANY}": profile_of("owner", path=ANY),
        f"PUT {MINE}/picture": changed_picture(picture("PNG", size=(30, 30))),
        f"GET {MINE}/picture": own_picture(None, is_drawn),
        f"DELETE {MINE}/picture": changed_picture(None),
        f"GET {ONE}/picture": picture_of("owner", f"{ONE}/picture"),
        f"GET {ONE}/picture{listed}": picture_of("assigned", f"{ONE}/picture", is_listed=True),
        f"GET {ONE}/picture{not_listed}": picture_of("assigned", f"{ONE}/picture"),
        f"GET {ONE}/picture | of nobody": nobody(f"{ONE}/picture"),
        f"GET {PICTURES}": picture_of("owner", PICTURES),
        f"GET {PICTURES}{listed}": picture_of("assigned", PICTURES, is_listed=True),
        f"GET {PICTURES}{not_listed}": picture_of("assigned", PICTURES),
        f"POST {MEMBERSHIPS}": membership(MEMBERSHIPS, {}, is_premium=False),
        f"POST {MEMBERSHIPS} | of a premium member": membership(MEMBERSHIPS, {}),
        f"GET {MEMBERSHIPS}/me": membership(f"{MEMBERSHIPS}/me"),
    }


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_everybody_gets_what_the_table_says(
    row: Row, stage: Stage, prepares: dict[str, Prepare]
) -> None:
    assert stage.faults(row, prepares[row.name]) == []


def test_every_operation_has_a_row(app: Flask, prepares: dict[str, Prepare]) -> None:
    assert coverage_faults(app, ROWS, prepares) == []


def test_no_forged_token_is_let_in(client: FlaskClient, token_maker: TokenMaker) -> None:
    with forger_at_work(token_maker) as (forger, asked):
        good = {"Authorization": f"Bearer {forger.good()}"}
        assert client.get(MINE, headers=good).status_code == 200
        assert let_in(client, "GET", MINE, forger.tokens()) == []
        # where a token is only looked at when there is one, a forged one is refused all the same
        public = PICTURES.format(account_id=NOBODY)
        assert let_in(client, "GET", public, forger.tokens()) == []
    assert asked == []
