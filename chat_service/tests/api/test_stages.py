"""`/api/v1/stages`."""

import pytest

from chat_service.domain.stages import load_programmes
from chat_service.tests.factories import Caller, KnownProfiles

STAGES = load_programmes().newest.stages


@pytest.mark.parametrize("locale", ["ru", "en", "ar"])
def test_the_stages_are_listed_in_the_wanted_language(person: Caller, locale: str):
    items = person.call("GET", f"/api/v1/stages?locale={locale}").json["items"]
    assert [item["order"] for item in items] == list(range(12))
    assert [item["id"] for item in items] == list(range(1, 13))
    assert [item["name"] for item in items] == [stage.name[locale] for stage in STAGES]
    assert all(item["is_chat"] for item in items)


def test_without_a_wish_the_accounts_language_is_used(person: Caller, profiles: KnownProfiles):
    profiles.locale = "ru"
    items = person.call("GET", "/api/v1/stages").json["items"]
    assert items[0]["name"] == STAGES[0].name["ru"]


@pytest.mark.parametrize("query", ["locale=de", "locale=", "locale=RU"])
def test_another_language_is_refused(person: Caller, query: str):
    answer = person.call("GET", f"/api/v1/stages?{query}")
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")
