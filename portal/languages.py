"""In which language a page speaks: the one the visitor chose, else the best of what their browser
asks for.
"""

import gettext

from babel import Locale
from flask import Flask, g, request

from portal.catalogues import LANGUAGES
from portal.parts import parts
from portal.state import state

DEFAULT = "en"


def language() -> str:
    """Give the language of the page that is made now."""
    if "language" not in g:
        wanted = request.accept_languages.best_match(LANGUAGES, default=DEFAULT) or DEFAULT
        g.language = state().language if state().language in LANGUAGES else wanted
    found: str = g.language
    return found


def texts() -> gettext.NullTranslations:
    """Give the catalogue of that language."""
    return parts().catalogues[language()]


def _(text: str, **values: object) -> str:
    """Give a text in the page's language; `%(name)s` in it stands for a value."""
    found = texts().gettext(text)
    return found % values if values else found


def ngettext(one: str, many: str, count: int) -> str:
    """Give the text that fits a number, which stands in it as `%(num)d`."""
    return texts().ngettext(one, many, count) % {"num": count}


def _own_name(code: str) -> str:
    name = Locale.parse(code).get_display_name() or code
    return name[:1].upper() + name[1:]


def register_languages(app: Flask) -> None:
    """Let templates speak."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined] # the extension brings it
        lambda text: texts().gettext(text),
        lambda one, many, count: texts().ngettext(one, many, count),
        newstyle=True,
    )
    app.context_processor(
        lambda: {
            "language": language(),
            "direction": Locale.parse(language()).text_direction,
            "languages": {each: _own_name(each) for each in LANGUAGES},
        }
    )
