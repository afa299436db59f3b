"""A forgotten password: asking for the mail, and setting another one."""

from portal.tests.asking_outcomes import AskingOutcomes, AskingPage
from portal.tests.mailed_link_outcomes import MailedLinkPage, PasswordOutcomes


class TestAskingForAReset(AskingOutcomes):
    page = AskingPage(
        path="/app/forgot-password",
        operation="/api/v1/password-resets",
        asks="Set another password",
    )


class TestSettingAPassword(PasswordOutcomes):
    page = MailedLinkPage(
        path="/app/set-password",
        operation="/api/v1/password-resets/confirm",
        typed={"password": " three words here "},
        asks="Set a new password",
        done="Your new password is set",
        next_after_done="/app/log-in",
        next_after_refusal="/app/forgot-password",
    )
