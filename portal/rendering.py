"""Making a page of a template."""

from http import HTTPStatus

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.forms import Form, form_key, once
from portal.navigation import places
from portal.parts import parts
from portal.state import state


def rendered(template: str, form: Form, **context: object) -> Response:
    """Make a page around a form, which also gives its status."""
    return make_response(render_template(template, form=form, **context), form.status)


def led_to(endpoint: str, **values: object) -> BaseResponse:
    """Lead to a page by a GET, as after every act."""
    return redirect(url_for(endpoint, **values), HTTPStatus.SEE_OTHER)  # type: ignore[arg-type]


def surroundings() -> dict[str, object]:
    """Give what the layout of every page needs."""
    return {
        "form_key": form_key(),
        "here": request.path,
        "is_logged_in": state().login is not None,
        "is_live": state().login is not None,
        "leave_url": parts().leave_url,
        "once": once,
        "places": places(),
    }
