"""Idempotency-Key: the same answer and one effect, also at the same time."""

from typing import Any

import pytest
import sqlalchemy as sa

from shared.clock import SystemClock
from shared.errors import Conflict
from shared.http.app import api_of, new_app
from shared.http.blueprint import Access, Blueprint, json_answer
from shared.http.idempotency import prune_idempotency_keys, writing_once, written_once
from shared.idempotency_keys import idempotency_keys
from shared.idempotency_keys import metadata as idempotency_metadata
from shared.settings import ServiceSettings, SettingsReader, service_values
from shared.testing.clocks import StandingClock
from shared.testing.tokens import TokenMaker, service_environment
from shared.testing.waiting import at_the_same_time

things = sa.Table(
    "things",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("name", sa.String(100)),
)


class ThingRefused(Conflict):
    """The state forbids it."""


def things_blueprint(state: dict[str, bool]) -> Blueprint:
    """Make the views: `state["refuses"]` makes the operation refuse."""
    blueprint = Blueprint("things", __name__, url_prefix="/things")

    def create(session):
        if state["refuses"]:
            raise ThingRefused
        made = session.execute(sa.insert(things).values(name="secret thing").returning(things.c.id))
        return made.scalar_one()

    @blueprint.post("")
    def create_thing():
        return writing_once(create, lambda made: {"id": made}, status=201)

    @blueprint.post("/other")
    def create_other():
        return writing_once(create, lambda made: {"id": made}, status=201)

    @blueprint.post("/of/<int:owner_id>")
    def create_for(owner_id):
        return writing_once(create, lambda made: {"id": made}, status=201)

    @blueprint.post("/found")
    def create_found():
        found = sa.select(sa.func.max(things.c.id))
        made = written_once(create, lambda session: session.execute(found).scalar_one())
        return json_answer({"id": made})

    return blueprint


@pytest.fixture(scope="module")
def maker():
    return TokenMaker()


@pytest.fixture
def state():
    return {"refuses": False}


@pytest.fixture
def clock():
    return StandingClock(SystemClock().now())


@pytest.fixture
def app(bare_database, maker, tmp_path, state, clock):
    idempotency_metadata.create_all(bare_database.engine)
    things.metadata.create_all(bare_database.engine)
    environment = service_environment("auth", bare_database.url, tmp_path, maker)
    values: dict[str, Any] = service_values(SettingsReader(environment), "auth")
    settings = ServiceSettings(**values)
    app = new_app(
        "auth_service",
        settings,
        title="Test",
        description="Test",
        database=bare_database,
        clock=clock,
    )
    api_of(app).register(things_blueprint(state), Access.ANYBODY)
    return app


@pytest.fixture
def post(app, maker):
    tokens = {account_id: maker.headers(account_id) for account_id in (5, 6)}

    def post(key, *, account_id=5, body=b"{}", url="/things"):
        headers = dict(tokens.get(account_id, {}))
        if key is not None:
            headers["Idempotency-Key"] = key
        return app.test_client().post(url, data=body, headers=headers)

    return post


def count(database, table=things):
    return database.reading(
        lambda session: session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    )


def test_the_same_key_gives_the_same_answer_and_one_effect(post, bare_database):
    first, second = post("k"), post("k")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert count(bare_database) == 1


def test_without_a_key_every_request_counts(post, bare_database):
    assert post(None).json != post(None).json
    assert count(bare_database) == 2


def test_a_key_belongs_to_its_account_and_route(post, bare_database):
    answers = [post("k"), post("k", account_id=6), post("k", url="/things/other")]
    assert len({answer.json["id"] for answer in answers}) == 3
    assert count(bare_database) == 3


def test_a_key_used_for_another_body_is_refused(post, bare_database):
    post("k")
    again = post("k", body=b'{"x": 1}')
    assert (again.status_code, again.json["code"]) == (409, "idempotency_key_reused")
    assert count(bare_database) == 1


def test_a_key_used_for_another_thing_named_in_the_path_is_refused(post, bare_database):
    first = post("k", url="/things/of/1")
    assert post("k", url="/things/of/1").json == first.json
    again = post("k", url="/things/of/2")
    assert (again.status_code, again.json["code"]) == (409, "idempotency_key_reused")
    assert count(bare_database) == 1


def test_what_is_found_again_is_not_kept(post, bare_database):
    first, later = post("k", url="/things/found"), post(None)
    again = post("k", url="/things/found")
    assert (first.status_code, again.status_code) == (200, 200)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == later.json, "as it is by then"
    reused = post("k", url="/things/found", body=b'{"x": 1}')
    assert (reused.status_code, reused.json["code"]) == (409, "idempotency_key_reused")
    answers = at_the_same_time([lambda: post("two", url="/things/found")] * 6)
    assert len({answer.json["id"] for answer in answers}) == 1
    assert count(bare_database) == 3


def test_a_strangers_key_is_not_kept(post, bare_database):
    post("k", account_id=None)
    post("k", account_id=None)
    assert (count(bare_database), count(bare_database, idempotency_keys)) == (2, 0)


def test_a_refusal_keeps_nothing_so_that_the_key_can_be_tried_again(post, state, bare_database):
    state["refuses"] = True
    assert post("k").status_code == 409
    assert count(bare_database, idempotency_keys) == 0
    state["refuses"] = False
    assert post("k").status_code == 201
    assert count(bare_database) == 1


@pytest.mark.parametrize("key", ["x" * 129, "é", "a\tb", ""])
def test_a_key_that_is_none_is_an_invalid_request(post, bare_database, key):
    answer = post(key)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")
    assert list(answer.json["errors"]) == ["Idempotency-Key"]
    assert count(bare_database) == 0


def test_the_longest_key_is_kept(post):
    assert post("x" * 128).json == post("x" * 128).json


def test_the_same_key_at_the_same_time_has_one_effect(post, bare_database):
    answers = at_the_same_time([lambda: post("k") for _ in range(12)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1
    replayed = [answer for answer in answers if "Idempotency-Replayed" in answer.headers]
    assert len(replayed) == 11
    assert count(bare_database) == 1


def test_neither_body_nor_answer_stands_in_clear(post, bare_database):
    post("k", body=b'{"note": "canary-in-the-body"}')
    row = bare_database.reading(lambda session: session.execute(sa.select(idempotency_keys)).one())
    assert b"canary" not in row.answer
    assert b"id" not in row.answer[:2]
    assert "canary" not in row.body_hash
    assert row.status == 201


def test_keys_are_forgotten_after_a_day(post, bare_database, clock):
    first = post("k")
    clock.advance(hours=23)
    gone = bare_database.writing(lambda session: prune_idempotency_keys(session, clock.now()))
    assert gone == 0
    clock.advance(hours=2)
    gone = bare_database.writing(lambda session: prune_idempotency_keys(session, clock.now()))
    assert gone == 1
    assert first.status_code == 201
