"""The forms by which somebody asks for a mail. The answer does not tell who has an account."""

from dataclasses import dataclass
from http import HTTPStatus

from flask import redirect, request
from werkzeug.wrappers import Response

from portal.forms import Form, posted_form
from portal.languages import _
from portal.rendering import rendered
from portal.state import state
from portal.visitors import ask


@dataclass(frozen=True, kw_only=True)
class AskingForMail:
    """One such form: its template, which knows the stages `form` and `done`, and the operation of
    the API that sends the mail.
    """

    page: str
    template: str
    operation: str

    def opened(self) -> Response:
        """Show the form, or that the mail is on its way."""
        is_done = state().take_done() == self.page
        return rendered(self.template, Form(), stage="done" if is_done else "form")

    def sent(self) -> Response:
        """Ask for the mail."""
        form = posted_form()
        form.require(email=_("Write your e-mail address."))
        if not form.is_refused:
            answer = ask("POST", self.operation, {"email": form.value("email").strip()})
            if answer.is_success:
                state().done = self.page
                return redirect(request.path, HTTPStatus.SEE_OTHER)
            form.refuse_as(answer)
        return rendered(self.template, form, stage="form")
