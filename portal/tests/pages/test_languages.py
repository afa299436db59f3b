"""The language of the pages: the visitor's choice, else their browser's wish."""

import pytest

from portal.tests.conftest import MakeVisitor
from portal.tests.visitors import VisitorWithBrowser


@pytest.mark.parametrize(
    ("wish", "language", "direction", "heading"),
    [
        ("ru", "ru", "ltr", "Войти"),
        ("ru-RU,ru;q=0.9,en;q=0.5", "ru", "ltr", "Войти"),
        ("ar-EG", "ar", "rtl", "الدخول"),
        ("en-GB", "en", "ltr", "Log in"),
        ("hu", "en", "ltr", "Log in"),
        ("", "en", "ltr", "Log in"),
    ],
)
def test_a_page_speaks_what_the_browser_asks_for(
    wish: str, language: str, direction: str, heading: str, make_visitor: MakeVisitor
) -> None:
    shown = make_visitor(wish).get("/app/log-in")
    assert shown.attributes == {"lang": language, "dir": direction}
    assert shown.heading == shown.title == heading


def test_a_choice_stays_and_leads_back_to_the_page(visitor: VisitorWithBrowser) -> None:
    shown = visitor.get("/app/forgot-password")
    shown = visitor.send(shown, "/app/forgot-password", "/app/language", language="ar")
    assert shown.attributes["dir"] == "rtl"
    assert shown.heading == "تعيين كلمة مرور أخرى"
    assert visitor.get("/app/log-in").attributes["lang"] == "ar"


@pytest.mark.parametrize(
    "here",
    ["https://evil.example/", "//evil.example", "/app/../x", "/app/static/portal.css", "", "x",
     "/app/login-sessions/end", "/readyz", "/app/log-in\r\nX: y"],
)  # fmt: skip
def test_nobody_is_led_elsewhere(here: str, visitor: VisitorWithBrowser) -> None:
    fields = visitor.get("/app/log-in").form("/app/language").fields
    answer = visitor.client.post(
        "/app/language",
        data={**fields, "here": here, "language": "ru"},
        headers={"Cookie": f"__Host-hearth={visitor.cookie}"},
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/app/")


@pytest.mark.parametrize("fields", [{"language": "xx"}, {"language": "ru", "form_key": "other"}])
def test_another_language_or_another_site_changes_nothing(
    fields: dict[str, str], visitor: VisitorWithBrowser
) -> None:
    shown = visitor.get("/app/log-in")
    shown = visitor.send(shown, "/app/log-in", "/app/language", **fields)
    assert shown.attributes["lang"] == "en"
