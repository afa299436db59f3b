"""The table of `docs/legacy_urls.md`: legacy URL → clean URL → service, from the one table."""

from collections.abc import Sequence

from gateway.routes import LEGACY_ROWS, Row

_HEAD = """# Legacy URLs

Written by `python -m gateway legacy-urls`; a test compares.
Each URL answers with and without a trailing slash.

| row | dialect | legacy URL | purpose | clean URL | service |
|---|---|---|---|---|---|"""


def legacy_urls_page(rows: Sequence[Row] = LEGACY_ROWS) -> str:
    """Give the whole page as Markdown."""
    return "\n".join([_HEAD, *(_line(row) for row in rows)]) + "\n"


def _line(row: Row) -> str:
    methods = ", ".join(row.methods)
    slash = "/" if row.dialect.name == "wellbeing" else ""
    service = f"{row.service.value}_service" if row.service is not None else "gateway"
    return (
        f"| {row.number} | {row.dialect.name} | `{methods} {row.path}{slash}` | {row.purpose}"
        f" | `{row.successor}` | {service} |"
    )
