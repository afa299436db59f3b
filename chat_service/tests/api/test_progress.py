"""`/internal/v1/progress`, as profile_service asks it."""

from flask.testing import FlaskClient

from chat_service.domain.stages import load_programmes
from chat_service.tests.factories import CLIENT, Caller
from shared.testing.tokens import internal_headers

FIRST = load_programmes().newest.stages[0]


def _progress(client: FlaskClient, account_id: int) -> object:
    answer = client.get(f"/internal/v1/progress/{account_id}", headers=internal_headers())
    assert answer.status_code == 200
    return answer.get_json()


def test_somebody_who_never_came_has_no_progress(client: FlaskClient):
    nothing = {"completed_stages": 0, "ratio": 0.0, "total_answers": 0}
    assert _progress(client, 999) == nothing


def test_progress_counts_answers_and_completed_stages(client: FlaskClient, person: Caller):
    first, second = (item["id"] for item in person.sessions()[:2])
    for question in FIRST.questions:
        person.answer(first, question_id=question.id)
    person.answer(second)
    assert _progress(client, CLIENT) == {
        "completed_stages": 1,
        "ratio": 0.0833,
        "total_answers": len(FIRST.questions) + 1,
    }


def test_only_holders_of_the_internal_key_may_ask(client: FlaskClient, person: Caller):
    assert client.get(f"/internal/v1/progress/{CLIENT}").status_code == 401
    assert person.call("GET", f"/internal/v1/progress/{CLIENT}").status_code == 401
