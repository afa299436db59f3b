"""`/api/v1/help-lines` through HTTP, and the file behind it."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient

from chat_service.domain.help_lines import HELP_LINES_FILE, BadHelpLines, load_help_lines
from shared.countries import countries

PATH = "/api/v1/help-lines"
FOUND: dict[str, Any] = yaml.safe_load(HELP_LINES_FILE.read_text("utf-8"))
EVERYWHERE = len(FOUND["everywhere"])


def test_a_country_has_its_emergency_number_and_its_own_lines_first(client: FlaskClient) -> None:
    answer = client.get(f"{PATH}?country=hu&locale=ru")
    assert answer.status_code == 200
    body = answer.get_json()
    assert (body["country"], body["emergency_number"]) == ("HU", "112")
    first = body["items"][0]
    assert first["number"] == "116 123"
    assert first["name"] == "Линия душевной помощи (LESZ)"
    assert first["hours"] == "24/7"
    assert len(body["items"]) == 1 + EVERYWHERE


@pytest.mark.parametrize("query", ["", "?country=AQ", "?country=zz"])
def test_without_a_known_country_there_are_those_for_everywhere(
    query: str, client: FlaskClient
) -> None:
    body = client.get(PATH + query).get_json()
    assert (body["country"], body["emergency_number"]) == (None, "112")
    assert len(body["items"]) == EVERYWHERE
    assert all(each["number"] is None and each["url"] for each in body["items"])


@pytest.mark.parametrize(
    "query", ["?country=HUN", "?country=1", "?country=", "?country=П", "?locale=de", "?city=x"]
)
def test_what_is_no_country_and_no_language_is_refused(query: str, client: FlaskClient) -> None:
    assert client.get(PATH + query).status_code == 422


def test_the_answer_is_kept_by_anybody_and_has_a_tag(client: FlaskClient) -> None:
    answer = client.get(f"{PATH}?country=GB&locale=en")
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    again = client.get(
        f"{PATH}?country=GB&locale=en", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert (again.status_code, again.get_data()) == (304, b"")


def test_every_country_of_the_file_is_one() -> None:
    assert load_help_lines().countries <= countries()
    assert len(load_help_lines().countries) >= 25


@pytest.mark.parametrize(
    "broken",
    [
        lambda line: line.pop("number"),
        lambda line: line.update(number="call us"),
        lambda line: line.update(name={"en": "only English"}),
        lambda line: line.pop("source"),
        lambda line: line.update(source="http://not.safe.example"),
    ],
)
def test_a_line_nobody_can_call_stops_the_start(broken: Any, tmp_path: Path) -> None:
    found = yaml.safe_load(HELP_LINES_FILE.read_text("utf-8"))
    broken(found["countries"]["HU"]["lines"][0])
    path = tmp_path / "help_lines.yaml"
    path.write_text(yaml.safe_dump(found, allow_unicode=True), "utf-8")
    with pytest.raises(BadHelpLines):
        load_help_lines(path)
