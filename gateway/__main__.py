"""What an operator types: `python -m gateway web`; `legacy-urls`, `openapi`, which write pages."""

import sys
from pathlib import Path

import click

from gateway.app import create_app
from gateway.callers import Proxies
from gateway.forwarding import Gateway
from gateway.metrics import serve_metrics
from gateway.server import GatewayWorker
from gateway.settings import Settings
from shared.gunicorn import Doorkeeper, serve
from shared.logs import configure_logs
from shared.metrics import share_metrics
from shared.settings import BadSettings


@click.group()
def main() -> None:
    """Run the gateway."""


@main.command()
def web() -> None:
    """Serve the gateway until told to stop."""
    try:
        settings = Settings.from_env()
    except BadSettings as error:
        click.echo(f"The gateway cannot start:\n{error}", err=True)
        sys.exit(2)
    configure_logs("gateway", settings.log_level)
    if settings.metrics_port and settings.web_workers > 1:
        share_metrics(settings.data_directory / "tmp" / "gateway.metrics")
    serve(
        lambda: _served(settings),
        host=settings.bind_host,
        port=settings.port,
        workers=settings.web_workers,
        threads=settings.web_threads,
        doorkeeper=Doorkeeper(
            settings.connections_per_network, Proxies(settings.trusted_proxies).is_trusted
        ),
        worker_class=GatewayWorker,
    )


@main.command("legacy-urls")
def legacy_urls() -> None:
    """Print the table of legacy URLs as Markdown."""
    from gateway.legacy_urls import legacy_urls_page

    click.echo(legacy_urls_page(), nl=False)


@main.command()
@click.argument("descriptions", nargs=-1, type=click.Path(path_type=Path, exists=True))
def openapi(descriptions: tuple[Path, ...]) -> None:
    """Print the one description of the clean API, merged from the services' own files."""
    from gateway.openapi import merged_files

    click.echo(merged_files(descriptions), nl=False)


def _served(settings: Settings) -> Gateway:
    """Make the gateway in the worker, after the fork."""
    gateway = create_app(settings)
    if settings.metrics_port:
        serve_metrics(gateway.parts.metrics, settings.metrics_host, settings.metrics_port)
    return gateway


if __name__ == "__main__":
    main()
