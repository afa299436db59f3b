"""Messages: read, sent once, kept when refused."""

from portal.tests.clients import (
    message,
)
from portal.tests.stub_gateway import Reply, StubGateway, problem
from portal.tests.visitors import VisitorWithBrowser


def test_reading_a_conversation_marks_it_and_sending_twice_sends_one(
    client: VisitorWithBrowser, stub: StubGateway
) -> None:
    stub.reply("PUT", "/api/v1/conversations/3/read-mark", Reply(json={}))
    page = "/app/messages/3"
    shown = client.get(page)
    assert stub.asked_for("PUT", "/api/v1/conversations/3/read-mark")[0].json == {"message_id": 3}
    assert "This message was deleted." in shown.texts
    stub.reply("POST", "/api/v1/messages", Reply(status=201, json=message(4, 7, "x")))
    for _again in range(2):
        client.send(shown, page, page, text="Good day")
    first, second = stub.asked_for("POST", "/api/v1/messages")
    assert first.json == {"recipient_id": 4, "text": "Good day"}
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


def test_a_refused_message_is_still_in_its_field(
    client: VisitorWithBrowser, stub: StubGateway
) -> None:
    page = "/app/messages/3"
    stub.reply("POST", "/api/v1/messages", problem(422, "invalid_request", errors={"text": ["x"]}))
    shown = client.send(client.get(page), page, page, text="much too long")
    assert client.status == 422
    assert shown.error_of("text").startswith("A message has up to 4,000 characters")
    assert ">much too long</textarea>" in shown.source
