"""Everything notification_service refuses, each a subclass of a shared error."""

from shared.errors import Conflict, NotFound


class NotificationNotFound(NotFound):
    """No notification under that id, or somebody else's, or deleted."""

    message = "There is no such notification."


class MailNotFound(NotFound):
    """No mail under that id."""

    message = "There is no such mail."


class MailCannotBeResent(Conflict):
    """The mail waits to be sent anyway, carried a code that is used up or wiped, tells of an hour
    that has begun, or was overtaken by a newer one.
    """

    message = "This mail cannot be sent again: it waits, its code is gone, or it is out of date."
