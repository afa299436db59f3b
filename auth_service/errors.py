"""Everything auth_service refuses, each a subclass of a shared error."""

from collections.abc import Sequence
from typing import ClassVar

from shared.errors import Conflict, InvalidRequest, NotAllowed, NotAuthenticated, NotFound
from shared.problems import Members


class AccountNotFound(NotFound):
    """No account under that id, or one the caller may not see."""

    message = "There is no such account."


class LoginSessionNotFound(NotFound):
    """No login session under that id, or somebody else's."""

    message = "There is no such login session."


class NoSecondFactor(NotFound):
    """Nobody has begun to set one up."""

    message = "There is no second factor."


class NoResetCode(NotFound):
    """Nobody asked for a reset code for this address in the last ten minutes, or it was used."""

    message = "There is no reset code for this address."


class EmailTaken(Conflict):
    """Another account has the address."""

    message = "This e-mail address is taken."


class UserNameTaken(Conflict):
    """Another account has the user name, without regard to case."""

    message = "This user name is taken."


class InvitationNotPossible(Conflict):
    """The account has a password already, or is locked."""

    message = "This account has a password already, or is locked."


class SecondFactorStands(Conflict):
    """The account has a second factor already."""

    message = "There is a second factor already."


class InvalidCredentials(NotAuthenticated):
    """Unknown address, wrong password or locked account: all answer alike."""

    message = "Wrong e-mail address or password."
    remedy = "Let the person type both again; whoever forgot theirs resets the password."


class SecondFactorRequired(NotAuthenticated):
    """The password was right, and the account has a second factor, which was not shown."""

    message = "A code of the second factor is needed."
    remedy = "Ask for a code of the app, and send it as `second_factor` beside the same password."


class SecondFactorNotAccepted(NotAuthenticated):
    """The code is wrong, was used, or its time is over: all answer alike."""

    message = "This code of the second factor is not accepted."
    remedy = "Let the person type the next code of their app, or a recovery code."


class SecondFactorElsewhere(NotAuthenticated):
    """The password was right; an account with a second factor logs in by the clean API only."""

    message = "This account logs in with a second factor, which this system does not know."


class InvalidRefreshToken(NotAuthenticated):
    """Unknown, used, expired, or of an ended login session: all answer alike."""

    message = "The refresh token cannot be used."
    remedy = "Log in again."


class EmailNotVerified(NotAllowed):
    """The password is right, but nobody has proved the address yet."""

    message = "The e-mail address has not been verified."


class CodeNotAccepted(InvalidRequest):
    """Wrong, expired, used, replaced, or its tries are used up: all answer alike."""

    message = "This code is not accepted."


class LinkNotAccepted(InvalidRequest):
    """Unknown, used, replaced, or too old: all answer alike."""

    message = "This link is no longer good."


class InvitationNotAccepted(InvalidRequest):
    """Unknown, used, replaced or expired, or the account is locked: all answer alike."""

    message = "This invitation is not accepted."


class OpenedByInvitation(InvalidRequest):
    """Nobody chooses the password of a therapist or of staff for them."""

    message = "Therapists and staff choose their own password by the link that is mailed to them."


class UndoTokenNotAccepted(InvalidRequest):
    """No change of address can be undone with this token."""

    message = "This change can no longer be undone."


class EmailCorrectionNotFound(NotFound):
    """No such proposal, or one that was agreed to, replaced, or is too old."""

    message = "There is no such correction of an address."


class FreshLoginRequired(NotAllowed):
    """The login is older than ten minutes and no password was shown."""

    message = "Log in again, or send the password."
    remedy = "Ask for the password, and send it along."


class PasswordIncorrect(InvalidRequest):
    """The password sent to confirm an act is another one."""

    message = "The password is incorrect."


class OldPasswordIncorrect(InvalidRequest):
    """The present password is another one."""

    message = "The old password is incorrect."


class PasswordRejected(InvalidRequest):
    """The password breaks the policy; `reasons` says how, in the policy's order."""

    message = "This password cannot be used."
    members: ClassVar[Members] = {
        "reasons": {
            "type": "array",
            "items": {"type": "string"},
            "description": "how it breaks the policy, in the policy's order",
        }
    }
    remedy = "Show the `reasons`, and let the person choose another password."

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(reasons=list(reasons))
