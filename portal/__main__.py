"""What an operator types: `python -m portal web`, and `translations`, which brings the catalogues
up to the texts of the code and the templates.
"""

import sys

import click

from portal.app import create_app
from portal.catalogues import write_catalogues
from portal.settings import Settings
from shared.gunicorn import serve
from shared.logs import configure_logs
from shared.settings import BadSettings


@click.group()
def main() -> None:
    """Run the pages for people."""


@main.command()
def web() -> None:
    """Serve the pages until told to stop."""
    try:
        settings = Settings.from_env()
    except BadSettings as error:
        click.echo(f"The portal cannot start:\n{error}", err=True)
        sys.exit(2)
    configure_logs("portal", settings.log_level)
    serve(
        lambda: create_app(settings),
        host=settings.bind_host,
        port=settings.port,
        workers=settings.web_workers,
        threads=settings.web_threads,
    )


@main.command()
def translations() -> None:
    """Write the texts of the pages into the catalogues; the new ones stand there empty."""
    for path in write_catalogues():
        click.echo(f"wrote {path}")


if __name__ == "__main__":
    main()
