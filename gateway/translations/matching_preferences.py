"""What a client looks for (M3): numbers of the code lists outside, words inside."""

from gateway.exchange import (
    FieldRefused,
    Fields,
    JsonValue,
    LegacyAnswer,
    LegacyRequest,
    ServiceRequest,
    ServiceResponse,
    Surroundings,
    Translation,
)
from gateway.translations import matching_dialect as dialect
from gateway.translations.fields import (
    Field,
    Kind,
    boolean,
    integer_between,
    integers_listed,
)
from gateway.translations.slot_labels import LAST_HOUR

LAST_TOPIC = 28
YOUNGEST, OLDEST = 16, 120
SPECIFIC_HOUR = "specific"


def _word_of(*words: str) -> Kind:
    """Make the kind of a code that stands for the word at its place."""
    bounded = integer_between(0, len(words) - 1)

    def word(value: JsonValue) -> str:
        return words[int(str(bounded(value)))]

    return word


def _therapy_type(value: JsonValue) -> str:
    return "individual" if boolean(value) else "couple"


_FIELDS = (
    Field(name="user_age", to="age", kind=integer_between(YOUNGEST, OLDEST)),
    Field(name="user_experience", to="has_experience", kind=boolean),
    Field(name="user_isindividual", to="therapy_type", kind=_therapy_type),
    Field(name="user_sex_preference", to="preferred_gender", kind=_word_of("man", "woman", "any")),
    Field(
        name="user_time_preference",
        to="time_preference",
        kind=_word_of("any", "nearest", SPECIFIC_HOUR),
    ),
    Field(name="user_cash_preference", to="price_band", kind=integer_between(0, 3)),
    Field(name="user_filters", to="topics", kind=integers_listed(0, LAST_TOPIC), is_required=False),
    Field(
        name="user_selected_time",
        to="preferred_hour",
        kind=integer_between(0, LAST_HOUR),
        is_required=False,
    ),
)


def _preferences(fields: Fields) -> dict[str, JsonValue]:
    read = dialect.values_or_refusal(fields, _FIELDS)
    preferences = {"topics": [], "preferred_hour": None, **read}
    if preferences["time_preference"] != SPECIFIC_HOUR:
        return {**preferences, "preferred_hour": None}
    if preferences["preferred_hour"] is None:
        raise FieldRefused(dialect.incorrect_field("user_selected_time"))
    return preferences


def _put_to_service(request: LegacyRequest, surroundings: Surroundings) -> ServiceRequest:
    return ServiceRequest(
        method="PUT",
        path="/api/v1/matching-preferences/me",
        json=_preferences(request.fields),
    )


def _put_to_legacy(
    response: ServiceResponse, request: LegacyRequest, surroundings: Surroundings
) -> LegacyAnswer:
    if response.is_success:
        return dialect.success()
    return dialect.refused_field(response, _FIELDS) or dialect.general_refusal(response)


REPLACE_PREFERENCES = Translation(to_service=_put_to_service, to_legacy=_put_to_legacy)
