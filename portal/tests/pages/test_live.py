"""Tickets for the live stream."""

from portal.tests.conftest import MakeVisitor
from portal.tests.stub_gateway import Reply, StubGateway
from portal.tests.visitors import VisitorWithBrowser


def test_a_ticket_for_the_stream_is_for_who_is_logged_in(
    client: VisitorWithBrowser, make_visitor: MakeVisitor, stub: StubGateway
) -> None:
    stub.reply("POST", "/api/v1/stream-tickets", Reply(status=201, json={"ticket": "t1"}))
    key = client.get("/app/messages/3").form("/app/language").fields["form_key"]
    client.post("/app/live", {"form_key": key})
    assert client.answer is not None
    assert client.answer.json == {"ticket": "t1"}
    stranger = make_visitor()
    key = stranger.get("/app/").form("/app/language").fields["form_key"]
    stranger.post("/app/live", {"form_key": key})
    assert stranger.status == 204
