"""Making a page of a template."""

from flask import Response, make_response, render_template, request

from portal.forms import Form, form_key, once
from portal.navigation import places
from portal.parts import parts
from portal.state import state


def rendered(template: str, form: Form, **context: object) -> Response:
    """Make a page around a form, which also gives its status."""
    return make_response(render_template(template, form=form, **context), form.status)


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
