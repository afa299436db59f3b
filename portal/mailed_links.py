"""The pages a mailed link leads to. Opening one changes nothing: programs that look through mails
open links, too; only sending the form acts.

The link's token goes from the address bar into the visitor's cookie at once, so that it stands in
no history and reaches nobody else. A form names the link it was drawn for, by a digest: whatever
else is opened meanwhile, it acts with that link or not at all.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from flask import redirect, request
from werkzeug.wrappers import Response

from portal.forms import Form, posted_form, refuse_as_stale
from portal.gateway_client import ApiAnswer
from portal.parts import parts
from portal.rendering import rendered
from portal.state import Link, state
from portal.visitors import ask

MOST_CHARACTERS = 512
LINK = "link"


@dataclass(frozen=True, kw_only=True)
class MailedLink:
    """One such page: its template, which knows the stages `form`, `done`, `refused` and `missing`,
    and the operation of the API that takes the token. Where the API says that no password stands,
    the stage after the act is `password_needed`; `stages` names those after other answers, by the
    purpose the API tells. Where it `shows_sign_up`, what the sign-up of this browser was answered
    goes along: it lets the password chosen there stand.
    """

    page: str
    template: str
    operation: str
    stages: Mapping[str, str] = field(default_factory=dict)
    shows_sign_up: bool = False

    def opened(self) -> Response:
        """Take the token out of the address bar, or show the stage the newest link is at. A token
        that cannot be one leaves what is held alone.
        """
        if "token" not in request.args:
            link = self._newest()
            return self._shown(link.stage if link else "missing", Form(), link)
        token = request.args["token"]
        if not token or len(token) > MOST_CHARACTERS:
            return self._shown("missing", Form())
        state().hold_link(self._link(token))
        return redirect(request.path, HTTPStatus.SEE_OTHER)

    def sent(self, **required: str) -> Response:
        """Use the token of the link the form was drawn for, with what was typed into the fields
        that are `required` (by name, the text for one that was left empty).
        """
        form = posted_form()
        digest = form.value(LINK)
        link = self._held(digest) if digest else self._newest()
        if link is None:  # nothing was opened, or too much was opened since
            return self._shown("missing", Form())
        if not link.token:  # it was sent twice
            state().hold_link(link)
            return redirect(request.path, HTTPStatus.SEE_OTHER)
        if not digest:
            refuse_as_stale(form)
        form.require(**required)
        if form.is_refused:
            return self._shown("form", form, link)
        body = {"token": link.token, **{name: form.value(name) for name in required}}
        if self.shows_sign_up and state().sign_up_secret:
            body["secret"] = state().sign_up_secret
        answer = ask("POST", self.operation, body)
        if answer.is_success:
            state().sign_up_secret = ""
            state().hold_link(replace(link, token="", stage=self._stage_after(answer)))
            return redirect(request.path, HTTPStatus.SEE_OTHER)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS or _is_about_fields(answer, required):
            form.refuse_as(answer)
            return self._shown("form", form, link)
        state().drop_link(link)
        return self._shown("refused", Form(status=HTTPStatus.UNPROCESSABLE_ENTITY))

    def _held(self, digest: str) -> Link | None:
        wanted = digest.encode()
        found = [
            each
            for each in state().links
            if each.page == self.page and secrets.compare_digest(each.digest.encode(), wanted)
        ]
        return found[0] if found else None

    def _newest(self) -> Link | None:
        held = [each for each in state().links if each.page == self.page]
        return held[-1] if held else None

    def _link(self, token: str) -> Link:
        return Link(
            page=self.page,
            digest=parts().jar.digest(self.page, token),
            token=token,
            stage="form",
            opened_at=parts().clock.now().isoformat(),
        )

    def _shown(self, stage: str, form: Form, link: Link | None = None) -> Response:
        return rendered(self.template, form, stage=stage, link=link.digest if link else "")

    def _stage_after(self, answer: ApiAnswer) -> str:
        told = answer.json if isinstance(answer.json, dict) else {}
        if told.get("is_password_needed") is True:
            return "password_needed"
        return self.stages.get(str(told.get("purpose", "")), "done")


def _is_about_fields(answer: ApiAnswer, required: dict[str, str]) -> bool:
    return any(answer.has_error_of(name) for name in required) or (
        answer.code == "password_rejected" and "password" in required
    )
