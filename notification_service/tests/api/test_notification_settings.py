"""`/api/v1/notification-settings/me`: defaults without a row, changes kept."""

from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from notification_service.models.notification_settings import NotificationSettings
from shared.database import Database
from shared.testing.tokens import TokenMaker
from shared.testing.waiting import at_the_same_time

PATH = "/api/v1/notification-settings/me"
DEFAULTS = {
    "email_notification": False,
    "appointments_notification": True,
    "results_notification": True,
    "marketing_email": False,
}


@pytest.fixture
def headers(token_maker: TokenMaker) -> dict[str, str]:
    return token_maker.headers(5)


def _rows(database: Database) -> int:
    wanted = select(func.count()).select_from(NotificationSettings)
    return database.reading(lambda session: session.execute(wanted).scalar_one())


def test_the_defaults_hold_without_a_row(client, headers, database: Database):
    assert client.get(PATH, headers=headers).json == DEFAULTS
    assert client.patch(PATH, json={}, headers=headers).json == DEFAULTS
    assert _rows(database) == 0


@pytest.mark.parametrize("name", DEFAULTS)
def test_one_setting_changes_and_the_others_stay(client, headers, name: str):
    wanted = {**DEFAULTS, name: not DEFAULTS[name]}
    for _ in range(2):
        changed = client.patch(PATH, json={name: wanted[name]}, headers=headers)
        assert (changed.status_code, changed.json) == (200, wanted)
    assert client.get(PATH, headers=headers).json == wanted


def test_first_touches_at_the_same_time_lose_nothing(
    app: Flask, client, headers, database: Database
):
    def change(name: str) -> int:
        body = {name: not DEFAULTS[name]}
        return app.test_client().patch(PATH, json=body, headers=headers).status_code

    statuses = at_the_same_time([partial(change, name) for name in DEFAULTS])
    assert statuses == [200] * 4
    assert client.get(PATH, headers=headers).json == {k: not v for k, v in DEFAULTS.items()}
    assert _rows(database) == 1


def test_if_match_is_honoured_and_not_needed(client, headers, database: Database):
    first = client.get(PATH, headers=headers).headers["ETag"]
    stale = {**headers, "If-Match": '"older"'}
    weak = {**headers, "If-Match": f"W/{first}"}
    for refusing in (stale, weak):
        for body in ({"marketing_email": True}, {}):
            refused = client.patch(PATH, json=body, headers=refusing)
            assert (refused.status_code, refused.json["code"]) == (412, "precondition_failed")
    assert _rows(database) == 0
    read = {**headers, "If-Match": f'"other", {first}'}
    changed = client.patch(PATH, json={"marketing_email": True}, headers=read)
    assert (changed.status_code, changed.json["marketing_email"]) == (200, True)
    seen = client.get(PATH, headers=headers)
    assert seen.headers["ETag"] == changed.headers["ETag"] != first
    again = client.patch(PATH, json={"email_notification": True}, headers=read)
    assert (again.status_code, again.json["code"]) == (412, "precondition_failed")
    assert client.get(PATH, headers=headers).json == seen.json
    for going in ({**headers, "If-Match": seen.headers["ETag"]}, {**headers, "If-Match": "*"}):
        assert client.patch(PATH, json={"marketing_email": True}, headers=going).status_code == 200


@pytest.mark.parametrize("is_first_touch", [True, False])
def test_of_two_editors_at_once_one_is_told(
    app: Flask, client, headers, database: Database, is_first_touch: bool
):
    if not is_first_touch:
        client.patch(PATH, json={"marketing_email": True}, headers=headers)
    read = {**headers, "If-Match": client.get(PATH, headers=headers).headers["ETag"]}

    def change(name: str) -> int:
        body = {name: not DEFAULTS[name] if is_first_touch else DEFAULTS[name]}
        body |= {"marketing_email": is_first_touch}
        return app.test_client().patch(PATH, json=body, headers=read).status_code

    names = [name for name in DEFAULTS if name != "marketing_email"]
    assert sorted(at_the_same_time([partial(change, name) for name in names])) == [200, 412, 412]
    assert _rows(database) == 1


def test_everybody_has_their_own(client, headers, token_maker: TokenMaker):
    client.patch(PATH, json={"marketing_email": True}, headers=headers)
    assert client.get(PATH, headers=token_maker.headers(6, "admin")).json == DEFAULTS


@pytest.mark.parametrize("bad", [None, 1, 0, "true", 1.0, [], {}, "x" * 300])
def test_what_is_no_boolean_is_refused_and_nothing_changes(
    client, headers, database: Database, bad: object
):
    body = {"marketing_email": True, "email_notification": bad}
    refused = client.patch(PATH, json=body, headers=headers)
    assert (refused.status_code, refused.json["code"]) == (422, "invalid_request")
    assert list(refused.json["errors"]) == ["email_notification"]
    assert _rows(database) == 0


def test_unknown_settings_are_refused(client, headers):
    assert client.patch(PATH, json={"noise": True}, headers=headers).status_code == 422


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), (b"[" * 100_000, 400), (b"[]", 422), (b"null", 422)]
)
def test_an_unreadable_body_is_refused(client, headers, body: bytes, status: int):
    answer = client.patch(PATH, data=body, headers=headers, content_type="application/json")
    assert answer.status_code in ((413, 400) if len(body) > 65536 else (status, 200))


def test_the_same_idempotency_key_changes_once_and_answers_the_same(app: Flask, headers):
    client = app.test_client()
    keyed = {**headers, "Idempotency-Key": "settings-1"}

    def change(is_wanted: bool):
        body = {"marketing_email": is_wanted}
        return app.test_client().patch(PATH, json=body, headers=keyed)

    first = at_the_same_time([partial(change, True)] * 4)
    wanted = {**DEFAULTS, "marketing_email": True}
    assert [(answer.status_code, answer.json) for answer in first] == [(200, wanted)] * 4
    client.patch(PATH, json={"marketing_email": False}, headers=headers)
    again = change(True)
    assert (again.json, again.headers["Idempotency-Replayed"]) == (wanted, "true")
    assert again.headers["ETag"] == first[0].headers["ETag"]
    stale = {**headers, "If-Match": again.headers["ETag"]}
    assert client.patch(PATH, json={}, headers=stale).status_code == 412
    reused = change(False)
    assert (reused.status_code, reused.json["code"]) == (409, "idempotency_key_reused")
    assert client.get(PATH, headers=headers).json == DEFAULTS
