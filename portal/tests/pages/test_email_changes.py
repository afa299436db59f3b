"""Undoing a change of address."""

from portal.tests.mailed_link_outcomes import MailedLinkOutcomes, MailedLinkPage


class TestUndoingAChangeOfAddress(MailedLinkOutcomes):
    page = MailedLinkPage(
        path="/app/undo-email-change",
        operation="/api/v1/email-changes/undo",
        asks="Take back the change of your address",
        done="Your old address is back",
        next_after_done="/app/forgot-password",
        next_after_refusal="/app/forgot-password",
    )
