"""Every mail and notification can be rendered in every language and gives nothing away."""

import re
import string
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from notification_service.listeners.schemas.account_notices import NEED_A_TOKEN

TEMPLATES = Path(__file__).parents[2] / "templates"
LOCALES = ("ru", "en", "ar")
MAILS: dict[str, dict[str, Any]] = yaml.safe_load(
    (TEMPLATES / "mails.yaml").read_text(encoding="utf-8")
)["mails"]
NOTIFICATIONS: dict[str, dict[str, Any]] = yaml.safe_load(
    (TEMPLATES / "notifications.yaml").read_text(encoding="utf-8")
)["notifications"]
VALUES: dict[str, Any] = {
    "first_name": "Anna",
    "app_url": "https://hearth.example/app",
    "code": "042719",
    "link": "https://hearth.example/app/page?token=kT3xQ9",
    "token": "kT3xQ9",
    "is_therapist": False,
    "starts_at": "Tuesday 24 November, 10:00",
    "previous_starts_at": "Monday 23 November, 09:00",
    "practitioner_name": "Zsófia Nagy",
    "explanation": "Our team did it.",
}
# What somebody who glances at a mail over a shoulder must never learn.
TELLING_WORDS = re.compile(
    r"therap|psych|counsel|appointment|session|mental|терап|психо|консульт|сеанс|сесси|при[её]м"
    r"|معالج|علاج|نفس|جلسة|موعد|مواعيد",
    re.IGNORECASE,
)
PAGES = {
    "", "accept-invitation", "confirm-address", "login-sessions", "set-password",
    "undo-email-change",
}  # fmt: skip
every_mail = pytest.mark.parametrize("mail", sorted(MAILS))
every_locale = pytest.mark.parametrize("locale", LOCALES)


def _environment(*, trims: bool = False) -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=trims,
        lstrip_blocks=trims,
    )


def _render(mail: str, locale: str, part: str, *, trims: bool = False, **changes: Any) -> str:
    allowed = {"first_name", "app_url", *MAILS[mail]["variables"]}
    values = {name: value for name, value in {**VALUES, **changes}.items() if name in allowed}
    return _environment(trims=trims).get_template(f"{mail}/{locale}/{part}").render(values)


def _visible(page: str) -> str:
    """Give the words of a page without its tags, head and the blanks of the preview line."""
    body = page.split("<body", 1)[1].split(">", 1)[1]
    return " ".join(re.sub(r"<[^>]+>|&nbsp;|&zwnj;", " ", body).split())


def _preview(page: str) -> str:
    """Give what a list of mails shows before the content begins."""
    return _visible(page.split('<div style="max-width', 1)[0])


def test_the_list_of_mails_names_exactly_the_folders_there_are():
    folders = {path.name for path in TEMPLATES.iterdir() if path.is_dir()} - {"layouts"}
    assert folders == set(MAILS)


@every_mail
@every_locale
@pytest.mark.parametrize("is_therapist", [False, True])
def test_a_mail_needs_only_the_variables_it_lists(mail: str, locale: str, is_therapist: bool):
    for part in ("subject.txt", "body.txt", "body.html"):
        words = _render(mail, locale, part, is_therapist=is_therapist)
        assert words.strip()
        assert "{{" not in words
        assert "{%" not in words


@every_mail
@every_locale
def test_every_listed_variable_is_really_shown_in_text_and_page(mail: str, locale: str):
    for part in ("body.txt", "body.html"):
        words = _render(mail, locale, part)
        for name in {"first_name", "app_url", *MAILS[mail]["variables"]} - {"is_therapist"}:
            assert str(VALUES[name]) in words, (part, name)


@every_mail
@every_locale
def test_a_mail_reads_well_without_a_name(mail: str, locale: str):
    greeting = {"en": "Hello,", "ru": "Здравствуйте!", "ar": "مرحبًا،"}[locale]
    assert _render(mail, locale, "body.txt", first_name="").splitlines()[0] == greeting
    assert f">{greeting}</p>" in _render(mail, locale, "body.html", first_name="")


@every_mail
@every_locale
def test_the_text_does_not_depend_on_how_blocks_are_trimmed(mail: str, locale: str):
    plain, trimmed = (_render(mail, locale, "body.txt", trims=trims) for trims in (False, True))
    assert plain.rstrip() == trimmed.rstrip()


@every_mail
@every_locale
def test_neither_subject_nor_preview_nor_body_says_what_the_service_is(mail: str, locale: str):
    subject = _render(mail, locale, "subject.txt").strip()
    assert "\n" not in subject
    assert len(subject) <= 60
    page = _render(mail, locale, "body.html")
    assert f"<title>{subject}</title>" in page
    assert _preview(page)
    for shown in (subject, _render(mail, locale, "body.txt"), _visible(page)):
        assert not TELLING_WORDS.search(shown), shown


@pytest.mark.parametrize("mail", [name for name in sorted(MAILS) if "appointment" in name])
@every_locale
def test_a_therapist_is_not_told_their_own_name(mail: str, locale: str):
    for part in ("body.txt", "body.html"):
        name = VALUES["practitioner_name"]
        assert name in _render(mail, locale, part, is_therapist=False)
        assert name not in _render(mail, locale, part, is_therapist=True)


@pytest.mark.parametrize(
    ("mail", "sentence"),
    [
        ("verification_code", "your verification code is: 042719"),
        ("email_change_code", "your verification code is: 042719"),
        ("password_reset_code", "your password reset code is: 042719"),
    ],
)
def test_a_code_stands_in_its_sentence_and_alone_in_a_block(mail: str, sentence: str):
    assert sentence in _render(mail, "en", "body.txt").splitlines()
    for locale in LOCALES:
        page = _render(mail, locale, "body.html")
        assert len(re.findall(r"<p [^>]*>042719</p>", page)) == 1
        assert "042719" not in _render(mail, locale, "subject.txt")
        assert "042719" not in _preview(page)


@every_mail
@every_locale
def test_a_page_loads_nothing_and_runs_nothing(mail: str, locale: str):
    page = _render(mail, locale, "body.html")
    assert not re.search(
        r"<(img|script|link|iframe|object|form|style)\b|url\(|@import|\son\w+=", page
    )
    addresses = set(re.findall(r'(?:href|src)="([^"]*)"', page))
    assert addresses <= {VALUES["app_url"], VALUES["link"]}


@every_mail
@every_locale
def test_a_page_knows_its_language_and_direction(mail: str, locale: str):
    direction = "rtl" if locale == "ar" else "ltr"
    assert f'<html lang="{locale}" dir="{direction}">' in _render(mail, locale, "body.html")


@every_mail
@every_locale
def test_a_name_cannot_bring_markup_into_a_page(mail: str, locale: str):
    name = '<b title="x">O\'Brien</b>'
    assert "<b " not in _render(mail, locale, "body.html", first_name=name)
    assert name in _render(mail, locale, "body.txt", first_name=name)


@pytest.mark.parametrize(
    "mail",
    sorted(name for name in MAILS if MAILS[name].get("sealed") and name not in NEED_A_TOKEN),
)
@every_locale
def test_a_mail_whose_link_is_missing_has_no_empty_place_for_it(mail: str, locale: str):
    for part in ("body.txt", "body.html"):
        words = _render(mail, locale, part, link="")
        assert "/page" not in words
        assert 'href=""' not in words
        if MAILS[mail]["sealed"] == "code":
            assert VALUES["code"] in words


@every_mail
def test_a_mail_names_a_page_exactly_when_it_shows_a_link(mail: str):
    assert ("link" in MAILS[mail]["variables"]) == bool(MAILS[mail].get("leads_to"))
    assert MAILS[mail].get("leads_to", "") in PAGES


@pytest.mark.parametrize(
    "words",
    [
        words
        for kinds in yaml.safe_load(
            (TEMPLATES / "cancellations.yaml").read_text(encoding="utf-8")
        ).values()
        for by_reader in kinds.values()
        for words in by_reader.values()
    ],
)
def test_who_cancelled_and_why_is_said_in_every_language_and_gives_nothing_away(words: dict):
    assert set(words) == set(LOCALES)
    for text in words.values():
        assert text.endswith(".")
        assert not TELLING_WORDS.search(text)


def test_the_kinds_of_notifications_are_the_agreed_ones():
    for_both = {"appointment_booked", "appointment_moved", "appointment_cancelled"}
    for_both |= {"therapist_changed"}
    expected = {f"{kind}_for_{who}" for kind in for_both for who in ("client", "therapist")}
    assert set(NOTIFICATIONS) == expected | {"message_received", "stage_completed"}


@pytest.mark.parametrize("kind", sorted(NOTIFICATIONS))
def test_a_notification_uses_exactly_its_placeholders_in_every_language(kind: str):
    notification = NOTIFICATIONS[kind]
    assert notification["type"] == ("message" if kind == "message_received" else "alert")
    assert set(notification["text"]) == set(LOCALES)
    for words in notification["text"].values():
        used = {name for _, name, _, _ in string.Formatter().parse(words) if name}
        assert used == set(notification["placeholders"])
        assert 0 < len(words) <= 255
