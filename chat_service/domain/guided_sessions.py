"""Operations on guided sessions: beginning the programme, starting a stage, answering, reading
back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from chat_service.domain.progress import read_progress
from chat_service.domain.stages import Programmes, Question, Stage, Words, in_locale
from chat_service.errors import (
    ClientMessageIdReused,
    MessageRequired,
    MessageTooLong,
    QuestionNotAsked,
    StageCompleted,
    StageLocked,
    UnknownQuestion,
)
from chat_service.events.guided_sessions import guided_session_completed
from chat_service.events.progress import progress_changed
from chat_service.models.answers import Answer
from chat_service.models.guided_sessions import GuidedSession
from chat_service.models.people import Person
from chat_service.models.transcript_lines import TranscriptLine
from chat_service.queries.guided_sessions import (
    guided_session_for_update,
    guided_session_visible_to,
    next_guided_session,
)
from chat_service.queries.people import known_person, person_for_update
from chat_service.queries.transcript_lines import (
    answer_sent_before,
    answers_since,
    lines_between,
    lines_of,
    said_in,
)
from shared.blank_texts import is_blank
from shared.data_keys import (
    PERSON,
    DataKey,
    MasterKeys,
    TextUnreadable,
    data_key_for_writing,
    data_key_of,
)
from shared.database import insert_unless_there
from shared.events.outbox import add_to_outbox

ANSWER_CHARACTERS = 4000
SENT_AGAIN_WITHIN = timedelta(seconds=3)


@dataclass(frozen=True, kw_only=True)
class AnswerQuestion:
    """What a person says, to which question (None: to the present one). `client_message_id` is the
    client's own, by which a repeated request is known.
    """

    text: str = field(repr=False)
    question_id: str | None = None
    client_message_id: str | None = None

    @property
    def is_unnamed(self) -> bool:
        """Tell whether only its words can say that it was sent before: an old client's."""
        return self.question_id is None and self.client_message_id is None


@dataclass(frozen=True, kw_only=True)
class LineView:
    """One line of a transcript. `question_id` is that of the question it asks or answers."""

    id: int
    text: str = field(repr=False)
    is_user: bool
    created_at: datetime
    guided_session_id: int
    question_id: str | None


@dataclass(frozen=True, kw_only=True)
class Guide:
    """What the operations below need besides the session: the texts, the keys, the language."""

    programmes: Programmes
    masters: MasterKeys
    locale: str
    now: datetime


def begin_programme(
    session: Session, account_id: int, programmes: Programmes, now: datetime
) -> None:
    """Make a person's guided sessions of the newest programme, the first unlocked; those that
    are there already stay as they are.
    """
    programme = programmes.newest
    rows = [
        {
            "account_id": account_id,
            "programme_version": programme.version,
            "stage_order": stage.order,
            "is_unlocked": stage.order == 0,
            "answered_questions": 0,
            "line_count": 0,
            "created_at": now,
        }
        for stage in programme.stages
    ]
    insert_unless_there(session, GuidedSession, *rows)


def is_locked(session: Session, account_id: int, guided_session_id: int) -> bool:
    """Tell whether a person's guided session is locked, as far as is known here.

    Raises:
        GuidedSessionNotFound: unknown, or another person's.
    """
    guided_session = guided_session_visible_to(session, account_id, guided_session_id)
    return not _is_open(guided_session, known_person(session, account_id))


def start_stage(
    session: Session, guided_session_id: int, guide: Guide, *, account_id: int
) -> Sequence[LineView]:
    """Say the explanations and the first question; when that was done before, give the pending
    question again, in the language of now, and add nothing.

    Locks the person's and the guided session's row.

    Raises:
        GuidedSessionNotFound: unknown, or another person's.
        StageLocked: the stage before it is not completed, and the person is no premium member.
        StageCompleted: nothing is left to ask.
        TextUnreadable: the pending question cannot be read.
    """
    person = person_for_update(session, account_id)
    guided_session = guided_session_for_update(session, account_id, guided_session_id)
    _refuse_closed(guided_session, person)
    key = data_key_for_writing(session, guide.masters, PERSON, account_id, now=guide.now)
    stage = _stage_of(guided_session, guide)
    if not guided_session.is_begun:
        return _views(session, _say_opening(session, guided_session, key, guide), key, stage)
    return _views(session, [_asked_again(session, guided_session, key, guide)], key, stage)


def answer_question(
    session: Session,
    guided_session_id: int,
    command: AnswerQuestion,
    guide: Guide,
    *,
    account_id: int,
) -> Sequence[LineView]:
    """Store the answer to the present question; give what the guide says now: the opening when
    the stage was not begun, an acknowledgement, then the next question or the closing.

    Locks the person's and the guided session's row, so that each of several answers at the same
    time finds what the one before left. Completing a stage unlocks the next. A client_message_id
    seen before gives the first request's lines and changes nothing; so does an unnamed answer whose
    text was taken SENT_AGAIN_WITHIN the last seconds. Adds chat.progress.changed and, at the end of
    a stage, chat.guided_session.completed to the outbox.

    Raises:
        GuidedSessionNotFound: unknown, or another person's.
        ClientMessageIdReused: the client's own id stands for another text or question.
        QuestionNotAsked: the question it names is answered by now, or was not asked yet.
        UnknownQuestion: the stage has no question of that id.
        StageLocked: the stage before it is not completed, and the person is no premium member.
        StageCompleted: nothing is left to ask.
        MessageRequired: the text is blank.
        MessageTooLong: it has more than ANSWER_CHARACTERS characters.
        TextUnreadable: the person's data key cannot be used.
    """
    person = person_for_update(session, account_id)
    guided_session = guided_session_for_update(session, account_id, guided_session_id)
    key = data_key_for_writing(session, guide.masters, PERSON, account_id, now=guide.now)
    stage = _stage_of(guided_session, guide)
    earlier = _sent_before(session, guided_session, command, key, guide.now)
    if earlier is not None:
        return _views(session, _lines_answered_with(session, earlier), key, stage)
    _refuse_closed(guided_session, person)
    _refuse_bad_text(command.text)
    _refuse_other_question(guided_session, stage, command, guide)
    lines = _take_answer(session, guided_session, command, key, guide)
    _announce_progress(session, guided_session, guide)
    return _views(session, [line for line in lines if not line.is_user], key, stage)


def read_transcript(
    session: Session, guided_session_id: int, guide: Guide, *, account_id: int
) -> Sequence[LineView]:
    """Give everything that was said, oldest first; the pending question in the language of now.

    Raises:
        GuidedSessionNotFound: unknown, or another person's.
        StageLocked: the stage before it is not completed, and the person is no premium member.
        TextUnreadable: a line cannot be read.
    """
    guided_session = guided_session_visible_to(session, account_id, guided_session_id)
    if not _is_open(guided_session, known_person(session, account_id)):
        raise StageLocked
    key = data_key_of(session, guide.masters, PERSON, account_id)
    lines = lines_of(session, guided_session.id)
    if lines and key is None:
        raise TextUnreadable
    if key is None:
        return []
    stage = _stage_of(guided_session, guide)
    views = _views(session, lines, key, stage)
    if not guided_session.is_pending:
        return views
    question = stage.questions[guided_session.answered_questions]
    return [*views[:-1], replace(views[-1], text=in_locale(question.text, guide.locale))]


def read_lines(
    session: Session,
    guided_session_id: int,
    line_ids: Sequence[int],
    guide: Guide,
    *,
    account_id: int,
) -> Sequence[LineView]:
    """Give some lines of one's guided session again, oldest first.

    Raises:
        GuidedSessionNotFound: unknown, or another person's.
        TextUnreadable: a line cannot be read.
    """
    guided_session = guided_session_visible_to(session, account_id, guided_session_id)
    key = data_key_of(session, guide.masters, PERSON, account_id)
    if key is None:
        raise TextUnreadable
    stage = _stage_of(guided_session, guide)
    lines = lines_of(session, guided_session.id)
    return _views(session, [line for line in lines if line.id in line_ids], key, stage)


def _is_open(guided_session: GuidedSession, person: Person | None) -> bool:
    is_premium = person is not None and person.is_premium
    return guided_session.is_unlocked or guided_session.is_begun or is_premium


def _refuse_closed(guided_session: GuidedSession, person: Person) -> None:
    if not _is_open(guided_session, person):
        raise StageLocked
    if guided_session.is_completed:
        raise StageCompleted


def _refuse_bad_text(text: str) -> None:
    if is_blank(text):
        raise MessageRequired
    if len(text) > ANSWER_CHARACTERS:
        raise MessageTooLong(most_characters=ANSWER_CHARACTERS)


def _refuse_other_question(
    guided_session: GuidedSession, stage: Stage, command: AnswerQuestion, guide: Guide
) -> None:
    if command.question_id is None:
        return
    present = stage.questions[guided_session.answered_questions]
    if command.question_id == present.id:
        return
    if stage.question(command.question_id) is None:
        raise UnknownQuestion
    text = in_locale(present.text, guide.locale)
    raise QuestionNotAsked(question={"id": present.id, "text": text})


def _sent_before(
    session: Session,
    guided_session: GuidedSession,
    command: AnswerQuestion,
    key: DataKey,
    now: datetime,
) -> Answer | None:
    """Find the answer that this one repeats: by the client's own id, an unnamed one by its words.
    The guided session is locked, so nobody answers beside.
    """
    if command.is_unnamed:
        recent = answers_since(session, guided_session.id, now - SENT_AGAIN_WITHIN)
        return next(
            (each for each in recent if said_in(session, each).text(key) == command.text), None
        )
    earlier = answer_sent_before(session, guided_session.id, command.client_message_id)
    if earlier is not None and not _is_same(session, earlier, command, key):
        raise ClientMessageIdReused
    return earlier


def _is_same(session: Session, earlier: Answer, command: AnswerQuestion, key: DataKey) -> bool:
    is_same_question = command.question_id in (None, earlier.question_id)
    return is_same_question and said_in(session, earlier).text(key) == command.text


def _lines_answered_with(session: Session, answer: Answer) -> list[TranscriptLine]:
    lines = lines_between(
        session, answer.guided_session_id, answer.first_position, answer.last_position
    )
    return [line for line in lines if not line.is_user]


def _take_answer(
    session: Session,
    guided_session: GuidedSession,
    command: AnswerQuestion,
    key: DataKey,
    guide: Guide,
) -> list[TranscriptLine]:
    """Add every line of the request and the answer; give the lines."""
    first_position = guided_session.line_count + 1
    lines = []
    if guided_session.is_begun:
        _asked_again(session, guided_session, key, guide)
    else:
        lines = _say_opening(session, guided_session, key, guide)
    stage = _stage_of(guided_session, guide)
    question = stage.questions[guided_session.answered_questions]
    said = TranscriptLine.said(
        guided_session, key, command.text, is_user=True, item_id=question.id, now=guide.now
    )
    guided_session.answered_questions += 1
    lines += [
        said,
        _say(guided_session, key, question.acknowledgement, guide),
    ]
    lines.append(_say_next(session, guided_session, stage, key, guide))
    session.add_all(lines)
    session.flush()
    session.add(
        Answer(
            guided_session_id=guided_session.id,
            question_id=question.id,
            line_id=said.id,
            first_position=first_position,
            last_position=guided_session.line_count,
            client_message_id=command.client_message_id,
            answered_at=guide.now,
        )
    )
    return lines


def _say_opening(
    session: Session, guided_session: GuidedSession, key: DataKey, guide: Guide
) -> list[TranscriptLine]:
    stage = _stage_of(guided_session, guide)
    guided_session.begun_at = guide.now
    opening = [(item.id, item.text) for item in stage.explanations]
    opening.append((stage.questions[0].id, stage.questions[0].text))
    lines = [_say(guided_session, key, words, guide, item_id=item_id) for item_id, words in opening]
    session.add_all(lines)
    return lines


def _asked_again(
    session: Session, guided_session: GuidedSession, key: DataKey, guide: Guide
) -> TranscriptLine:
    """Give the line of the pending question, which from now on is in the language of now."""
    last = guided_session.line_count
    (line,) = lines_between(session, guided_session.id, last, last)
    question = _stage_of(guided_session, guide).questions[guided_session.answered_questions]
    words = in_locale(question.text, guide.locale)
    if line.text(key) != words:
        line.reword(key, words)
    return line


def _say_next(
    session: Session, guided_session: GuidedSession, stage: Stage, key: DataKey, guide: Guide
) -> TranscriptLine:
    """Ask the next question, or close the stage and unlock the one after it."""
    if guided_session.answered_questions < len(stage.questions):
        question = stage.questions[guided_session.answered_questions]
        return _say(guided_session, key, question.text, guide, item_id=question.id)
    guided_session.completed_at = guide.now
    following = next_guided_session(session, guided_session)
    if following is not None:
        following.is_unlocked = True
    return _say(guided_session, key, stage.closing, guide)


def _say(
    guided_session: GuidedSession,
    key: DataKey,
    words: Words,
    guide: Guide,
    *,
    item_id: str | None = None,
) -> TranscriptLine:
    return TranscriptLine.said(
        guided_session,
        key,
        in_locale(words, guide.locale),
        is_user=False,
        item_id=item_id,
        now=guide.now,
    )


def _announce_progress(session: Session, guided_session: GuidedSession, guide: Guide) -> None:
    account_id = guided_session.account_id
    progress = read_progress(session, account_id, guide.programmes)
    if guided_session.completed_at is not None:
        completed = guided_session_completed(
            account_id=account_id,
            guided_session_id=guided_session.id,
            stage_order=guided_session.stage_order,
            completed_at=guided_session.completed_at,
        )
        add_to_outbox(session, completed)
    add_to_outbox(
        session,
        progress_changed(
            account_id=account_id,
            guided_session_id=guided_session.id,
            completed_stages=progress.completed_stages,
            ratio=progress.ratio,
            total_answers=progress.total_answers,
        ),
    )


def _stage_of(guided_session: GuidedSession, guide: Guide) -> Stage:
    return guide.programmes.stage(guided_session.programme_version, guided_session.stage_order)


def _views(
    session: Session, lines: Sequence[TranscriptLine], key: DataKey, stage: Stage
) -> Sequence[LineView]:
    """Give the lines as they leave the transaction; new ones get their ids here."""
    session.flush()
    return [
        LineView(
            id=line.id,
            text=line.text(key),
            is_user=line.is_user,
            created_at=line.created_at,
            guided_session_id=line.guided_session_id,
            question_id=_question_id(stage.question(line.item_id)),
        )
        for line in lines
    ]


def _question_id(question: Question | None) -> str | None:
    return None if question is None else question.id
