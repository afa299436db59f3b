"""Confirming an address, and asking for that mail again."""

from portal.tests.asking_outcomes import AskingOutcomes, AskingPage
from portal.tests.mailed_link_outcomes import MailedLinkOutcomes, MailedLinkPage
from portal.tests.stub_gateway import Reply, StubGateway
from portal.tests.visitors import VisitorWithBrowser


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


class TestAskingForTheMailAgain(AskingOutcomes):
    page = AskingPage(
        path="/app/new-confirmation",
        operation="/api/v1/verification-codes",
        asks="Have another mail sent",
    )
