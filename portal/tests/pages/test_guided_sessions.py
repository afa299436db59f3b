"""Guided sessions."""

from portal.tests.stub_gateway import Reply, StubGateway
from portal.tests.visitors import VisitorWithBrowser


def test_an_answer_names_its_question(client: VisitorWithBrowser, stub: StubGateway) -> None:
    stub.reply("POST", "/api/v1/guided-sessions/5/answers", Reply(status=201, json={"items": []}))
    page = "/app/steps/5"
    client.send(client.get(page), page, page, text="A walk")
    [sent] = stub.asked_for("POST", "/api/v1/guided-sessions/5/answers")
    assert sent.json == {"text": "A walk", "question_id": "q1"}
