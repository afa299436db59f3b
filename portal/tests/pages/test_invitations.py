"""Accepting an invitation."""

from portal.tests.mailed_link_outcomes import MailedLinkPage, PasswordOutcomes


class TestAcceptingAnInvitation(PasswordOutcomes):
    page = MailedLinkPage(
        path="/app/accept-invitation",
        operation="/api/v1/invitations/acceptance",
        typed={"password": "three words here"},
        asks="Accept the invitation",
        done="Your account is ready",
        next_after_done="/app/log-in",
        next_after_refusal="/app/log-in",
    )
