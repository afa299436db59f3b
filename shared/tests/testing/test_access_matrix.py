"""A new endpoint by which staff or a therapist reach somebody else's thing is found when it leaves
no trace: when the table declares none, and when the view keeps none.
"""

from collections.abc import Callable
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path

import pytest
from flask import Flask, Response

from shared.access_tokens import Identity
from shared.database import Database
from shared.http.app import api_of, new_app
from shared.http.auditing import audit_read
from shared.http.blueprint import Access, Blueprint, json_answer, path_identifier, requires_role
from shared.settings import ServiceSettings, SettingsReader, service_values
from shared.testing.access_matrix import (
    PERSONS,
    Call,
    Cast,
    Stage,
    UnreadableTable,
    coverage_faults,
    read_table,
)
from shared.testing.tokens import TokenMaker, service_environment

OPERATION = "GET /api/v1/diaries/{account_id}"
TABLE = """
actors: none expired other owner assigned stranger former moderator admin key wrongkey
operations:
  GET /api/v1/diaries/{account_id}: 401 401 403 403 ok ok ok ok ok 401 401
beside_the_internal_key: {}
"""
DECLARED = f"audited:\n  {OPERATION}: diary_read\n"
REACHING = "assigned, stranger, former, moderator, admin"


class Act(StrEnum):
    """What is recorded here."""

    DIARY_READ = "diary_read"


@pytest.fixture
def service_package() -> str:
    return "profile_service"


MakeApp = Callable[[bool], Flask]


@pytest.fixture
def app_with(database: Database, tmp_path: Path, token_maker: TokenMaker) -> MakeApp:
    """Make a service with one read endpoint that does or does not leave a trace."""
    environment = service_environment("profile", database.url, tmp_path, token_maker)
    values = service_values(SettingsReader(environment), "profile")
    settings = ServiceSettings(**values)  # type: ignore[arg-type] # the reader checked them

    def make(is_audited: bool) -> Flask:
        app = new_app("profile_service", settings, title="t", description="d", database=database)
        blueprint = Blueprint("diaries", __name__, url_prefix="/api/v1/diaries", description="d")

        @blueprint.get("/" + path_identifier("account_id"))
        @requires_role("therapist", "moderator", "admin")
        @blueprint.response(HTTPStatus.OK)
        def read_diary(account_id: int, identity: Identity) -> Response:
            """Read somebody's diary."""
            if is_audited:
                audit_read(Act.DIARY_READ, identity, account_id)
            return json_answer({"of": account_id})

        api_of(app).register(blueprint, Access.TOKEN)
        return app

    return make


def _rows(tmp_path: Path, sections: str):
    path = tmp_path / "access.yaml"
    path.write_text(TABLE + sections, encoding="utf-8")
    return read_table(path)


def _prepared(cast: Cast) -> Call:
    return Call(path=f"/api/v1/diaries/{cast.owner}", shows=lambda body: body["of"] == cast.owner)


def _faults(app: Flask, rows, maker: TokenMaker) -> list[str]:
    ids = {actor: number for number, actor in enumerate(PERSONS, start=1)}
    stage = Stage(client=app.test_client(), maker=maker, make_cast=lambda: Cast(ids=ids))
    return stage.faults(rows[0], _prepared)


def test_an_endpoint_without_a_declared_trace_is_found(app_with: MakeApp, tmp_path: Path):
    rows = _rows(tmp_path, "audited: {}\ncommon: {}\nunaudited: {}\n")
    assert coverage_faults(app_with(True), rows, {OPERATION: _prepared}) == [
        f"{OPERATION}: nothing is recorded of {REACHING}"
    ]


def test_a_view_that_leaves_no_trace_is_found(
    app_with: MakeApp, tmp_path: Path, token_maker: TokenMaker
):
    rows = _rows(tmp_path, DECLARED + "common: {}\nunaudited: {}\n")
    app = app_with(False)
    assert coverage_faults(app, rows, {OPERATION: _prepared}) == []
    assert _faults(app, rows, token_maker) == [
        f"{actor}: expected ok, got 200, and diary_read was not recorded"
        for actor in REACHING.split(", ")
    ]


def test_a_view_that_leaves_its_trace_is_right(
    app_with: MakeApp, tmp_path: Path, token_maker: TokenMaker
):
    rows = _rows(tmp_path, DECLARED + "common: {}\nunaudited: {}\n")
    assert _faults(app_with(True), rows, token_maker) == []


def test_what_is_common_or_waived_needs_no_trace_and_the_rest_does(
    app_with: MakeApp, tmp_path: Path
):
    common = f"audited: {{}}\ncommon:\n  {OPERATION}: assigned former\nunaudited: {{}}\n"
    assert coverage_faults(app_with(True), _rows(tmp_path, common), {OPERATION: _prepared}) == [
        f"{OPERATION}: nothing is recorded of stranger, moderator, admin"
    ]
    waived = f"audited: {{}}\ncommon: {{}}\nunaudited:\n  {OPERATION}: everybody reads diaries\n"
    assert coverage_faults(app_with(True), _rows(tmp_path, waived), {OPERATION: _prepared}) == []


@pytest.mark.parametrize(
    "sections",
    [
        "audited: {}\ncommon: {}\n",
        "audited:\n  GET /api/v1/nothing: diary_read\ncommon: {}\nunaudited: {}\n",
    ],
)
def test_a_table_without_its_sections_or_with_a_row_that_is_not_there_is_refused(
    tmp_path: Path, sections: str
):
    with pytest.raises(UnreadableTable):
        _rows(tmp_path, sections)
