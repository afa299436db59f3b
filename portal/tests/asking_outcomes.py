"""What holds for every form by which somebody asks for a mail; each noun's tests inherit it."""

from dataclasses import dataclass

import pytest

from portal.tests.stub_gateway import Reply, StubGateway, problem
from portal.tests.visitors import VisitorWithBrowser

REFUSED_ADDRESS = problem(422, "invalid_request", errors={"email": ["Not a valid address."]})


@dataclass(frozen=True, kw_only=True)
class AskingPage:
    path: str
    operation: str
    asks: str


class AskingOutcomes:
    page: AskingPage

    def test_asking_says_that_a_mail_may_come(
        self, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        stub.reply("POST", self.page.operation, Reply(status=202, json={}))
        shown = visitor.get(self.page.path)
        assert shown.heading == self.page.asks
        shown = visitor.send(shown, self.page.path, email=" anna@example.org ")
        assert (visitor.status, shown.heading) == (200, "Look into your mailbox")
        assert "anna" not in shown.source
        [asked] = stub.asked
        assert asked.json == {"email": "anna@example.org"}
        assert visitor.get(self.page.path).heading == self.page.asks

    @pytest.mark.parametrize(
        ("typed", "reply", "said"),
        [
            ("", None, "Write your e-mail address."),
            ("  ", None, "Write your e-mail address."),
            ("anna", REFUSED_ADDRESS, "This is not an address mail can be sent to."),
        ],
    )
    def test_an_address_that_is_none_is_told_beside_the_field_and_stays_there(
        self, typed: str, reply: Reply | None, said: str,
        visitor: VisitorWithBrowser, stub: StubGateway,
    ) -> None:  # fmt: skip
        if reply is not None:
            stub.reply("POST", self.page.operation, reply)
        shown = visitor.send(visitor.get(self.page.path), self.page.path, email=typed)
        assert visitor.status == 422
        assert shown.error_of("email") == said
        assert shown.focused == ["problems"]
        assert shown.form().fields["email"] == typed

    def test_what_was_typed_is_shown_as_text(
        self, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        stub.reply("POST", self.page.operation, REFUSED_ADDRESS)
        typed = '"><script>alert(1)</script>'
        shown = visitor.send(visitor.get(self.page.path), self.page.path, email=typed)
        assert "<script>alert" not in shown.source
        assert shown.form().fields["email"] == typed

    def test_over_the_limit_it_says_when(
        self, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        stub.reply("POST", self.page.operation, problem(429, "too_many_requests"))
        shown = visitor.send(visitor.get(self.page.path), self.page.path, email="a@example.org")
        assert visitor.status == 429
        assert "Try again in 1 minute." in shown.source
        assert shown.form().fields["email"] == "a@example.org"

    def test_a_form_of_another_site_sends_nothing_and_what_was_typed_stays(
        self, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        visitor.get(self.page.path)
        shown = visitor.post(self.page.path, {"form_key": "x", "email": "a@example.org"})
        assert visitor.status == 403
        assert shown.form().fields["email"] == "a@example.org"
        assert stub.asked == []

    def test_without_the_gateway_it_says_so(
        self, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        stub.close()
        visitor.send(visitor.get(self.page.path), self.page.path, email="a@example.org")
        assert visitor.status == 503
