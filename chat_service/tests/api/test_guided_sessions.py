"""`/api/v1/guided-sessions`, as a person uses it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from chat_service.domain.stages import load_programmes
from chat_service.models.answers import Answer
from chat_service.models.guided_sessions import GuidedSession
from chat_service.models.transcript_lines import TranscriptLine
from chat_service.tests.factories import CLIENT, OTHER_CLIENT, Caller, KnownProfiles, event, hear
from shared.database import Database
from shared.testing.announcements import announced
from shared.testing.clocks import StandingClock
from shared.testing.tokens import TokenMaker
from shared.testing.waiting import at_the_same_time

PROGRAMME = load_programmes().newest
FIRST = PROGRAMME.stages[0]
MEMBERSHIP = {"account_id": CLIENT, "started_at": "2026-07-06T08:00:00.000000Z"}


def _count(database: Database, model: type[Any]) -> int:
    return database.reading(
        lambda session: session.execute(select(func.count()).select_from(model)).scalar_one()
    )


def _complete(person: Caller, session_id: int, stage_order: int = 0) -> dict[str, Any]:
    for question in PROGRAMME.stages[stage_order].questions:
        answer = person.answer(session_id, question_id=question.id)
        assert answer.status_code == 201, answer.json
    return answer.json


def _state(person: Caller, order: int = 0) -> dict[str, Any]:
    return person.sessions()[order]


def _speak(database: Database, clock: StandingClock, locale: str, *, version: int) -> None:
    changed = {
        "account_id": CLIENT,
        "locale": locale,
        "country": "HU",
        "time_zone": None,
        "version": version,
    }
    heard = event("profile.profile.changed.v1", changed, sequence=version)
    assert hear(database, clock, heard) == ["done"]


def test_a_fresh_person_has_twelve_sessions_and_only_the_first_is_unlocked(
    person: Caller, clock: StandingClock
):
    items = person.sessions()
    assert [item["stage"]["order"] for item in items] == list(range(12))
    assert [item["is_unlocked"] for item in items] == [True] + [False] * 11
    assert len({item["id"] for item in items}) == 12
    first = items[0]
    assert first == {
        "id": first["id"],
        "stage": {
            "id": 1,
            "order": 0,
            "name": FIRST.name["en"],
            "description": FIRST.description["en"],
            "is_chat": True,
        },
        "answered_questions": 0,
        "is_unlocked": True,
        "is_completed": False,
        "in_explanation": True,
        "created_at": "2026-07-06T08:00:00.000000Z",
        "account_id": CLIENT,
    }


def test_listing_again_makes_nothing_new(person: Caller, database: Database):
    assert person.sessions() == person.sessions()
    assert _count(database, GuidedSession) == 12


def test_twelve_sessions_are_made_once_however_many_ask_at_the_same_time(
    app: Flask, token_maker: TokenMaker, database: Database
):
    def ask() -> list[dict[str, Any]]:
        return Caller(client=app.test_client(), maker=token_maker).sessions()

    answers = at_the_same_time([ask] * 8)
    assert _count(database, GuidedSession) == 12
    assert all(answer == answers[0] for answer in answers)


def test_starting_gives_the_explanations_and_the_first_question(person: Caller):
    session_id = _state(person)["id"]
    answer = person.start(session_id)
    assert answer.status_code == 200
    lines = answer.json["items"]
    told = [item.text["en"] for item in FIRST.explanations] + [FIRST.questions[0].text["en"]]
    assert [line["text"] for line in lines] == told
    assert not any(line["is_user"] for line in lines)
    assert {line["guided_session_id"] for line in lines} == {session_id}
    assert lines[0]["created_at"] == "2026-07-06T08:00:00.000000Z"
    assert _state(person)["in_explanation"] is False


def test_starting_again_gives_the_pending_question_and_adds_nothing(
    person: Caller, database: Database
):
    session_id = _state(person)["id"]
    first = person.start(session_id).json["items"]
    lines = _count(database, TranscriptLine)
    assert person.start(session_id).json["items"] == [first[-1]]
    answered = person.answer(session_id).json["items"]
    assert person.start(session_id).json["items"] == [answered[-1]]
    assert _count(database, TranscriptLine) == lines + 3


def test_starting_at_the_same_time_says_the_opening_once(
    app: Flask, token_maker: TokenMaker, person: Caller, database: Database
):
    session_id = _state(person)["id"]

    def start() -> int:
        caller = Caller(client=app.test_client(), maker=token_maker)
        return len(caller.start(session_id).json["items"])

    opening = len(FIRST.explanations) + 1
    assert sorted(at_the_same_time([start] * 6)) == [1] * 5 + [opening]
    assert _count(database, TranscriptLine) == opening


def test_an_answer_brings_the_acknowledgement_and_the_next_question(
    person: Caller, database: Database
):
    session_id = _state(person)["id"]
    person.start(session_id)
    answer = person.answer(session_id, "Больше гулять.")
    assert answer.status_code == 201
    assert [line["text"] for line in answer.json["items"]] == [
        FIRST.questions[0].acknowledgement["en"],
        FIRST.questions[1].text["en"],
    ]
    assert not any(line["is_user"] for line in answer.json["items"])
    assert _state(person)["answered_questions"] == 1
    assert announced(database, "chat.progress.changed.v1") == [
        {
            "account_id": CLIENT,
            "guided_session_id": 1,
            "completed_stages": 0,
            "ratio": 0.0,
            "total_answers": 1,
            "version": 1,
        }
    ]


def test_a_stage_not_begun_is_begun_before_the_answer_is_taken(person: Caller):
    session_id = _state(person)["id"]
    lines = person.answer(session_id, "Сразу").json["items"]
    told = [item.text["en"] for item in FIRST.explanations]
    told += [FIRST.questions[0].text["en"], FIRST.questions[0].acknowledgement["en"]]
    told += [FIRST.questions[1].text["en"]]
    assert [line["text"] for line in lines] == told
    everything = person.transcript(session_id).json["items"]
    assert [line["text"] for line in everything if line["is_user"]] == ["Сразу"]
    assert everything[len(FIRST.explanations) + 1]["is_user"]


def test_the_last_answer_closes_the_stage_and_unlocks_the_next(person: Caller, database: Database):
    first, second = (item["id"] for item in person.sessions()[:2])
    last = _complete(person, first)
    assert [line["text"] for line in last["items"]] == [
        FIRST.questions[-1].acknowledgement["en"],
        FIRST.closing["en"],
    ]
    items = person.sessions()
    assert [item["is_unlocked"] for item in items[:3]] == [True, True, False]
    assert items[0]["is_completed"]
    assert items[0]["answered_questions"] == len(FIRST.questions)
    assert person.start(second).status_code == 200
    assert announced(database, "chat.guided_session.completed.v1") == [
        {
            "account_id": CLIENT,
            "guided_session_id": first,
            "stage_order": 0,
            "completed_at": "2026-07-06T08:00:00.000000Z",
        }
    ]
    assert announced(database, "chat.progress.changed.v1")[-1] == {
        "account_id": CLIENT,
        "guided_session_id": 1,
        "completed_stages": 1,
        "ratio": round(1 / 12, 4),
        "total_answers": len(FIRST.questions),
        "version": len(FIRST.questions),
    }


def test_the_whole_programme_can_be_walked(person: Caller):
    ids = [item["id"] for item in person.sessions()]
    for order, session_id in enumerate(ids):
        _complete(person, session_id, order)
    assert all(item["is_completed"] for item in person.sessions())


def test_a_completed_stage_is_neither_started_nor_answered_again(
    person: Caller, database: Database
):
    session_id = _state(person)["id"]
    _complete(person, session_id)
    lines = _count(database, TranscriptLine)
    for refused in (
        person.start(session_id),
        person.answer(session_id, "Ещё"),
        person.answer(session_id, "Ещё", question_id=FIRST.questions[0].id),
        person.answer(session_id, ""),
    ):
        assert (refused.status_code, refused.json["code"]) == (409, "stage_completed")
    assert _count(database, TranscriptLine) == lines
    assert len(person.transcript(session_id).json["items"]) == lines


def test_a_locked_stage_is_refused_everywhere(person: Caller, database: Database):
    locked = person.sessions()[1]["id"]
    for refused in (person.start(locked), person.answer(locked, ""), person.transcript(locked)):
        assert (refused.status_code, refused.json["code"]) == (403, "stage_locked")
    assert _count(database, TranscriptLine) == 0


def test_nobody_sees_anothers_session_staff_neither(
    person: Caller, app: Flask, token_maker: TokenMaker
):
    session_id = _state(person)["id"]
    for account_id, role in ((OTHER_CLIENT, "client"), (3, "moderator"), (4, "admin")):
        other = Caller(
            client=app.test_client(), maker=token_maker, account_id=account_id, role=role
        )
        for refused in (
            other.start(session_id),
            other.answer(session_id),
            other.transcript(session_id),
        ):
            assert (refused.status_code, refused.json["code"]) == (404, "guided_session_not_found")


@pytest.mark.parametrize("unknown", ["0", "999999", "9007199254740992"])
def test_an_unknown_session_is_not_found(person: Caller, unknown: str):
    answer = person.call("POST", f"/api/v1/guided-sessions/{unknown}/start")
    assert (answer.status_code, answer.json["code"]) == (404, "guided_session_not_found")


@pytest.mark.parametrize("path", ["9007199254740993", "-1", "abc", "1.5", "9" * 40])
def test_what_is_no_id_is_not_found(person: Caller, path: str):
    answer = person.call("GET", f"/api/v1/guided-sessions/{path}/transcript")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "message_required"),
        (" \n\t ", "message_required"),
        ("\u200b\u2800\u3164\u00ad\ufeff", "message_required"),
        ("x" * 4001, "message_too_long"),
        (None, "invalid_request"),
        (7, "invalid_request"),
        (["a"], "invalid_request"),
    ],
)
def test_a_bad_answer_is_refused_and_leaves_nothing(
    person: Caller, database: Database, text: object, code: str
):
    session_id = _state(person)["id"]
    refused = person.answer(session_id, text)
    assert (refused.status_code, refused.json["code"]) == (422, code)
    assert list(refused.json["errors"]) == ["text"]
    assert _count(database, TranscriptLine) == 0
    assert announced(database, "chat.progress.changed.v1") == []


def test_unknown_fields_and_a_missing_text_are_refused(person: Caller):
    session_id = _state(person)["id"]
    path = f"/api/v1/guided-sessions/{session_id}/answers"
    assert person.answer(session_id, mood="good").status_code == 422
    assert list(person.call("POST", path, {}).json["errors"]) == ["text"]


@pytest.mark.parametrize(
    "text", ["x" * 4000, "O'Brien <b>", "👩‍👩‍👧 emoji", "../..\r\n", "شكرًا ‮", " kept "]
)
def test_an_answer_is_given_back_exactly(person: Caller, text: str):
    session_id = _state(person)["id"]
    person.answer(session_id, text)
    said = [line["text"] for line in person.transcript(session_id).json["items"] if line["is_user"]]
    assert said == [text]


def test_the_same_client_message_id_counts_once(person: Caller, database: Database):
    session_id = _state(person)["id"]
    first = person.answer(session_id, "Одно", client_message_id="m-1")
    again = person.answer(session_id, "Одно", client_message_id="m-1")
    assert (again.status_code, again.json) == (201, first.json)
    assert _count(database, Answer) == 1
    assert len(announced(database, "chat.progress.changed.v1")) == 1


def test_the_last_answer_repeated_is_answered_as_before_though_the_stage_is_over(person: Caller):
    session_id = _state(person)["id"]
    for number in range(len(FIRST.questions)):
        last = person.answer(session_id, "Да", client_message_id=f"m-{number}")
    again = person.answer(session_id, "Да", client_message_id=f"m-{number}")
    assert (again.status_code, again.json) == (201, last.json)


def test_a_client_message_id_does_not_stand_for_two_texts(person: Caller, database: Database):
    session_id = _state(person)["id"]
    person.answer(session_id, "Одно", client_message_id="m-1")
    refused = person.answer(session_id, "Другое", client_message_id="m-1")
    assert (refused.status_code, refused.json["code"]) == (409, "client_message_id_reused")
    assert _count(database, Answer) == 1


def test_the_same_client_message_id_at_the_same_time_counts_once(
    app: Flask, token_maker: TokenMaker, person: Caller, database: Database
):
    session_id = _state(person)["id"]

    def send() -> Any:
        caller = Caller(client=app.test_client(), maker=token_maker)
        return caller.answer(session_id, "Одно", client_message_id="m-1").json

    answers = at_the_same_time([send] * 6)
    assert all(answer == answers[0] for answer in answers)
    assert _count(database, Answer) == 1


def test_an_answer_names_the_question_it_belongs_to(person: Caller):
    session_id = _state(person)["id"]
    opening = person.start(session_id).json["items"]
    first, second = (question.id for question in FIRST.questions[:2])
    assert [line["question_id"] for line in opening] == [None] * len(FIRST.explanations) + [first]
    answered = person.answer(session_id, "Одно", question_id=opening[-1]["question_id"])
    assert answered.status_code == 201
    assert [line["question_id"] for line in answered.json["items"]] == [None, second]
    said = [line for line in person.transcript(session_id).json["items"] if line["is_user"]]
    assert [(line["text"], line["question_id"]) for line in said] == [("Одно", first)]


@pytest.mark.parametrize("number", [0, 2])
def test_an_answer_to_another_question_than_the_present_one_is_told_which_that_is(
    person: Caller, database: Database, number: int
):
    session_id = _state(person)["id"]
    person.answer(session_id, "Одно", question_id=FIRST.questions[0].id)
    lines = _count(database, TranscriptLine)
    refused = person.answer(session_id, "Одно", question_id=FIRST.questions[number].id)
    assert (refused.status_code, refused.json["code"]) == (409, "question_not_asked")
    present = FIRST.questions[1]
    assert refused.json["question"] == {"id": present.id, "text": present.text["en"]}
    assert _count(database, TranscriptLine) == lines


@pytest.mark.parametrize("question_id", ["nothing", FIRST.explanations[0].id, "", 7, "x" * 65])
def test_what_is_no_question_of_the_stage_is_refused(
    person: Caller, database: Database, question_id: object
):
    session_id = _state(person)["id"]
    refused = person.answer(session_id, "Одно", question_id=question_id)
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["question_id"])
    assert _count(database, TranscriptLine) == 0


def test_of_two_answers_to_one_question_at_the_same_time_one_is_taken(
    app: Flask, token_maker: TokenMaker, person: Caller, database: Database
):
    session_id = _state(person)["id"]

    def send(number: int) -> int:
        caller = Caller(client=app.test_client(), maker=token_maker)
        named = FIRST.questions[0].id
        return caller.answer(session_id, f"Ответ {number}", question_id=named).status_code

    statuses = at_the_same_time([lambda number=number: send(number) for number in range(4)])  # type: ignore[misc]
    assert sorted(statuses) == [201, 409, 409, 409]
    assert _count(database, Answer) == 1


def test_an_unnamed_answer_sent_again_within_three_seconds_gets_the_same_lines(
    person: Caller, database: Database, clock: StandingClock
):
    session_id = _state(person)["id"]
    first = person.answer(session_id, "Одно")
    clock.advance(seconds=1)
    other = person.answer(session_id, "Другое")
    clock.advance(seconds=2)
    assert person.answer(session_id, "Одно").json == first.json
    assert person.answer(session_id, "Другое").json == other.json
    assert _count(database, Answer) == 2
    assert len(announced(database, "chat.progress.changed.v1")) == 2


def test_an_unnamed_answer_of_the_same_words_after_three_seconds_is_another_answer(
    person: Caller, database: Database, clock: StandingClock
):
    session_id = _state(person)["id"]
    first = person.answer(session_id, "Одно")
    clock.advance(seconds=3, milliseconds=1)
    assert person.answer(session_id, "Одно").json != first.json
    assert _count(database, Answer) == 2


def test_a_named_answer_of_the_same_words_is_another_answer(person: Caller, database: Database):
    session_id = _state(person)["id"]
    for question in FIRST.questions[:2]:
        assert person.answer(session_id, "Да", question_id=question.id).status_code == 201
    assert person.answer(session_id, "Да", client_message_id="m-3").status_code == 201
    assert _count(database, Answer) == 3


def test_the_last_unnamed_answer_sent_again_is_answered_as_before(person: Caller):
    session_id = _state(person)["id"]
    for number in range(len(FIRST.questions)):
        last = person.answer(session_id, f"Ответ {number}")
    again = person.answer(session_id, f"Ответ {number}")
    assert (again.status_code, again.json) == (201, last.json)


def test_an_unnamed_answer_sent_twice_at_the_same_time_is_one_answer(
    app: Flask, token_maker: TokenMaker, person: Caller, database: Database
):
    session_id = _state(person)["id"]

    def send() -> Any:
        return Caller(client=app.test_client(), maker=token_maker).answer(session_id, "Одно").json

    answers = at_the_same_time([send] * 6)
    assert all(answer == answers[0] for answer in answers)
    assert _count(database, Answer) == 1


def test_the_same_client_message_id_does_not_stand_for_two_questions(person: Caller):
    session_id = _state(person)["id"]
    first, second = (question.id for question in FIRST.questions[:2])
    person.answer(session_id, "Одно", client_message_id="m-1", question_id=first)
    refused = person.answer(session_id, "Одно", client_message_id="m-1", question_id=second)
    assert (refused.status_code, refused.json["code"]) == (409, "client_message_id_reused")


def test_answers_at_the_same_time_answer_one_question_each(
    app: Flask, token_maker: TokenMaker, person: Caller, database: Database
):
    session_id = _state(person)["id"]
    questions = len(FIRST.questions)

    def send(number: int) -> int:
        caller = Caller(client=app.test_client(), maker=token_maker)
        return caller.answer(session_id, f"Ответ {number}").status_code

    statuses = at_the_same_time(
        [lambda number=number: send(number) for number in range(questions + 3)]  # type: ignore[misc]
    )
    assert sorted(statuses) == [201] * questions + [409] * 3
    lines = person.transcript(session_id).json["items"]
    shape = [line["is_user"] for line in lines[len(FIRST.explanations) + 1 :]]
    assert shape == [True, False, False] * questions
    assert len({line["text"] for line in lines if line["is_user"]}) == questions
    assert [
        entry["total_answers"] for entry in announced(database, "chat.progress.changed.v1")
    ] == (list(range(1, questions + 1)))


def test_an_idempotency_key_answers_once(person: Caller, database: Database):
    session_id = _state(person)["id"]
    key = {"Idempotency-Key": "k-1"}
    first = person.answer(session_id, "Одно", headers=key)
    again = person.answer(session_id, "Одно", headers=key)
    assert first.json == again.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert _count(database, Answer) == 1


def test_line_ids_are_unique_over_all_sessions_and_in_order(
    person: Caller, app: Flask, token_maker: TokenMaker
):
    other = Caller(client=app.test_client(), maker=token_maker, account_id=OTHER_CLIENT)
    mine, theirs = _state(person)["id"], _state(other)["id"]
    for text in ("Одно", "Другое"):
        person.answer(mine, text)
        other.answer(theirs, text)
    lines = [person.transcript(mine).json["items"], other.transcript(theirs).json["items"]]
    ids = [line["id"] for transcript in lines for line in transcript]
    assert len(set(ids)) == len(ids)
    assert all(
        [line["id"] for line in lists] == sorted(line["id"] for line in lists) for lists in lines
    )


def test_a_premium_member_may_start_any_stage_as_soon_as_the_event_is_heard(
    person: Caller, database: Database, clock: StandingClock, profiles: KnownProfiles
):
    profiles.is_down = True
    last = person.sessions()[11]["id"]
    assert person.start(last).status_code == 403
    assert hear(database, clock, event("profile.membership.started.v1", MEMBERSHIP)) == ["done"]
    assert all(item["is_unlocked"] for item in person.sessions())
    assert person.start(last).status_code == 200


def test_profile_is_asked_before_a_stage_counts_as_locked(
    person: Caller, profiles: KnownProfiles, token_maker: TokenMaker
):
    last = person.sessions()[11]["id"]
    assert person.start(last).status_code == 403
    profiles.premium_since = datetime(2026, 7, 6, tzinfo=UTC)
    assert person.start(last).status_code == 200
    assert all(item["is_unlocked"] for item in person.sessions())
    asked = len(profiles.asked)
    profiles.is_down = True
    assert all(item["is_unlocked"] for item in person.sessions())
    assert len(profiles.asked) == asked, "who is known to be premium is not asked about again"


def test_the_list_asks_profile_while_something_is_locked(person: Caller, profiles: KnownProfiles):
    assert not all(item["is_unlocked"] for item in person.sessions())
    profiles.premium_since = datetime(2026, 7, 6, tzinfo=UTC)
    assert all(item["is_unlocked"] for item in person.sessions())


@pytest.mark.parametrize("locale", ["ru", "en", "ar"])
def test_texts_follow_the_accounts_language(person: Caller, profiles: KnownProfiles, locale: str):
    profiles.locale = locale
    state = _state(person)
    assert state["stage"]["name"] == FIRST.name[locale]
    assert person.start(state["id"]).json["items"][0]["text"] == FIRST.explanations[0].text[locale]


def test_without_profile_an_unknown_language_is_english_and_is_asked_again_later(
    person: Caller, profiles: KnownProfiles
):
    profiles.is_down = True
    assert _state(person)["stage"]["name"] == FIRST.name["en"]
    profiles.is_down, profiles.locale = False, "ru"
    assert _state(person)["stage"]["name"] == FIRST.name["ru"]


def test_an_account_without_a_language_in_its_profile_is_spoken_to_in_english(
    person: Caller, profiles: KnownProfiles
):
    profiles.locale = None
    assert _state(person)["stage"]["name"] == FIRST.name["en"]


def test_a_changed_language_is_heard(person: Caller, database: Database, clock: StandingClock):
    assert _state(person)["stage"]["name"] == FIRST.name["en"]
    _speak(database, clock, "ar", version=1)
    assert _state(person)["stage"]["name"] == FIRST.name["ar"]


def test_the_pending_question_follows_a_change_of_language(
    person: Caller, database: Database, clock: StandingClock
):
    session_id = _state(person)["id"]
    question, explanation = FIRST.questions[0], FIRST.explanations[0]
    told = person.start(session_id).json["items"]
    _speak(database, clock, "ar", version=1)
    read = person.transcript(session_id).json["items"]
    assert (read[0]["text"], read[-1]["text"]) == (explanation.text["en"], question.text["ar"])
    assert person.start(session_id).json["items"] == [{**told[-1], "text": question.text["ar"]}]
    _speak(database, clock, "ru", version=2)
    refused = person.answer(session_id, "Да", question_id=FIRST.questions[1].id)
    assert refused.json["question"]["text"] == question.text["ru"]
    answered = person.answer(session_id, "Да").json["items"]
    assert answered[-1]["text"] == FIRST.questions[1].text["ru"]
    _speak(database, clock, "en", version=3)
    lines = person.transcript(session_id).json["items"][len(FIRST.explanations) :]
    assert [line["text"] for line in lines] == [
        question.text["ru"],
        "Да",
        question.acknowledgement["ru"],
        FIRST.questions[1].text["en"],
    ]


def test_what_was_said_at_the_end_stays_when_the_language_changes(
    person: Caller, database: Database, clock: StandingClock
):
    session_id = _state(person)["id"]
    _complete(person, session_id)
    _speak(database, clock, "ar", version=1)
    assert person.transcript(session_id).json["items"][-1]["text"] == FIRST.closing["en"]


def test_a_token_is_needed(client: Any):
    for method, path in (
        ("GET", "/api/v1/guided-sessions"),
        ("POST", "/api/v1/guided-sessions/1/start"),
        ("POST", "/api/v1/guided-sessions/1/answers"),
        ("GET", "/api/v1/guided-sessions/1/transcript"),
        ("GET", "/api/v1/stages"),
    ):
        answer = client.open(path, method=method)
        assert (answer.status_code, answer.json["code"]) == (401, "not_authenticated")


def test_an_answer_keeps_the_moment_it_was_given(person: Caller, clock: StandingClock):
    session_id = _state(person)["id"]
    person.start(session_id)
    clock.advance(seconds=90)
    person.answer(session_id)
    last = person.transcript(session_id).json["items"][-1]["created_at"]
    assert datetime.fromisoformat(last) == clock.now()
    assert clock.now() - datetime(2026, 7, 6, 8, tzinfo=UTC) == timedelta(seconds=90)
