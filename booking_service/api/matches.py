"""`/api/v1/matches`: therapists that fit a client's wishes, with free hours."""

from datetime import datetime
from functools import lru_cache
from http import HTTPStatus

from flask import Response

from booking_service.api.people import take_over_standings
from booking_service.api.schemas.matches import (
    MatchesWanted,
    MatchesWantedSchema,
    MatchPageSchema,
)
from booking_service.api.schemas.practitioners import practitioner_json
from booking_service.domain.matches import Match, MatchPage, find_matches
from booking_service.domain.practitioners import PractitionerView
from booking_service.domain.starts import STEP, Run
from booking_service.parts import parts
from shared import strict_json
from shared.access_tokens import Identity
from shared.clock import instant_text
from shared.data_keys import TextUnreadable
from shared.http.blueprint import Blueprint, requires_role
from shared.http.context import chassis, clock, database
from shared.http.declared import refuses
from shared.http.pagination import cursor_of, linked

_MOST_KEPT = 2048
_INSTANT_CHARACTERS = len('"2026-07-06T08:00:00.000000Z",')

blueprint = Blueprint(
    "matches",
    __name__,
    url_prefix="/api/v1/matches",
    description="Therapists that fit a client's wishes.",
)


@blueprint.get("")
@requires_role("client")
@blueprint.arguments(MatchesWantedSchema, location="query")
@blueprint.response(HTTPStatus.OK, MatchPageSchema)
@refuses(TextUnreadable)
def list_matches(wanted: MatchesWanted, identity: Identity) -> Response:
    """List the therapists who fit best, best first, only with a free hour in the window."""
    now, zone, known = clock().now(), chassis().settings.service_time_zone.key, parts().calendars

    def read() -> MatchPage:
        return database().reading(
            lambda session: find_matches(
                session,
                wanted.command,
                calendars=known.present(session, now=now),
                client_id=identity.account_id,
                default_time_zone=zone,
            )
        )

    page = read()
    if take_over_standings([each.practitioner.id for each in page.matches]):
        page = read()
    public_url = chassis().settings.public_url
    items = ",".join(_match_text(each, public_url, wanted.locale) for each in page.matches)
    cursor = cursor_of(page.last.numbers if page.last is not None else None)
    text = f'{{"items":[{items}],"next":{strict_json.dumps(cursor).decode()}}}'
    return linked(Response(text, content_type="application/json"), cursor)


def _match_text(match: Match, public_url: str, locale: str | None) -> str:
    """Put a match together from parts that are already spelled as JSON: most of an answer is hours
    and texts that were in the last one.
    """
    slots = match.slots
    spelled_slots = _run_text(slots.run)[
        slots.first * _INSTANT_CHARACTERS : slots.end * _INSTANT_CHARACTERS - 1
    ]
    return (
        f'{{"practitioner":{_record_text(match.practitioner, public_url, locale)},'
        f'"slots":[{spelled_slots}],'
        f'"meets":{_words_text(match.meets)},"relaxed":{_words_text(match.relaxed)}}}'
    )


@lru_cache(maxsize=_MOST_KEPT)
def _record_text(view: PractitionerView, public_url: str, locale: str | None) -> str:
    record = practitioner_json(view, public_url=public_url, locale=locale)
    return strict_json.dumps(record).decode()


@lru_cache(maxsize=_MOST_KEPT)
def _run_text(run: Run) -> str:
    """Spell every start of a run, each followed by a comma."""
    texts = _instants_from(run.begins_at)
    return "".join([texts[step] for step in run.steps])


class _InstantTexts(dict[int, str]):
    """Steps since an instant as JSON texts, each made when it is first wanted."""

    def __init__(self, begins_at: datetime) -> None:
        super().__init__()
        self._begins_at = begins_at

    def __missing__(self, step: int) -> str:
        text = self[step] = f'"{instant_text(self._begins_at + STEP * step)}",'
        return text


@lru_cache(maxsize=2)
def _instants_from(begins_at: datetime) -> _InstantTexts:
    return _InstantTexts(begins_at)


@lru_cache(maxsize=1024)
def _words_text(words: tuple[str, ...]) -> str:
    return strict_json.dumps(words).decode()
