"""What is heard of accounts, care relations, listings and progress: once, late, malformed."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from profile_service.listeners import HANDLERS
from profile_service.models.accounts import KnownAccount
from profile_service.models.care_relations import KnownCareRelation, KnownPractitioner
from profile_service.models.profiles import Profile
from profile_service.models.progress import KnownProgress
from profile_service.tests.factories import announced, event
from shared.database import Database
from shared.events.catalogue import shipped_catalogue, shipped_example
from shared.events.inbox import handle_waiting, receive
from shared.events.tables import inbox
from shared.testing.waiting import at_the_same_time

REGISTERED = "auth.account.registered.v1"
CHANGED = "auth.account.changed.v1"
STARTED = "booking.care_relation.started.v1"
ENDED = "booking.care_relation.ended.v1"
PUBLISHED = "booking.practitioner.published.v1"
WITHDRAWN = "booking.practitioner.withdrawn.v1"
PROGRESS = "chat.progress.changed.v1"


def _one(database: Database, model):
    return database.reading(lambda session: session.scalars(select(model)).one_or_none())


def _states(database: Database) -> list[str]:
    return database.reading(lambda session: list(session.scalars(select(inbox.c.state))))


def test_every_event_the_catalogue_sends_here_has_a_handler_and_its_example_is_handled(
    database: Database, clock
):
    heard = shipped_catalogue().heard_by("profile_service")
    assert set(HANDLERS) == heard
    receive(database, [shipped_example(name).to_json() for name in sorted(heard)], clock)
    handle_waiting(database, HANDLERS, clock)
    assert set(_states(database)) == {"done"}


def test_a_new_account_gets_a_profile_and_is_announced_once(hear, database: Database):
    registered = event(REGISTERED, account_id=17)
    hear(registered, registered)
    database.writing(lambda session: session.execute(inbox.delete()))
    hear(registered)
    profile = _one(database, Profile)
    assert (profile.country, profile.time_zone) == ("HU", "Europe/Budapest")
    [(name, data)] = announced(database)
    assert name == "profile.profile.changed.v1"
    assert data["country"] == "HU"


def test_a_profile_touched_before_its_first_news_keeps_what_was_told(
    hear, client, token_maker, database: Database
):
    headers = token_maker.headers(17)
    client.patch("/api/v1/profiles/me", json={"country": "AE"}, headers=headers)
    hear(event(REGISTERED, account_id=17))
    profile = client.get("/api/v1/profiles/me", headers=headers).json
    assert (profile["country"], profile["time_zone"]) == ("AE", "Europe/Budapest")
    assert announced(database)[-1][1]["time_zone"] == "Europe/Budapest"


def test_first_touch_and_first_news_at_the_same_time_make_one_profile(
    app, token_maker, database: Database, clock
):
    headers = token_maker.headers(17)
    receive(database, [event(REGISTERED, account_id=17).to_json()], clock)

    def touch() -> int:
        body = {"specialty": "cooking"}
        answer = app.test_client().patch("/api/v1/profiles/me", json=body, headers=headers)
        return answer.status_code

    at_the_same_time([touch, lambda: handle_waiting(database, HANDLERS, clock)])
    handle_waiting(database, HANDLERS, clock)
    assert _states(database) == ["done"]
    profile = _one(database, Profile)
    assert (profile.specialty, profile.country) == ("cooking", "HU")


def test_the_language_of_an_adopted_sign_up_is_announced_once(hear, database: Database):
    hear(event(REGISTERED, account_id=17, locale="ru", version=1))
    changed = event(CHANGED, account_id=17, locale="ar", version=2)
    hear(changed, changed)
    hear(event(CHANGED, account_id=17, locale="ar", version=3, first_name="Lena"))
    hear(event(CHANGED, account_id=17, locale="en", version=2))
    assert [data["locale"] for _, data in announced(database)] == ["ru", "ar"]
    assert [data["version"] for _, data in announced(database)] == [1, 2]


def test_a_language_somebody_chose_stays(hear, client, token_maker, database: Database):
    hear(event(REGISTERED, account_id=17, locale="ru", version=1))
    client.patch("/api/v1/profiles/me", json={"locale": "ar"}, headers=token_maker.headers(17))
    hear(event(CHANGED, account_id=17, locale="en", version=2))
    assert [data["locale"] for _, data in announced(database)] == ["ru", "ar"]


def test_a_change_that_comes_late_is_ignored(hear, database: Database):
    hear(event(CHANGED, account_id=17, version=3, first_name="Newest"))
    hear(event(REGISTERED, account_id=17, version=1))
    hear(event(CHANGED, account_id=17, version=2, first_name="Older"))
    assert _one(database, KnownAccount).first_name == "Newest"


def test_care_relations_follow_the_order_in_which_they_were_announced(hear, database: Database):
    started = event(STARTED, client_id=17, practitioner_id=42)
    ended = event(ENDED, client_id=17, practitioner_id=42)
    other = event(STARTED, client_id=17, practitioner_id=43)
    hear(ended)
    hear(started)
    assert _one(database, KnownCareRelation).practitioner_id is None
    hear(other, other)
    hear(ended)
    assert _one(database, KnownCareRelation).practitioner_id == 43


def test_listings_follow_the_order_in_which_they_were_announced(hear, database: Database):
    published, withdrawn = event(PUBLISHED), event(WITHDRAWN)
    hear(withdrawn)
    hear(published)
    assert _one(database, KnownPractitioner).is_published is False
    hear(event(PUBLISHED))
    assert _one(database, KnownPractitioner).is_published is True


def test_progress_follows_the_order_in_which_it_was_announced(hear, database: Database):
    older = event(PROGRESS, completed_stages=1)
    hear(event(PROGRESS, completed_stages=2))
    hear(older, older)
    assert _one(database, KnownProgress).completed_stages == 2


@pytest.mark.parametrize(
    ("event_type", "broken"),
    [
        (REGISTERED, {"account_id": "17"}), (REGISTERED, {"role": "king"}),
        (REGISTERED, {"email": None}), (CHANGED, {"version": -1}), (CHANGED, {"locale": "xx"}),
        (STARTED, {"client_id": 0}), (ENDED, {"practitioner_id": None}),
        (PUBLISHED, {"practitioner_id": True}), (WITHDRAWN, {"practitioner_id": "42"}),
        (PROGRESS, {"ratio": 2}), (PROGRESS, {"completed_stages": "3"}),
    ],
)  # fmt: skip
def test_a_malformed_event_is_dead_at_once_and_leaves_nothing(
    hear, database: Database, event_type: str, broken: dict
):
    good = event(event_type)
    hear(replace(good, data={**good.data, **broken}))
    assert _states(database) == ["dead"]
    for model in (KnownAccount, Profile, KnownCareRelation, KnownPractitioner, KnownProgress):
        assert _one(database, model) is None
    assert announced(database) == []
