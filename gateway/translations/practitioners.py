"""A therapist as clients of `matching` see them; the public record behind it belongs to the
booking service.
"""

from gateway.exchange import JsonValue, Surroundings
from gateway.translations.service_answers import View, list_of, number_of, text_of
from shared.currencies import whole_units

_SESSION_TYPES = {
    frozenset({"individual"}): "Индивидуальная",
    frozenset({"couple"}): "Парная",
    frozenset({"individual", "couple"}): "Индивидуальная и парная",
}


def picture_url(practitioner_id: int, surroundings: Surroundings) -> str:
    """Give the absolute address of a therapist's public picture."""
    return f"{surroundings.public_url.rstrip('/')}/api/v1/pictures/{practitioner_id}"


def session_type(view: View) -> str:
    """Name the therapy types in words; one that offers none yet counts as individual."""
    offered = frozenset(str(each) for each in list_of(view, "therapy_types"))
    return _SESSION_TYPES.get(offered, _SESSION_TYPES[frozenset({"individual"})])


def offer(
    view: View, surroundings: Surroundings, *, id_member: str = "id", name_member: str = "name"
) -> dict[str, JsonValue]:
    """Give the members every list of `matching` shows of a therapist."""
    practitioner_id = number_of(view, id_member)
    return {
        "psy_id": practitioner_id,
        "psy_name": text_of(view, name_member),
        "psy_photo": picture_url(practitioner_id, surroundings),
        "psy_session_type": session_type(view),
        "psy_session_time": f"{number_of(view, 'session_minutes')} минут",
        "psy_session_cost": whole_units(
            number_of(view, "price_minor_units"), str(view.get("currency"))
        ),
    }
