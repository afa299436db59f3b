"""W1 to W24: what each row asks of its service, and what the old client is told."""

import pytest

from gateway.exchange import UploadedFile
from gateway.tests.translations.rows import (
    answered,
    done,
    problem,
    refused,
    request_with,
    sent,
    shown,
)

SENT = "A verification code has been sent to your email"
TOO_SHORT = "This password is too short. It must contain at least 8 characters."
TOO_LONG = "This password is too long. It must contain at most 128 characters."
TOO_COMMON = "This password is too common."
NUMERIC = "This password is entirely numeric."
SIMILAR = "The password is too similar to the email address."
ALL_REASONS = ["similar_to_email", "entirely_numeric", "too_common", "too_long", "too_short"]
REQUIRED = ["This field is required."]
NULL = ["This field may not be null."]
BLANK = ["This field may not be blank."]
NO_STRING = ["Not a valid string."]
NO_ADDRESS = ["Enter a valid email address."]
SIGN_UP = {
    "email": " Anna@Example.org",
    "password": "correct horse",
    "first_name": " Anna ",
    "last_name": "Nagy",
}
PROFILE = {
    "account_id": 7,
    "email": "anna@example.org",
    "first_name": "Anna",
    "last_name": "Nagy",
    "birth_date": "1990-05-01",
    "gender": "F",
    "specialty": "teacher",
    "locale": "en",
    "country": "HU",
    "time_zone": "Europe/Budapest",
    "is_premium": False,
    "premium_since": None,
    "progress": {"completed_stages": 3, "ratio": 0.25, "total_answers": 14},
}
CREATED = "2026-06-30T10:00:00.000000Z"


def error(text, status: int = 400):
    return status, {"error": text}


# W1


def test_w1_asks_to_sign_up():
    made = sent("W1", SIGN_UP, locale="ar")
    assert (made.method, made.path, made.is_internal) == (
        "POST",
        "/internal/v1/registrations",
        True,
    )
    assert made.json == {
        "email": "anna@example.org",
        "password": "correct horse",
        "first_name": "Anna",
        "last_name": "Nagy",
        "locale": "ar",
        "opened_through": "wellbeing",
    }


def test_w1_answers_that_a_code_was_sent():
    answer = answered("W1", done({"email": "anna@example.org"}, 202), SIGN_UP)
    assert shown(answer) == (200, {"email": "anna@example.org", "message": SENT})


def test_w1_names_every_bad_field_at_once():
    fields = {"email": "anna", "password": "", "first_name": None}
    assert shown(refused("W1", fields)) == (
        400,
        {
            "email": NO_ADDRESS,
            "password": BLANK,
            "first_name": NULL,
            "last_name": REQUIRED,
        },
    )


@pytest.mark.parametrize("field", SIGN_UP)
@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (5, NO_STRING),
        (1.5, NO_STRING),
        (True, NO_STRING),
        (["a"], NO_STRING),
        ({"a": 1}, NO_STRING),
        (None, NULL),
        ("", BLANK),
    ],
)
def test_w1_refuses_a_field_of_the_wrong_kind(field, value, texts):
    assert shown(refused("W1", {**SIGN_UP, field: value})) == (400, {field: texts})


@pytest.mark.parametrize("field", SIGN_UP)
@pytest.mark.parametrize("value", ["a\x00b", "\ud800"], ids=ascii)
def test_w1_refuses_nul_and_lone_surrogates(field, value):
    texts = NO_ADDRESS if field == "email" else NO_STRING
    assert shown(refused("W1", {**SIGN_UP, field: value})) == (400, {field: texts})


@pytest.mark.parametrize("field", ["first_name", "last_name"])
def test_w1_refuses_a_name_that_is_too_long(field):
    texts = ["Ensure this field has no more than 128 characters."]
    assert shown(refused("W1", {**SIGN_UP, field: "n" * 129})) == (400, {field: texts})


def test_w1_refuses_an_address_that_is_too_long():
    value = f"{'a' * 60}@{'.'.join(['b' * 60] * 4)}.org"
    assert shown(refused("W1", {**SIGN_UP, "email": value})) == (400, {"email": NO_ADDRESS})


def test_w1_lists_the_password_reasons_in_the_contracts_order():
    rejected = problem(422, "password_rejected", reasons=ALL_REASONS)
    assert shown(answered("W1", rejected, SIGN_UP)) == (
        400,
        {"password": [TOO_SHORT, TOO_LONG, TOO_COMMON, NUMERIC, SIMILAR]},
    )


def test_w1_names_a_field_only_the_service_refuses():
    rejected = problem(422, "invalid_request", errors={"email": ["no"], "last_name": ["no"]})
    assert shown(answered("W1", rejected, SIGN_UP)) == (
        400,
        {"email": NO_ADDRESS, "last_name": NO_STRING},
    )


def test_w1_keeps_a_long_password_for_the_service_to_judge():
    assert sent("W1", {**SIGN_UP, "password": "p" * 300}).json["password"] == "p" * 300


# W2, W14, W18: rows with one address


@pytest.mark.parametrize(
    ("row", "path"),
    [
        ("W2", "/api/v1/verification-codes"),
        ("W14", "/internal/v1/email-changes"),
        ("W18", "/api/v1/password-resets"),
    ],
)
def test_a_row_with_one_address_sends_it_in_lower_case(row, path):
    made = sent(row, {"email": " ANNA@example.org "})
    assert (made.method, made.path, made.json) == ("POST", path, {"email": "anna@example.org"})


@pytest.mark.parametrize("value", [None, "", "  ", 5, True, [], {}], ids=repr)
@pytest.mark.parametrize(("row", "stop"), [("W2", ""), ("W14", "."), ("W18", "")])
def test_a_row_with_one_address_requires_it(row, stop, value):
    assert shown(refused(row, {"email": value})) == error(f"Email is required{stop}")
    assert shown(refused(row, {})) == error(f"Email is required{stop}")


@pytest.mark.parametrize("value", ["anna", "a@b@c.org", "a\x00@b.org", "\ud800@b.org"], ids=ascii)
@pytest.mark.parametrize(("row", "stop"), [("W2", ""), ("W14", "."), ("W18", "")])
def test_a_row_with_one_address_refuses_a_malformed_one(row, stop, value):
    assert shown(refused(row, {"email": value})) == error(f"Invalid email format{stop}")
    by_service = problem(422, "invalid_request", errors={"email": ["no"]})
    assert shown(answered(row, by_service)) == error(f"Invalid email format{stop}")


def test_w2_always_answers_that_a_code_was_sent():
    answer = answered("W2", done({"email": "anna@example.org"}, 202))
    assert shown(answer) == (200, {"email": "anna@example.org", "message": SENT})


def test_w18_answers_an_empty_password():
    answer = answered("W18", done({"email": "anna@example.org"}, 202))
    assert shown(answer) == (
        200,
        {"email": "anna@example.org", "message": SENT, "password": ""},
    )


def test_w14_answers_success_while_the_change_is_pending():
    answer = answered("W14", done({"email": "new@example.org"}, 202))
    sent = (
        "A verification code has been sent to the new email. "
        "Your email changes once it is confirmed."
    )
    assert shown(answer) == (200, {"message": sent})


def test_w14_refuses_an_address_in_use():
    assert shown(answered("W14", problem(409, "email_taken"))) == error(
        "This email is already in use."
    )


# W3

CODE = {"email": "Anna@example.org", "code": " 012345 "}


def test_w3_sends_the_code():
    made = sent("W3", CODE)
    assert (made.method, made.path) == ("POST", "/internal/v1/verifications")
    assert made.json == {"email": "anna@example.org", "code": "012345"}


def test_w3_pads_a_number():
    assert sent("W3", {**CODE, "code": 12345}).json["code"] == "012345"


def test_w3_answers_that_the_address_is_verified():
    answer = answered("W3", done({"email": "anna@example.org", "purpose": "sign_up"}))
    assert shown(answer) == (
        200,
        {"email": "anna@example.org", "message": "Your email has been verified"},
    )


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"email": "anna@example.org"},
        {"code": "123456"},
        {"email": "anna", "code": "123456"},
        {"email": 5, "code": "123456"},
        {"email": "anna@example.org", "code": None},
        {"email": "anna@example.org", "code": ""},
        {"email": "anna@example.org", "code": True},
        {"email": "anna@example.org", "code": 1.5},
        {"email": "anna@example.org", "code": ["123456"]},
        {"email": "anna@example.org", "code": "\x00"},
    ],
    ids=repr,
)
def test_w3_says_the_same_whatever_field_is_wrong(fields):
    assert shown(refused("W3", fields)) == error("Can't verify user")


@pytest.mark.parametrize(
    "response",
    [
        problem(422, "code_not_accepted"),
        problem(409, "email_taken"),
        problem(422, "invalid_request", errors={"code": ["no"]}),
        problem(404, "account_not_found"),
    ],
    ids=lambda response: response.code,
)
def test_w3_says_the_same_whatever_the_service_refuses(response):
    assert shown(answered("W3", response, CODE)) == error("Can't verify user")


# W4

LOG_IN = {"email": "Anna@Example.org", "password": "  secret  "}


def test_w4_logs_in_where_the_address_is_verified():
    made = sent("W4", LOG_IN)
    assert (made.method, made.path, made.is_internal) == (
        "POST",
        "/internal/v1/login-sessions",
        True,
    )
    assert made.json == {
        "email": "anna@example.org",
        "password": "  secret  ",
        "opened_through": "wellbeing",
        "require_verified": True,
    }


@pytest.mark.parametrize(
    ("role", "word"),
    [("client", "normal"), ("therapist", "normal"), ("moderator", "normal"), ("admin", "admin")],
)
def test_w4_answers_token_role_and_name(role, word):
    account = {"first_name": "Anna", "last_name": "Nagy", "role": role}
    opened = done({"access_token": "a.b.c", "account": account}, 201)
    assert shown(answered("W4", opened, LOG_IN)) == (
        200,
        {"token": "a.b.c", "role": word, "name": "Anna Nagy"},
    )


def test_w4_shows_one_name_without_a_space():
    account = {"first_name": "Vasya", "last_name": "", "role": "client"}
    opened = done({"access_token": "a.b.c", "account": account}, 201)
    assert answered("W4", opened, LOG_IN).json["name"] == "Vasya"


def test_w4_refuses_wrong_credentials():
    assert shown(answered("W4", problem(401, "invalid_credentials"), LOG_IN)) == (
        400,
        {"non_field_errors": ["Unable to log in with provided credentials."]},
    )


def test_w4_sends_an_account_with_a_second_factor_elsewhere():
    answer = answered("W4", problem(401, "second_factor_elsewhere"), LOG_IN)
    text = "This account needs a second factor. Log in with the new application."
    assert shown(answer) == (400, {"non_field_errors": [text]})


def test_w4_refuses_an_unproved_address():
    assert shown(answered("W4", problem(403, "email_not_verified"), LOG_IN)) == error(
        "You need to verify your email"
    )


def test_w4_names_every_bad_field():
    assert shown(refused("W4", {})) == (400, {"email": REQUIRED, "password": REQUIRED})
    assert shown(refused("W4", {"email": "x", "password": "p" * 129})) == (
        400,
        {
            "email": NO_ADDRESS,
            "password": ["Ensure this field has no more than 128 characters."],
        },
    )


# W5, W7


def test_w5_shows_ones_own_profile():
    made = sent("W5")
    assert (made.method, made.path) == ("GET", "/api/v1/profiles/me")
    answer = answered("W5", done(PROFILE))
    assert shown(answer) == (
        200,
        {
            "id": 7,
            "email": "anna@example.org",
            "first_name": "Anna",
            "last_name": "Nagy",
            "birth_date": "1990-05-01",
            "gender": "F",
            "speciality": "teacher",
            "is_premium": False,
            "progress": 3,
            "progress_ratio": 0.25,
            "total_answers": 14,
        },
    )


def test_w5_shows_the_share_as_a_fraction_even_when_it_is_whole():
    progress = {"completed_stages": 0, "ratio": 0, "total_answers": 0}
    ratio = answered("W5", done({**PROFILE, "progress": progress})).json["progress_ratio"]
    assert isinstance(ratio, float)


@pytest.mark.parametrize(("kept", "word"), [("X", None), ("M", "M"), ("F", "F"), (None, None)])
def test_the_gender_x_shows_as_null(kept, word):
    profile = {**PROFILE, "gender": kept}
    assert answered("W5", done(profile)).json["gender"] == word
    assert answered("W7", done(profile)).json["gender"] == word


def test_w7_shows_seven_members():
    made = sent("W7", path_parameters={"id": "7"})
    assert (made.method, made.path) == ("GET", "/internal/v1/profiles/7")
    assert made.is_internal
    profile = {**PROFILE, "email": None, "birth_date": None}
    assert shown(answered("W7", done(profile))) == (
        200,
        {
            "id": 7,
            "email": None,
            "first_name": "Anna",
            "last_name": "Nagy",
            "birth_date": None,
            "gender": "F",
            "speciality": "teacher",
        },
    )


NOT_FOUND = (404, {"message": "User not found", "error": "User not found"})


@pytest.mark.parametrize("row", ["W7", "W8"])
@pytest.mark.parametrize("segment", ["abc", "-1", "1.5", "", "12345678901234567", "١"])
def test_a_segment_that_is_no_number_is_nobody(row, segment):
    assert shown(refused(row, path_parameters={"id": segment})) == NOT_FOUND


@pytest.mark.parametrize("row", ["W7", "W8"])
def test_an_unknown_account_is_nobody(row):
    assert shown(answered(row, problem(404, "profile_not_found"))) == NOT_FOUND


# W6, W8


def picture(content: bytes) -> dict[str, UploadedFile]:
    return {"picture": UploadedFile(filename="me.png", media_type="text/html", content=content)}


def test_w6_sends_the_bytes_and_trusts_no_media_type():
    made = sent("W6", files=picture(b"\x89PNG"))
    assert (made.method, made.path) == ("PUT", "/api/v1/profiles/me/picture")
    assert (made.content, made.media_type) == (b"\x89PNG", "application/octet-stream")


def test_w6_answers_success():
    assert shown(answered("W6", done({"etag": "x"}))) == (
        200,
        {"message": "Profile picture changed successfully"},
    )


def test_w6_requires_a_file():
    texts = {"picture": ["No file was submitted."]}
    assert shown(refused("W6")) == (400, texts)
    assert shown(refused("W6", {"picture": "a text field"})) == (400, texts)


NO_IMAGE = (
    400,
    {
        "picture": [
            "Upload a valid image. "
            "The file you uploaded was either not an image or a corrupted image."
        ]
    },
)


def test_w6_refuses_what_is_no_image():
    assert shown(answered("W6", problem(422, "not_an_image"))) == NO_IMAGE
    assert shown(refused("W6", files=picture(b""))) == NO_IMAGE


def test_w6_refuses_more_than_5_mebibytes():
    large = (413, {"detail": "Body too large."})
    assert shown(refused("W6", files=picture(b"x" * (5 * 1024 * 1024 + 1)))) == large
    assert shown(answered("W6", problem(413, "body_too_large"))) == large
    assert sent("W6", files=picture(b"x" * (5 * 1024 * 1024))).content is not None


def test_w8_passes_the_picture_on_with_its_etag():
    made = sent("W8", path_parameters={"id": "0007"})
    assert (made.method, made.path) == ("GET", "/api/v1/profiles/7/picture")
    headers = {"ETag": '"abc"', "Set-Cookie": "a=b", "Server": "x"}
    answer = answered("W8", done(None, content=b"\xff\xd8", media_type="x/y", headers=headers))
    assert (answer.status, answer.content, answer.media_type) == (200, b"\xff\xd8", "image/jpeg")
    assert dict(answer.headers) == {"ETag": '"abc"'}


# W9, W10, W11


def test_w9_lists_what_it_marks_read():
    made = sent("W9")
    assert (made.method, made.path) == ("POST", "/api/v1/notifications/read")
    item = {
        "id": 3,
        "kind": "alert",
        "description": "Your appointment was moved.",
        "created_at": CREATED,
        "is_read": False,
        "account_id": 7,
    }
    assert shown(answered("W9", done({"items": [item]}))) == (
        200,
        [
            {
                "id": 3,
                "type": "alert",
                "description": "Your appointment was moved.",
                "creation_date": CREATED,
                "is_read": False,
                "user": 7,
            }
        ],
    )


@pytest.mark.parametrize("value", [12, "12", "0012"])
def test_w10_deletes_by_the_id_in_the_body(value):
    made = sent("W10", {"id": value}, query={"id": "99"})
    assert (made.method, made.path) == ("DELETE", "/api/v1/notifications/12")


def test_w10_answers_success():
    assert shown(answered("W10", done(None, 204))) == (
        200,
        {"message": "Notification deleted successfully"},
    )


@pytest.mark.parametrize(
    "fields", [{}, {"id": None}, {"id": ""}, {"id": True}, {"id": []}], ids=repr
)
def test_w10_requires_an_id_and_never_reads_the_query(fields):
    answer = refused("W10", fields, query={"id": "12"})
    assert shown(answer) == error("Notification ID is required")


@pytest.mark.parametrize("value", ["abc", "-1", -1, 0, 10**16, "1.5", "1\x002"], ids=ascii)
def test_w10_finds_nothing_under_what_is_no_number(value):
    assert shown(refused("W10", {"id": value})) == error("Notification not found")


def test_w10_finds_nothing_of_somebody_else():
    response = problem(404, "notification_not_found")
    assert shown(answered("W10", response, {"id": 12})) == error("Notification not found")


def test_w11_counts():
    assert sent("W11").path == "/api/v1/notifications/unread-count"
    assert shown(answered("W11", done({"count": 4}))) == (200, {"count": 4})


# W12


def test_w12_begins_a_membership():
    made = sent("W12")
    assert (made.method, made.path) == ("POST", "/api/v1/memberships")
    assert shown(answered("W12", done({}, 201))) == (200, {"message": "You are now a premium user"})


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("already_premium", "You are already a premium user"),
        ("payment_card_required", "A payment card is required"),
    ],
)
def test_w12_refusals(code, text):
    assert shown(answered("W12", problem(409, code))) == error(text)


def test_w12_is_not_for_staff():
    assert shown(answered("W12", problem(403, "not_allowed"))) == (
        403,
        {"detail": "You do not have permission to perform this action."},
    )


# W13


def test_w13_changes_what_is_sent_and_null_clears():
    made = sent("W13", {"birth_date": "1990-05-01", "speciality": None, "unknown": 1})
    assert (made.method, made.path) == ("PATCH", "/api/v1/profiles/me")
    assert made.json == {"birth_date": "1990-05-01", "specialty": None}
    assert sent("W13", {}).json == {}


def test_w13_answers_the_three_and_the_id_twice():
    assert shown(answered("W13", done(PROFILE))) == (
        200,
        {
            "message": "Profile updated successfully.",
            "id": 7,
            "birth_date": "1990-05-01",
            "gender": "F",
            "speciality": "teacher",
            "user": 7,
        },
    )


FORMAT = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD."


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("birth_date", "01.05.1990", FORMAT),
        ("birth_date", "", FORMAT),
        ("birth_date", 19900501, FORMAT),
        ("birth_date", "1990-02-30", FORMAT),
        ("birth_date", "2026-07-02", "Date is out of range."),
        ("birth_date", "1899-12-31", "Date is out of range."),
        ("gender", "female", '"female" is not a valid choice.'),
        ("gender", "X", '"X" is not a valid choice.'),
        ("gender", "", '"" is not a valid choice.'),
        ("gender", True, '"True" is not a valid choice.'),
        ("speciality", 5, "Not a valid string."),
        ("speciality", ["a"], "Not a valid string."),
        ("speciality", "a\x00", "Not a valid string."),
        ("speciality", " ", "This field may not be blank."),
        ("speciality", "s" * 129, "Ensure this field has no more than 128 characters."),
    ],
)
def test_w13_refuses_a_bad_field(field, value, text):
    assert shown(refused("W13", {field: value})) == (400, {field: [text]})


def test_w13_names_every_bad_field_at_once():
    fields = {"birth_date": "x", "gender": "x", "speciality": 1}
    assert list(refused("W13", fields).json) == ["birth_date", "gender", "speciality"]


def test_w13_keeps_a_speciality_exactly():
    text = "  <b>учитель</b> \r\n 👩‍👩‍👧 O'Brien "
    assert sent("W13", {"speciality": text}).json == {"specialty": text}


# W15


def test_w15_changes_the_password():
    made = sent("W15", {"old_password": "old one!", "new_password": "new one!"})
    assert (made.method, made.path) == ("PUT", "/api/v1/accounts/me/password")
    assert made.json == {"old_password": "old one!", "new_password": "new one!"}
    assert shown(answered("W15", done(None, 204))) == (
        200,
        {"message": "Password changed successfully."},
    )


@pytest.mark.parametrize("name", ["old_password", "new_password"])
@pytest.mark.parametrize("value", [None, "", 5, True, [], {}, "a\x00"], ids=repr)
def test_w15_requires_both(name, value):
    fields = {"old_password": "old one!", "new_password": "new one!"}
    text = "Both old and new passwords are required."
    assert shown(refused("W15", {**fields, name: value})) == error(text)
    del fields[name]
    assert shown(refused("W15", fields)) == error(text)


def test_w15_refuses_a_wrong_old_password():
    text = "Old password is incorrect."
    assert shown(answered("W15", problem(422, "old_password_incorrect"))) == error(text)
    fields = {"old_password": "p" * 129, "new_password": "x"}
    assert shown(refused("W15", fields)) == error(text)


def test_w15_lists_the_password_reasons():
    rejected = problem(422, "password_rejected", reasons=["entirely_numeric", "too_short"])
    assert shown(answered("W15", rejected)) == error([TOO_SHORT, NUMERIC])


# W16, W17

SETTINGS = {
    "email_notification": False,
    "appointments_notification": True,
    "results_notification": True,
    "marketing_email": False,
}


def test_w16_shows_the_four_settings():
    made = sent("W16")
    assert (made.method, made.path) == ("GET", "/api/v1/notification-settings/me")
    assert shown(answered("W16", done({**SETTINGS, "more": 1}))) == (200, SETTINGS)


def test_w17_changes_what_is_sent():
    made = sent("W17", {"email_notification": "1", "marketing_email": "false", "x": 1})
    assert (made.method, made.path) == ("PATCH", "/api/v1/notification-settings/me")
    assert made.json == {"email_notification": True, "marketing_email": False}
    assert shown(answered("W17", done(SETTINGS))) == (
        200,
        {**SETTINGS, "message": "Settings updated successfully."},
    )


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("value", ["yes", "", 2, 1.0, -1, [], {}, "\x00"], ids=repr)
def test_w17_refuses_what_is_no_boolean(name, value):
    assert shown(refused("W17", {name: value})) == (400, {name: ["Must be a valid boolean."]})


def test_w17_takes_null_for_missing():
    assert sent("W17", dict.fromkeys(SETTINGS)).json == {}
    assert sent("W17", {**SETTINGS, "marketing_email": None}).json == {
        name: value for name, value in SETTINGS.items() if name != "marketing_email"
    }


# W19, W20

RESET = {"email": "Anna@example.org", "code": 12345, "password": "a new one"}


def test_w19_checks_the_code():
    made = sent("W19", RESET)
    assert (made.method, made.path) == ("POST", "/api/v1/password-resets/check")
    assert made.json == {"email": "anna@example.org", "code": "012345"}
    assert shown(answered("W19", done({"email": "anna@example.org"}))) == (
        200,
        {"email": "anna@example.org", "message": "The code you entered is valid"},
    )


def test_w20_sets_the_password():
    made = sent("W20", RESET)
    assert (made.method, made.path) == ("POST", "/api/v1/password-resets/confirm")
    assert made.json == {"email": "anna@example.org", "code": "012345", "password": "a new one"}
    assert shown(answered("W20", done({"email": "anna@example.org"}))) == (
        200,
        {"email": "anna@example.org", "message": "Your password has been changed"},
    )


@pytest.mark.parametrize("row", ["W19", "W20"])
@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "Code is required"),
        ({"code": None, "email": "x"}, "Code is required"),
        ({"code": "", "email": "x"}, "Code is required"),
        ({"code": True, "email": "x"}, "Code is required"),
        ({"code": "123456"}, "Email is required"),
        ({"code": "123456", "email": []}, "Email is required"),
        ({"code": "123456", "email": "x"}, "Invalid email format"),
    ],
    ids=repr,
)
def test_the_reset_rows_refuse_the_first_bad_field(row, fields, text):
    assert shown(refused(row, fields)) == error(text)


@pytest.mark.parametrize("value", [None, "", 5, [], "p\x00"], ids=repr)
def test_w20_requires_a_password_after_the_others(value):
    fields = {"email": "anna@example.org", "code": "123456", "password": value}
    assert shown(refused("W20", fields)) == error("Password is required")
    assert shown(refused("W20", {**fields, "email": "x"})) == error("Invalid email format")


@pytest.mark.parametrize("row", ["W19", "W20"])
@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        (404, "no_reset_code", "There is no verification code for this user"),
        (422, "code_not_accepted", "Can't verify code"),
        (422, "invalid_request", "Can't verify code"),
    ],
)
def test_the_reset_rows_tell_what_is_wrong_with_the_code(row, status, code, text):
    assert shown(answered(row, problem(status, code), RESET)) == error(text)


def test_w20_lists_the_password_reasons():
    rejected = problem(422, "password_rejected", reasons=["too_common", "similar_to_email"])
    assert shown(answered("W20", rejected, RESET)) == error([TOO_COMMON, SIMILAR])


# W21 to W24

LINE = {
    "id": 90,
    "text": "What would you like to change?",
    "is_user": False,
    "created_at": CREATED,
    "guided_session_id": 5,
}
MESSAGE = {
    "id": 90,
    "message": "What would you like to change?",
    "is_user": False,
    "creation_date": CREATED,
    "session": 5,
}


def test_w21_lists_the_guided_sessions():
    made = sent("W21")
    assert (made.method, made.path) == ("GET", "/api/v1/guided-sessions")
    stage = {"id": 1, "order": 0, "name": "Goals", "description": "…", "is_chat": True}
    item = {
        "id": 5,
        "stage": {**stage, "version": 1},
        "answered_questions": 2,
        "is_unlocked": True,
        "is_completed": False,
        "in_explanation": True,
        "created_at": CREATED,
        "account_id": 7,
    }
    assert shown(answered("W21", done({"items": [item]}))) == (
        200,
        [
            {
                "id": 5,
                "stage": stage,
                "current_question": 2,
                "is_unlocked": True,
                "is_completed": False,
                "creation_date": CREATED,
                "user": 7,
                "in_explanation": True,
            }
        ],
    )


CHAT = {
    "W22": ("POST", "/api/v1/guided-sessions/5/start"),
    "W23": ("POST", "/api/v1/guided-sessions/5/answers"),
    "W24": ("GET", "/api/v1/guided-sessions/5/transcript"),
}


def chat_request(row: str, fields: dict) -> dict:
    """W24 reads the query, the others the body."""
    return {"query": fields} if row == "W24" else {"fields": fields}


@pytest.mark.parametrize("row", CHAT)
def test_a_chat_row_asks_for_the_session_it_names(row):
    made = sent(row, **chat_request(row, {"session_id": "5", "message": "to sleep"}))
    assert (made.method, made.path) == CHAT[row]
    assert made.json == ({"text": "to sleep"} if row == "W23" else None)


@pytest.mark.parametrize("row", CHAT)
def test_a_chat_row_always_answers_an_array(row):
    assert shown(answered(row, done({"items": [LINE]}, 201))) == (200, [MESSAGE])
    assert shown(answered(row, done({"items": []}))) == (200, [])


@pytest.mark.parametrize("row", CHAT)
def test_a_chat_row_requires_a_session(row):
    assert shown(refused(row, **chat_request(row, {}))) == error("Session ID is required")
    blank = chat_request(row, {"session_id": ""})
    assert shown(refused(row, **blank)) == error("Session ID is required")


@pytest.mark.parametrize("value", [None, True, 1.5, [], {}], ids=repr)
def test_a_session_of_the_wrong_type_counts_as_missing(value):
    fields = {"session_id": value, "message": "x"}
    assert shown(refused("W22", fields)) == error("Session ID is required")
    assert shown(refused("W23", fields)) == error("Session ID is required")


@pytest.mark.parametrize("row", CHAT)
@pytest.mark.parametrize("value", ["abc", "0", "-5", "12345678901234567"])
def test_a_chat_row_finds_no_session_under_what_is_no_number(row, value):
    answer = refused(row, **chat_request(row, {"session_id": value}))
    assert shown(answer) == error("Session not found", 404)


@pytest.mark.parametrize("row", CHAT)
@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (404, "guided_session_not_found", error("Session not found", 404)),
        (403, "stage_locked", error("This stage is locked", 403)),
        (409, "stage_completed", error("This stage is already completed", 403)),
    ],
)
def test_a_chat_row_tells_the_state_of_the_session(row, status, code, expected):
    made = chat_request(row, {"session_id": "5", "message": "x"})
    assert shown(answered(row, problem(status, code), **made)) == expected


@pytest.mark.parametrize("value", [None, "", "  ", 5, True, [], {}, "a\x00", "\ud800"], ids=ascii)
def test_w23_lets_the_service_refuse_a_missing_message_after_the_session(value):
    fields = {"session_id": 5, "message": value}
    assert sent("W23", fields).json["text"].strip() == ""
    for code in ("message_required", "invalid_request"):
        assert shown(answered("W23", problem(422, code), fields)) == error("Message is required")


def test_w23_lets_the_service_refuse_a_long_message_after_the_session():
    fields = {"session_id": 5, "message": "m" * 4001}
    assert sent("W23", fields).json["text"] == "m" * 4001
    for code in ("message_too_long", "invalid_request"):
        assert shown(answered("W23", problem(422, code), fields)) == error("Message is too long")


def test_w23_sends_a_message_exactly():
    text = "  ../ <b>O'Brien</b>\r\n👩‍👩‍👧 e\u0301 "
    assert sent("W23", {"session_id": 5, "message": text}).json == {"text": text}


# what no row has a sentence for

TOKEN_ROWS = [f"W{number}" for number in range(1, 25) if number not in (3, 4)]


@pytest.mark.parametrize("row", TOKEN_ROWS)
@pytest.mark.parametrize(
    ("response", "status", "text"),
    [
        (
            problem(401, "not_authenticated"),
            401,
            "Authentication credentials were not provided.",
        ),
        (problem(401, "invalid_token"), 401, "Invalid token"),
        (problem(401, "token_expired"), 401, "Token has expired"),
        (problem(401, "account_inactive"), 401, "User inactive or deleted"),
        (problem(403, "email_not_verified"), 403, "You need to verify your email"),
        (
            problem(403, "not_allowed"),
            403,
            "You do not have permission to perform this action.",
        ),
        (problem(400, "unreadable_body"), 500, "Internal server error."),
    ],
    ids=lambda value: getattr(value, "code", None),
)
def test_an_answer_no_row_knows_is_told_in_general(row, response, status, text):
    answer = answered(row, response)
    assert shown(answer) == (status, {"detail": text})
    assert answer.headers.get("WWW-Authenticate") == ("Token" if status == 401 else None)


def test_a_request_is_never_changed_by_translating():
    fields = dict(SIGN_UP)
    request_with(fields)
    sent("W1", fields)
    assert fields == SIGN_UP
