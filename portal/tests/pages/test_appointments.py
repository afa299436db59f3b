"""One's appointments: moved, cancelled, refused."""

from portal.tests.clients import (
    LATER,
)
from portal.tests.stub_gateway import Reply, StubGateway, problem
from portal.tests.visitors import VisitorWithBrowser


def test_an_appointment_is_moved_and_cancelled(
    client: VisitorWithBrowser, stub: StubGateway
) -> None:
    stub.reply("POST", "/api/v1/appointments/1/reschedule", Reply(status=201, json={"id": 1}))
    move = client.get("/app/calendar/1/move")
    assert (
        "Moved. A mail says the same."
        in client.send(move, "/app/calendar/1/move", "/app/calendar/1/move", starts_at=LATER).texts
    )
    stub.reply("POST", "/api/v1/appointments/1/cancellation", Reply(json={}))
    cancel = "/app/calendar/1/cancel"
    done = client.send(client.get("/app/calendar/1"), "", cancel, reason=" ill ")
    assert "Cancelled. The hour is free again." in done.texts
    assert stub.asked_for("POST", "/api/v1/appointments/1/cancellation")[0].json == {
        "reason": "ill"
    }
    stub.reply("POST", "/api/v1/appointments/1/cancellation", problem(409, "too_late_to_cancel"))
    refused = client.send(client.get("/app/calendar/1"), "", cancel, reason="ill")
    assert "It is too late to cancel this appointment. Write to your therapist." in refused.texts
    assert refused.form(cancel).fields.keys() >= {"reason"}
