"""Changing the therapist."""

from portal.tests.stub_gateway import Reply, StubGateway
from portal.tests.visitors import VisitorWithBrowser


def test_a_therapist_is_left_with_the_reasons(
    client: VisitorWithBrowser, stub: StubGateway
) -> None:
    stub.reply("POST", "/api/v1/care-relations/current/end", Reply(json={}))
    page = client.get("/app/change")
    client.send(page, "", "/app/change", **{"because-0": "yes", "more_reasons": "other hours"})
    [sent] = stub.asked_for("POST", "/api/v1/care-relations/current/end")
    assert sent.json == {
        "practitioner_id": 4, "reasons": [0], "more_reasons": "other hours", "wants_call": False,
    }  # fmt: skip
