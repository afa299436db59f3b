"""Mails from the moment they are due until they are sent or given up.

`queued → sending → sent | failed | abandoned`. A worker claims a mail in one transaction, sends it
outside of any, and records what came of it in another. When it dies in between, the lease ends and
another worker sends the mail once more under the same Message-ID.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any, Protocol

import uuid_utils
from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from notification_service.domain.audit_entries import Act
from notification_service.domain.installations import installation_key
from notification_service.domain.parameters import Parameters, stored
from notification_service.domain.wording import mail_descriptions
from notification_service.errors import MailCannotBeResent, MailNotFound
from notification_service.models.mails import (
    ABANDONED,
    FAILED,
    OPEN_STATES,
    QUEUED,
    SENDING,
    SENT,
    Mail,
)
from notification_service.models.recipients import Recipient
from notification_service.queries.mails import (
    has_newer_of_its_topic,
    is_in_turn,
    is_overtaken,
    is_superseded,
    mail_for_update,
    next_due_mail_for_update,
    was_proved_too_late,
)
from notification_service.queries.recipients import recipient_for_update, unproved_recipients
from shared.audit_entries import add_audit_entry
from shared.database import insert_unless_there

PAUSES_SECONDS = (5, 60, 600, 3600)
MOST_TRIES = len(PAUSES_SECONDS) + 1
SHORTEST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
WAITS_FOR_SERVER = timedelta(days=3)
LEASE = timedelta(minutes=2)  # each step of a delivery is given ten seconds by its client
WAITS_FOR_RECIPIENT = timedelta(days=7)
KEPT = timedelta(days=90)
_WITHOUT_SECRETS = dict.fromkeys(("sealed", "sealed_for", "sealed_token", "sealed_token_for"))


class MailRefused(Exception):
    """The mail will never be taken: the address or the content was refused for good. The reason
    holds no personal data.
    """


class MailNotDelivered(Exception):
    """The mail was not taken this time. The reason holds no personal data."""


class MailPutOff(MailNotDelivered):
    """The server asks for patience with this mail, or was silent about it; that says nothing about
    the mails of others. The reason holds no personal data.
    """


class MailServerAway(MailNotDelivered):
    """The server cannot be reached, or asks everybody for patience. The reason holds no personal
    data.
    """


class Mailbox(Protocol):
    """Where mails leave. Not shared by threads."""

    def deliver(self, message: EmailMessage) -> None:
        """Hand over one mail; it was taken when this returns.

        Raises:
            MailRefused: it will never be taken.
            MailPutOff: this mail is to be tried again later.
            MailServerAway: the server is to be asked again later.
            MailNotDelivered: it was refused, but may be taken another time.
        """
        ...

    def close(self) -> None:
        """Let go of any connection; never raises."""
        ...


@dataclass(frozen=True, kw_only=True)
class QueueMail:
    """A mail to a person we know, at whatever address and in whatever language they have then.

    Of mails of one `topic` to a person only the one with the highest `topic_sequence` is sent.
    After `expires_at` it is not sent any more.
    """

    event_id: str
    happened_at: datetime
    recipient_id: int
    template: str
    parameters: Parameters = field(repr=False)
    topic: str | None = None
    topic_sequence: int | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class QueueCodeMail:
    """A code for an address, perhaps with the token of a link; `sealed` opens only for the context
    `sealed_for`, `sealed_token` only for `sealed_token_for`.
    """

    event_id: str
    happened_at: datetime
    recipient_id: int | None
    address: str
    template: str
    locale: str
    sealed: str = field(repr=False)
    sealed_for: str = field(repr=False)
    sealed_token: str | None = field(repr=False)
    sealed_token_for: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class QueueNotice:
    """A notice about an account for an address; with the sealed token of a link where it needs
    one.
    """

    event_id: str
    happened_at: datetime
    recipient_id: int | None
    address: str
    template: str
    locale: str
    sealed: str | None = field(repr=False)
    sealed_for: str | None = field(repr=False)
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ClaimedMail:
    """A mail one worker may send now, with everything its text needs. `attempt` counts from 1."""

    id: int
    attempt: int
    message_id: str
    expires_at: datetime | None
    away_since: datetime | None
    address: str = field(repr=False)
    template: str
    locale: str | None
    zone_name: str | None
    first_name: str = field(repr=False)
    installation_key: str
    parameters: str = field(repr=False)
    sealed: str | None = field(repr=False)
    sealed_for: str | None = field(repr=False)
    sealed_token: str | None = field(repr=False)
    sealed_token_for: str | None = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class MailView:
    """A mail as operators see it: never its address or content."""

    id: int
    state: str
    template: str
    recipient_id: int | None
    attempts: int
    created_at: datetime
    retry_at: datetime | None
    finished_at: datetime | None
    problem: str | None

    @classmethod
    def of(cls, mail: Mail) -> "MailView":
        """Copy what may be shown."""
        return cls(**{name: getattr(mail, name) for name in cls.__dataclass_fields__})


def queue_mails(session: Session, *commands: QueueMail) -> None:
    """Queue one mail per event and person; it goes where the person is reached when it is sent.

    None of them is about security, so none goes to an address nobody has proved: there it waits
    only for the news that the proof was older than the event.
    """
    unproved = unproved_recipients(session, [command.recipient_id for command in commands])
    rows = [
        _queued(
            origin=f"{command.event_id}/{command.recipient_id}",
            recipient_id=command.recipient_id,
            template=command.template,
            parameters=stored(command.parameters),
            topic=command.topic,
            topic_sequence=command.topic_sequence,
            waits_for_proof=command.recipient_id in unproved,
            expires_at=command.expires_at,
            created_at=command.happened_at,
        )
        for command in commands
    ]
    insert_unless_there(session, Mail, *rows)


def queue_code_mail(session: Session, command: QueueCodeMail) -> None:
    """Queue a code for an address and abandon older ones of the same purpose; one that is itself
    older than a known one is abandoned at once.
    """
    origin = f"{command.event_id}/address"
    is_old = is_superseded(
        session,
        address=command.address,
        template=command.template,
        happened_at=command.happened_at,
        origin=origin,
    )
    row = _queued(
        origin=origin,
        recipient_id=command.recipient_id,
        address=command.address,
        template=command.template,
        locale=command.locale,
        parameters=stored({}),
        sealed=command.sealed,
        sealed_for=command.sealed_for,
        sealed_token=command.sealed_token,
        sealed_token_for=command.sealed_token_for if command.sealed_token else None,
        expires_at=command.expires_at,
        created_at=command.happened_at,
    )
    if is_old:
        row |= _abandoned("superseded", command.happened_at)
    insert_unless_there(session, Mail, row)
    session.execute(
        update(Mail)
        .where(
            Mail.address == command.address,
            Mail.template == command.template,
            Mail.origin != origin,
            Mail.created_at <= command.happened_at,
            Mail.state.in_(OPEN_STATES),
        )
        .values(**_abandoned("superseded", command.happened_at))
        .execution_options(synchronize_session=False)
    )


def queue_notice(session: Session, command: QueueNotice) -> None:
    """Queue a notice for an address; no setting switches it off."""
    row = _queued(
        origin=f"{command.event_id}/address",
        recipient_id=command.recipient_id,
        address=command.address,
        template=command.template,
        locale=command.locale,
        parameters=stored({}),
        sealed=command.sealed,
        sealed_for=command.sealed_for,
        expires_at=command.expires_at,
        created_at=command.happened_at,
    )
    insert_unless_there(session, Mail, row)


def drop_mails(session: Session, recipient_id: int, topic: str, *, now: datetime) -> None:
    """Give up a person's mails of a topic that wait: what they tell is over."""
    _end(session, Mail.topic == topic, Mail.recipient_id == recipient_id, Mail.state == QUEUED,
         values=_abandoned("over", now))  # fmt: skip


def claim_mail(
    session: Session, *, now: datetime, without_domains: Collection[str] = ()
) -> ClaimedMail | None:
    """Take the next mail that is due for sending to another domain than those, or None when there
    is none: those with a code or a link first, then the oldest.

    The mail is this worker's for the lease; its try is counted now, so that a worker that dies on a
    mail again and again does not try for ever. Locks the recipient of a mail with a topic.
    """
    mail = _next_in_turn(session, now, without_domains)
    if mail is None:
        return None
    mail.state = SENDING
    mail.attempts += 1
    mail.retry_at = now + LEASE
    recipient = session.get(Recipient, mail.recipient_id) if mail.recipient_id else None
    return _claimed(mail, recipient, installation_key(session))


def record_sent(session: Session, claimed: ClaimedMail, *, now: datetime) -> None:
    """Note that the mail left, and wipe its secret."""
    session.execute(
        update(Mail)
        .where(Mail.id == claimed.id)
        .values(
            state=SENT,
            finished_at=now,
            retry_at=None,
            problem=None,
            **_WITHOUT_SECRETS,
        )
        .execution_options(synchronize_session=False)
    )


def record_not_sent(
    session: Session, claimed: ClaimedMail, *, reason: str, is_final: bool, now: datetime
) -> str:
    """Note a failed try and when the next one is due; give the state it leaves.

    Nothing is noted when the lease ended meanwhile and another worker has the mail, or when a newer
    code has replaced it.
    """
    is_over = is_final or claimed.attempt >= MOST_TRIES
    values: dict[str, Any] = {"problem": reason[:200], "state": QUEUED, "away_since": None}
    if is_over:
        values |= {"state": FAILED, "finished_at": now, "retry_at": None}
    else:
        pause = timedelta(seconds=PAUSES_SECONDS[claimed.attempt - 1])
        values["retry_at"] = now + pause
    _note_attempt(session, claimed, values)
    return str(values["state"])


def record_put_off(session: Session, claimed: ClaimedMail, *, reason: str, now: datetime) -> str:
    """Note that the server was away or put the mail off, which uses up no try; give the state it
    leaves. The mail waits as long again as it has waited, an hour at most, and is abandoned when it
    expires or has waited for three days.

    Nothing is noted in the cases of `record_not_sent`.
    """
    away_since = claimed.away_since or now
    ends_at = away_since + WAITS_FOR_SERVER
    if claimed.expires_at is not None:
        ends_at = min(ends_at, claimed.expires_at)
    pause = max(SHORTEST_WAIT, min(LONGEST_WAIT, now - away_since, (ends_at - now) / 10))
    values: dict[str, Any] = {
        "problem": reason[:200],
        "state": QUEUED,
        "attempts": claimed.attempt - 1,
        "away_since": away_since,
        "retry_at": now + pause,
    }
    if now >= ends_at:
        values |= _abandoned(reason[:200], now)
    _note_attempt(session, claimed, values)
    return str(values["state"])


def settle_mails(session: Session, *, now: datetime) -> int:
    """Give up what nobody will send any more and wipe secrets whose time is over; give how many
    mails were given up.

    Abandoned: expired ones, those a newer one of their topic has overtaken, those whose address was
    proved only after what they tell, and those whose recipient stayed unknown or without a proved
    address for seven days. Failed: those whose worker died at the last try.
    """
    is_free = or_(Mail.retry_at.is_(None), Mail.retry_at <= now)
    expired = _end(session, Mail.state.in_(OPEN_STATES), is_free, Mail.expires_at <= now,
                   values=_abandoned("expired", now))  # fmt: skip
    is_idle = or_(Mail.state == QUEUED, is_free)
    overtaken = _end(session, Mail.state.in_(OPEN_STATES), is_idle, is_overtaken(),
                     values=_abandoned("superseded", now))  # fmt: skip
    unproved = _end(session, Mail.state == QUEUED, was_proved_too_late(),
                    values=_abandoned("address not proved", now))  # fmt: skip
    unknown = _end(session, Mail.state == QUEUED, Mail.attempts == 0, Mail.address.is_(None),
                   Mail.away_since.is_(None), Mail.created_at <= now - WAITS_FOR_RECIPIENT,
                   values=_abandoned("recipient unknown", now))  # fmt: skip
    died = _end(session, Mail.state == SENDING, is_free, Mail.attempts >= MOST_TRIES,
                values={"state": FAILED, "problem": "worker died", "finished_at": now,
                        "retry_at": None})  # fmt: skip
    _end(session, Mail.sealed.is_not(None), Mail.expires_at <= now, Mail.state != SENDING,
         values=_WITHOUT_SECRETS)  # fmt: skip
    return expired + overtaken + unproved + unknown + died


def resend_mail(session: Session, mail_id: int, *, now: datetime) -> None:
    """Queue a finished mail again, with all its tries, under its old Message-ID; leaves an audit
    entry.

    Raises:
        MailNotFound: no such mail.
        MailCannotBeResent: it waits anyway, the code it carried is gone, its time is over, or a
            newer one of its topic was written.
    """
    mail = mail_for_update(session, mail_id)
    if mail is None:
        raise MailNotFound
    carried_a_secret = mail_descriptions()[mail.template].sealed is not None
    is_gone = carried_a_secret and mail.sealed is None
    is_over = mail.expires_at is not None and mail.expires_at <= now
    if mail.state in OPEN_STATES or is_gone or is_over or has_newer_of_its_topic(session, mail):
        raise MailCannotBeResent
    mail.state = QUEUED
    mail.attempts = 0
    mail.away_since = None
    mail.retry_at = None
    mail.finished_at = None
    mail.problem = None
    add_audit_entry(session, Act.MAIL_RESENT, account_id=mail.recipient_id, actor_id=None, now=now)


def _queued(**values: Any) -> dict[str, Any]:
    new = {"state": QUEUED, "attempts": 0, "waits_for_proof": False}
    return {**new, "message_id": str(uuid_utils.uuid7()), **values}


def _next_in_turn(session: Session, now: datetime, without_domains: Collection[str]) -> Mail | None:
    """Give the next due mail, locked. Workers that want two mails of one topic at once look one
    after the other, so that the newer one is never on its way beside the older.
    """
    while True:
        mail = next_due_mail_for_update(
            session, now=now, most_tries=MOST_TRIES, without_domains=without_domains
        )
        if mail is None or mail.topic is None or mail.recipient_id is None:
            return mail
        recipient_for_update(session, mail.recipient_id)
        if is_in_turn(session, mail, now=now):
            return mail
        mail.retry_at = now + SHORTEST_WAIT
        session.flush()


def _note_attempt(session: Session, claimed: ClaimedMail, values: Mapping[str, Any]) -> None:
    session.execute(
        update(Mail)
        .where(Mail.id == claimed.id, Mail.state == SENDING, Mail.attempts == claimed.attempt)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _abandoned(reason: str, now: datetime) -> dict[str, Any]:
    return {
        "state": ABANDONED,
        "problem": reason,
        "finished_at": now,
        "retry_at": None,
        **_WITHOUT_SECRETS,
    }


def _end(session: Session, *conditions: Any, values: Mapping[str, Any]) -> int:
    ended = session.execute(
        update(Mail)
        .where(*conditions)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return int(ended.rowcount)  # type: ignore[attr-defined] # a CursorResult


def _claimed(mail: Mail, recipient: Recipient | None, own_key: str) -> ClaimedMail:
    address = mail.address or (recipient.email if recipient else None)
    return ClaimedMail(
        id=mail.id,
        attempt=mail.attempts,
        message_id=mail.message_id,
        expires_at=mail.expires_at,
        away_since=mail.away_since,
        address=str(address),
        template=mail.template,
        locale=_locale(mail, recipient),
        zone_name=_zone_name(recipient),
        first_name=_greeted_as(address, recipient),
        installation_key=own_key,
        parameters=mail.parameters,
        sealed=mail.sealed,
        sealed_for=mail.sealed_for,
        sealed_token=mail.sealed_token,
        sealed_token_for=mail.sealed_token_for,
    )


def _locale(mail: Mail, recipient: Recipient | None) -> str | None:
    if recipient is None:
        return mail.locale
    return recipient.profile_locale or mail.locale or recipient.account_locale


def _zone_name(recipient: Recipient | None) -> str | None:
    if recipient is None:
        return None
    has_profile = recipient.profile_version > 0
    return recipient.profile_time_zone if has_profile else recipient.account_time_zone


def _greeted_as(address: str | None, recipient: Recipient | None) -> str:
    """Give the first name only for a proved address of the account: otherwise anybody could have
    words of their own mailed to a stranger.
    """
    if recipient is None or not recipient.is_verified or recipient.email != address:
        return ""
    return recipient.first_name
