"""Confirming an address, and asking for that mail again."""

import pytest

from portal.tests.asking_outcomes import AskingOutcomes, AskingPage
from portal.tests.conftest import log_in
from portal.tests.mailed_link_outcomes import MailedLinkOutcomes, MailedLinkPage
from portal.tests.stub_gateway import Reply, StubGateway
from portal.tests.visitors import VisitorWithBrowser
from shared.testing.clocks import StandingClock


class TestConfirmingAnAddress(MailedLinkOutcomes):
    page = MailedLinkPage(
        path="/app/confirm-address",
        operation="/api/v1/verifications",
        asks="Confirm your e-mail address",
        done="Your address is confirmed",
        next_after_done="/app/log-in",
        next_after_refusal="/app/new-confirmation",
    )

    def test_where_no_password_stands_it_says_what_is_left_to_do(
        self, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        stub.reply("POST", self.page.operation, Reply(json={"is_password_needed": True}))
        shown = self.sent(visitor, self.opened(visitor))
        assert shown.heading == self.page.done
        assert "choose the password with it" in shown.source
        assert "/app/forgot-password" in shown.links
        assert "choose the password with it" in visitor.get(self.page.path).source

    def test_before_the_press_it_says_where_a_code_belongs(
        self, visitor: VisitorWithBrowser
    ) -> None:
        assert "Enter the code from the mail there instead" in self.opened(visitor).source

    @pytest.mark.parametrize(
        ("purpose", "is_told"),
        [("sign_up", False), ("email_change", True), ("email_correction", True), ("x", False)],
    )
    def test_a_change_of_address_is_told_when_it_was_one(
        self, purpose: str, is_told: bool, visitor: VisitorWithBrowser, stub: StubGateway
    ) -> None:
        stub.reply("POST", self.page.operation, Reply(json={"purpose": purpose}))
        shown = self.sent(visitor, self.opened(visitor))
        assert shown.heading == self.page.done
        assert ("From now on this is the address" in shown.source) is is_told

    def test_who_is_logged_in_is_led_to_the_login_sessions(
        self, visitor: VisitorWithBrowser, stub: StubGateway, clock: StandingClock
    ) -> None:
        log_in(visitor, stub, clock)
        stub.reply("POST", self.page.operation, Reply(json={}))
        shown = self.sent(visitor, self.opened(visitor))
        assert "/app/log-in" not in shown.links
        assert shown.links.count("/app/login-sessions") == 1


class TestAskingForTheMailAgain(AskingOutcomes):
    page = AskingPage(
        path="/app/new-confirmation",
        operation="/api/v1/verification-codes",
        asks="Have another mail sent",
    )
