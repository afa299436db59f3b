"""The files themselves: they can be read, name steps that exist, and leave no row or text out."""

import re
from collections import defaultdict
from typing import Any

import pytest

from gateway.routes import LEGACY_ROWS
from tests.conformance.exchanges import (
    UnreadableExchange,
    all_exchanges,
    filled,
    read_exchange,
)
from tests.conformance.masks import EVERY, MASKS
from tests.conformance.replaying import FILES
from tests.conformance.setup_steps import STEPS

EXCHANGES = all_exchanges()
IDENTIFIERS = [exchange.identifier for exchange in EXCHANGES]
WITHOUT_REFUSAL = {"M13"}
SENT = "A verification code has been sent to your email"
NO_IMAGE = (
    "Upload a valid image. The file you uploaded was either not an image or a corrupted image."
)
NO_CODE = "There is no verification code for this user"
CHAT = (
    "Session ID is required",
    "Session not found",
    "This stage is locked",
    "This stage is already completed",
)
NOT_AVAILABLE = "This time is not available"
LISTED = {
    "W1": (
        SENT,
        "This field is required.",
        "This field may not be null.",
        "This field may not be blank.",
        "Not a valid string.",
        "Ensure this field has no more than 128 characters.",
        "Enter a valid email address.",
        "This password is too short. It must contain at least 8 characters.",
        "This password is too long. It must contain at most 128 characters.",
        "This password is too common.",
        "This password is entirely numeric.",
        "The password is too similar to the email address.",
    ),
    "W2": (SENT, "Email is required", "Invalid email format"),
    "W3": ("Your email has been verified", "Can't verify user"),
    "W4": (
        "Unable to log in with provided credentials.",
        "You need to verify your email",
    ),
    "W6": ("Profile picture changed successfully", "No file was submitted.", NO_IMAGE),
    "W7": ("User not found",),
    "W8": ("User not found",),
    "W10": (
        "Notification deleted successfully",
        "Notification ID is required",
        "Notification not found",
    ),
    "W12": ("You are now a premium user", "You are already a premium user"),
    "W13": (
        "Profile updated successfully.",
        "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.",
        "Date is out of range.",
        '"female" is not a valid choice.',
    ),
    "W14": (
        "A verification code has been sent to the new email. "
        "Your email changes once it is confirmed.",  # ours: nothing has changed yet
        "Email is required.",
        "Invalid email format.",
        "This email is already in use.",
    ),
    "W15": (
        "Password changed successfully.",
        "Both old and new passwords are required.",
        "Old password is incorrect.",
    ),
    "W17": ("Settings updated successfully.", "Must be a valid boolean."),
    "W18": (SENT, "Email is required", "Invalid email format"),
    "W19": (
        "The code you entered is valid",
        "Code is required",
        "Email is required",
        "Invalid email format",
        NO_CODE,
        "Can't verify code",
    ),
    "W20": (
        "Your password has been changed",
        "Code is required",
        "Email is required",
        "Invalid email format",
        "Password is required",
        NO_CODE,
        "Can't verify code",
    ),
    "W22": CHAT,
    "W23": (*CHAT, "Message is required", "Message is too long"),
    "W24": CHAT[:-1],
    "A1": ("Incorrect field", "Invalid request body"),
    "A2": ("Incorrect field", "User not found"),
    "A3": (
        "Incorrect field",
        "Invalid request body",
        "Unauthorized: User authentication failed",
        "User not found",
    ),
    "A4": (
        "Password updated successfully",
        "Incorrect field",
        "Invalid request body",
        "Unauthorized: User authentication failed",
        "Invalid request: Old password is incorrect",
    ),
    "A5": ("wrong parameters page, per_page", "Unauthorized: User authentication failed"),
    "A6": ("Incorrect field", "Invalid request body", "Invalid credentials"),
    "A7": ("Logout successful", "Invalid or expired token"),
    "A8": ("Token is valid", "Invalid or expired token"),
    "M1": ("login error: incorrect email/password",),
    "M2": ("registration error, user exists",),
    "M5": (
        "Unknown therapist",
        NOT_AVAILABLE,
        "You already have a therapist",
        "Too late to move",
        "Invalid time token",
    ),
    "M7": ("Not your therapist", "No appointment to move", "Invalid time token", NOT_AVAILABLE),
    "M8": ("Not your therapist", "Incorrect field: text"),
    "M9": ("Unknown therapist", "Incorrect field: psy_id"),
    "M10": ("Card declined", "Incorrect field: card_number"),
    "M12": ("Not your therapist", "No therapist chosen"),
    "MX": ("Invalid session",),
}
each_exchange = pytest.mark.parametrize("exchange", EXCHANGES, ids=IDENTIFIERS)


def strings_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for each in pair for text in strings_in(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings_in(each)]
    return [value] if isinstance(value, str) else []


@each_exchange
def test_an_exchange_names_steps_masks_and_files_that_exist(exchange):
    assert set(exchange.given) <= STEPS.keys()
    masks = {text for text in strings_in(exchange.response) if re.fullmatch(r"<[^<>]+>", text)}
    assert masks <= {*MASKS, EVERY}
    assert set(exchange.request.get("files", {}).values()) <= FILES.keys()


def test_every_row_of_the_table_has_exchanges():
    assert {exchange.row for exchange in EXCHANGES} == {row.number for row in LEGACY_ROWS}


def test_every_row_has_a_success_and_a_refusal():
    seen = defaultdict(set)
    for exchange in EXCHANGES:
        seen[exchange.row].add(exchange.is_refusal)
    incomplete = {row for row, kinds in seen.items() if kinds != {False, True}}
    assert incomplete == WITHOUT_REFUSAL


def test_every_exchange_stays_on_the_urls_of_its_row():
    for exchange in EXCHANGES:
        paths = {row.path for row in LEGACY_ROWS if row.number == exchange.row}
        fixed = {path.partition("<")[0] for path in paths}
        is_unknown_path = exchange.name == "an_unknown_path_below_users"
        assert is_unknown_path or any(
            exchange.request["path"].startswith(start) for start in fixed
        ), exchange.identifier


def test_every_text_a_row_lists_is_in_one_of_its_exchanges():
    missing = {
        f"{row}: {text}"
        for row, texts in LISTED.items()
        for text in texts
        if not any(
            text in strings_in(exchange.response) for exchange in EXCHANGES if exchange.row == row
        )
    }
    assert missing == set()


def test_no_exchange_stands_twice():
    assert len({(each.row, each.title) for each in EXCHANGES}) == len(EXCHANGES)


def test_a_value_keeps_its_type_when_it_stands_alone():
    values = {"client.id": 7}
    assert filled({"id": "${client.id}", "path": "/users/${client.id}"}, values) == {
        "id": 7,
        "path": "/users/7",
    }


def test_a_value_no_step_gives_is_told():
    with pytest.raises(UnreadableExchange, match=r"client\.token"):
        filled(["${client.token}"], {})


@pytest.mark.parametrize(
    "content",
    [
        "title: x\nrequest: {method: GET, path: /}\n",
        "title: x\nrequest: {method: GET}\nresponse: {status: 200}\n",
        "title: x\nrequest: {method: GET, path: /, body: x}\nresponse: {status: 200}\n",
        "title: x\nrequest: {method: GET, path: /}\nresponse: {json: {}}\n",
        "title: x\nmore: y\nrequest: {method: GET, path: /}\nresponse: {status: 200}\n",
        "- x\n",
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path, content):
    path = tmp_path / "exchange.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UnreadableExchange):
        read_exchange(path)
