"""Confirming an address, and asking for that mail again."""

from portal.tests.asking_outcomes import AskingOutcomes, AskingPage
from portal.tests.mailed_link_outcomes import MailedLinkOutcomes, MailedLinkPage


class TestConfirmingAnAddress(MailedLinkOutcomes):
    page = MailedLinkPage(
        path="/app/confirm-address",
        operation="/api/v1/verifications",
        asks="Confirm your e-mail address",
        done="Your address is confirmed",
        next_after_done="/app/log-in",
        next_after_refusal="/app/new-confirmation",
    )


class TestAskingForTheMailAgain(AskingOutcomes):
    page = AskingPage(
        path="/app/new-confirmation",
        operation="/api/v1/verification-codes",
        asks="Have another mail sent",
    )
