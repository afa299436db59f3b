"""Somebody with a browser: keeps the two cookies, reads pages, sends the forms on them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.cookies import COOKIE, LOGIN_COOKIE

VOID = frozenset({"meta", "link", "input", "br", "hr", "img"})


@dataclass
class FormOnPage:
    """A form of a page; `fields` are those a browser would send without touching anything."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)


class Page(HTMLParser):
    """What stands on a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.source = text
        self.forms: list[FormOnPage] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.attributes: dict[str, str] = {}
        self.texts: list[str] = []
        self.described: dict[str, str] = {}
        self.by_id: dict[str, str] = {}
        self.focused: list[str] = []
        self._open: list[tuple[str, str]] = []
        self._field = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.attributes = found
        if tag == "form":
            self.forms.append(FormOnPage(action=found.get("action", "")))
        self._note_field(tag, found)
        if tag == "a":
            self.links.append(found["href"])
        self.loaded += [found[name] for name in ("src",) if name in found]
        if tag == "link":
            self.loaded.append(found["href"])
        if "autofocus" in found:
            self.focused.append(found.get("class", found.get("id", "")))
        if "aria-describedby" in found:
            self.described[found["id"]] = found["aria-describedby"]
        if "aria-label" in found:
            self.texts.append(found["aria-label"])
        if tag not in VOID:
            self._open.append((tag, found.get("id", "")))

    def _note_field(self, tag: str, found: dict[str, str]) -> None:
        """Note what a browser would send for a field nobody touches."""
        if not self.forms:
            return
        fields = self.forms[-1].fields
        if tag in ("select", "textarea"):
            self._field = found["name"]
            fields[self._field] = ""
        elif tag == "option" and "selected" in found:
            fields[self._field] = found.get("value", "")
        elif tag == "input":
            is_choice = found.get("type") in ("radio", "checkbox")
            if not is_choice or "checked" in found:
                fields[found["name"]] = found.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text:
            self.texts.append(text)
            for _tag, identifier in self._open:
                if identifier:
                    self.by_id[identifier] = self.by_id.get(identifier, "") + text

    @property
    def title(self) -> str:
        return self.source.partition("<title>")[2].partition("</title>")[0]

    @property
    def heading(self) -> str:
        return self.source.partition("<h1>")[2].partition("</h1>")[0]

    def form(self, action: str = "") -> FormOnPage:
        [found] = [form for form in self.forms if form.action == action and form.fields]
        return found

    def error_of(self, name: str) -> str:
        """Give the error beside a field, found by what describes the field."""
        ids = self.described.get(name, "").split()
        return "".join(self.by_id.get(one, "") for one in ids if one.endswith("-error"))


class VisitorWithBrowser:
    def __init__(self, client: FlaskClient, language: str = "en", **headers: str) -> None:
        self.client = client
        self.cookie = self.login_cookie = ""
        self.headers = {"Accept-Language": language, "User-Agent": "Firefox on a phone", **headers}
        self.answer: TestResponse | None = None

    def take_cookies(self, answer: TestResponse) -> None:
        """Keep what an answer sets, as a browser does whenever the answer arrives."""
        for line in answer.headers.getlist("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            assert name in (COOKIE, LOGIN_COOKIE)
            if name == COOKIE:
                self.cookie = value
            else:
                self.login_cookie = value

    def forget(self) -> None:
        """Begin again with another browser."""
        self.cookie = self.login_cookie = ""

    def get(self, path: str) -> Page:
        return self._followed(self._opened("GET", path))

    def post(self, path: str, fields: dict[str, str]) -> Page:
        return self._followed(self._opened("POST", path, data=fields))

    def send(self, page: Page, path: str, action: str = "", **typed: str) -> Page:
        """Fill in and send the form of a page that stands at `path`."""
        return self.post(action or path, {**page.form(action).fields, **typed})

    @property
    def status(self) -> int:
        assert self.answer is not None
        return self.answer.status_code

    def _opened(self, method: str, path: str, data: dict[str, str] | None = None) -> TestResponse:
        headers = dict(self.headers)
        if self.cookie or self.login_cookie:
            headers["Cookie"] = f"{COOKIE}={self.cookie}; {LOGIN_COOKIE}={self.login_cookie}"
        answer = self.client.open(path, method=method, headers=headers, data=data)
        self.answer = answer
        self.take_cookies(answer)
        return answer

    def _followed(self, answer: TestResponse) -> Page:
        for _ in range(5):
            if answer.status_code != 303:
                break
            answer = self._opened("GET", answer.headers["Location"])
        return Page(answer.get_data(as_text=True))
