"""Putting the portal together; the only place where its parts meet."""

from flask import Flask

from portal.answers import register_answers
from portal.catalogues import read_catalogues
from portal.code_lists import CodeLists
from portal.cookies import CookieJar
from portal.errors import register_error_pages
from portal.formats import register_formats
from portal.gateway_client import GatewayClient
from portal.health import register_health
from portal.languages import register_languages
from portal.pages import register
from portal.parts import EXTENSION, Parts
from portal.remembering import register_cookies
from portal.settings import Settings
from shared.clock import Clock, SystemClock

MAX_BODY_BYTES = 64 * 1024


def create_app(settings: Settings, *, clock: Clock | None = None) -> Flask:
    """Make the portal."""
    clock = clock or SystemClock()
    app = Flask("portal", static_folder="static", static_url_path="/app/static")
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_BODY_BYTES,
        MAX_FORM_PARTS=100,
        SEND_FILE_MAX_AGE_DEFAULT=300,
    )
    app.url_map.strict_slashes = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions[EXTENSION] = Parts(
        clock=clock,
        gateway=GatewayClient(settings.gateway_url, settings.portal_key),
        jar=CookieJar(settings.cookie_keys, clock),
        catalogues=read_catalogues(),
        portal_key=settings.portal_key,
        leave_url=settings.leave_url,
        code_lists=CodeLists(),
    )
    register_answers(app)
    register_cookies(app)
    register_languages(app)
    register_formats(app)
    register_error_pages(app)
    register_health(app)
    register(app)
    return app
