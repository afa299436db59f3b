"""Signing up."""

import json

from portal.tests.clients import (
    know_everything,
)
from portal.tests.conftest import MakeVisitor
from portal.tests.stub_gateway import Reply, StubGateway


def test_signing_up_says_to_look_into_the_mailbox(
    make_visitor: MakeVisitor, stub: StubGateway
) -> None:
    know_everything(stub)
    visitor = make_visitor("ru")
    stub.reply("POST", "/api/v1/registrations", Reply(status=202, json={"secret": "s1"}))
    page = visitor.get("/app/sign-up")
    refused = visitor.send(page, "/app/sign-up", first_name="", email="", password="")
    assert len(refused.described) >= 3
    shown = visitor.send(
        page, "/app/sign-up", first_name="Лена", email="lena@example.org", password="three words"
    )
    assert shown.heading == "Загляните в почту"
    body = json.loads(stub.asked_for("POST", "/api/v1/registrations")[0].body)
    assert (body["first_name"], body["locale"]) == ("Лена", "ru")
    stub.reply("POST", "/api/v1/verifications", Reply(json={"purpose": "sign_up"}))
    confirm = "/app/confirm-address"
    for browser in (visitor, make_visitor("ru")):
        browser.send(browser.get(f"{confirm}?token=t1"), confirm)
    here, elsewhere = stub.asked_for("POST", "/api/v1/verifications")
    assert here.json == {"token": "t1", "secret": "s1"}
    assert elsewhere.json == {"token": "t1"}
