"""The texts of the pages in every language, read from `translations/<language>.po` at the start.

The texts in the code and in the templates are English and are the keys; the English catalogue holds
them as they are.
"""

import gettext
import io
from collections.abc import Mapping
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

LANGUAGES = ("ru", "en", "ar")
KEYS = "en"
_PACKAGE = Path(__file__).parent
_FOLDER = _PACKAGE / "translations"
_METHODS = [
    ("pages/**.py", "python"),
    ("*.py", "python"),
    ("templates/**.html", "jinja2.ext:babel_extract"),
]
_OPTIONS = {"templates/**.html": {"trimmed": "true", "silent": "false"}}


def read_catalogues() -> Mapping[str, gettext.NullTranslations]:
    """Give the catalogue of each language."""
    return {language: _compiled(catalogue_of(language)) for language in LANGUAGES}


def catalogue_of(language: str) -> Catalog:
    """Read a language's catalogue."""
    with _path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def extracted() -> Catalog:
    """Collect every text of the code and the templates."""
    found = Catalog(charset="utf-8")
    for filename, _line, message, comments, context in extract_from_dir(
        _PACKAGE, _METHODS, _OPTIONS
    ):
        found.add(message, locations=[(filename, 0)], auto_comments=comments, context=context)
    return found


def write_catalogues() -> list[Path]:
    """Bring every catalogue up to the texts there are; give the files written."""
    written = []
    for language in LANGUAGES:
        path = _path_of(language)
        catalogue = catalogue_of(language) if path.exists() else Catalog(locale=language)
        catalogue.update(extracted(), no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        if language == KEYS:
            for message in catalogue:
                if message.id:
                    message.string = message.id
        with path.open("wb") as file:
            write_po(
                file, catalogue, width=100, sort_output=True, omit_header=True, no_location=True
            )
        written.append(path)
    return written


def _compiled(catalogue: Catalog) -> gettext.GNUTranslations:
    file = io.BytesIO()
    write_mo(file, catalogue)
    file.seek(0)
    return gettext.GNUTranslations(file)


def _path_of(language: str) -> Path:
    return _FOLDER / f"{language}.po"
