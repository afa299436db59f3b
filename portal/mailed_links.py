"""The pages a mailed link leads to. Opening one changes nothing: programs that look through mails
open links, too; only sending the form acts.

The link's token goes from the address bar into the visitor's cookie at once, so that it stands in
no history and reaches nobody else.
"""

from dataclasses import dataclass
from http import HTTPStatus

from flask import redirect, request
from werkzeug.wrappers import Response

from portal.forms import Form, posted_form
from portal.gateway_client import ApiAnswer
from portal.parts import parts
from portal.rendering import rendered
from portal.state import Link, state
from portal.visitors import ask

MOST_CHARACTERS = 512


@dataclass(frozen=True, kw_only=True)
class MailedLink:
    """One such page: its template, which knows the stages `form`, `done`, `refused` and `missing`,
    and the operation of the API that takes the token. Where the API
    says that no password stands, the stage after the act is `password_needed`.
    """

    page: str
    template: str
    operation: str

    def opened(self) -> Response:
        """Take the token out of the address bar, or show the stage the visitor is at."""
        if "token" in request.args:
            state().link = self._link(request.args["token"])
            state().done = ""
            return redirect(request.path, HTTPStatus.SEE_OTHER)
        if self._token:
            return self._shown("form", Form())
        page, _, stage = state().done.partition(" ")
        return self._shown(stage if page == self.page else "missing", Form())

    def sent(self, **required: str) -> Response:
        """Use the token, with what was typed into the fields that are `required` (by name, the
        text for one that was left empty).
        """
        form = posted_form()
        if not self._token:  # nothing was opened, or it was sent twice
            return redirect(request.path, HTTPStatus.SEE_OTHER)
        form.require(**required)
        if form.is_refused:
            return self._shown("form", form)
        body = {"token": self._token, **{name: form.value(name) for name in required}}
        answer = ask("POST", self.operation, body)
        if answer.is_success:
            state().link, state().done = None, f"{self.page} {_stage_after(answer)}"
            return redirect(request.path, HTTPStatus.SEE_OTHER)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS or _is_about_fields(answer, required):
            form.refuse_as(answer)
            return self._shown("form", form)
        state().link = None
        return self._shown("refused", Form(status=HTTPStatus.UNPROCESSABLE_ENTITY))

    @property
    def _token(self) -> str:
        link = state().link
        return link.token if link and link.page == self.page else ""

    def _link(self, token: str) -> Link | None:
        if not token or len(token) > MOST_CHARACTERS:
            return None
        return Link(page=self.page, token=token, opened_at=parts().clock.now().isoformat())

    def _shown(self, stage: str, form: Form) -> Response:
        return rendered(self.template, form, stage=stage)


def _stage_after(answer: ApiAnswer) -> str:
    is_needed = isinstance(answer.json, dict) and answer.json.get("is_password_needed") is True
    return "password_needed" if is_needed else "done"


def _is_about_fields(answer: ApiAnswer, required: dict[str, str]) -> bool:
    return any(answer.has_error_of(name) for name in required) or (
        answer.code == "password_rejected" and "password" in required
    )
