"""Everything profile_service refuses, each a subclass of a shared error."""

from shared.errors import Conflict, InvalidRequest, NotFound


class ProfileNotFound(NotFound):
    """No account under that id."""

    message = "There is no such profile."


class NotAnImage(InvalidRequest):
    """The bytes are no JPEG, PNG or WebP picture we can use: foreign, cut short, too many pixels,
    or two things at once.
    """

    message = "This is not a JPEG, PNG or WebP picture, or it has too many pixels."


class AlreadyPremium(Conflict):
    """The membership was started before."""

    message = "You are a premium member already."


class PaymentCardRequired(Conflict):
    """Memberships need a card on file here, and there is none."""

    message = "A payment card is required."
