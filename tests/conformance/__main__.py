"""`python -m tests.conformance --url URL --mailbox DIR`: replay the golden exchanges against a
running platform and tell how each answer differs. `--table` prints them as a page of the docs.
"""

import sys
from pathlib import Path

import click

from tests.conformance.contract_table import contract_table
from tests.conformance.exchanges import Exchange, UnreadableExchange, all_exchanges
from tests.conformance.replaying import replay
from tests.conformance.setup_steps import Stage, StepFailed
from tests.mailboxes import FolderMailbox, Mailbox, MailpitMailbox
from tests.people import Place


def _print_table(context: click.Context, _parameter: click.Parameter, is_wanted: bool) -> None:
    if is_wanted:
        click.echo(contract_table(), nl=False)
        context.exit()


@click.command()
@click.option(
    "--table",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_table,
    help="Print every row of the contracts and its exchanges as Markdown, and nothing else.",
)
@click.option("--url", required=True, help="The gateway, such as http://127.0.0.1:8000.")
@click.option(
    "--mailbox",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder where the platform writes its mails as .eml files.",
)
@click.option("--mailpit", help="Or the address of the Mailpit that receives them.")
@click.option("--admin-email", required=True, help="An admin, who opens therapists for the run.")
@click.option(
    "--admin-password-file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with the admin's password.",
)
@click.option("--row", "rows", multiple=True, help="Only these rows, such as W4 or M5.")
def main(
    url: str,
    mailbox: Path | None,
    mailpit: str | None,
    admin_email: str,
    admin_password_file: Path,
    rows: tuple[str, ...],
) -> None:
    """Replay the golden exchanges of the three legacy contracts; exit 0 when all are right."""
    place = Place(
        url=url.rstrip("/"),
        mailbox=_mailbox(mailbox, mailpit),
        admin_email=admin_email,
        admin_password=admin_password_file.read_text(encoding="utf-8").strip(),
    )
    exchanges = all_exchanges(frozenset(rows))
    if not exchanges:
        raise click.UsageError("no exchange fits")
    stage = Stage(place=place)
    failures = sum(not _is_right(exchange, stage) for exchange in exchanges)
    click.echo(f"{len(exchanges) - failures} of {len(exchanges)} exchanges are right.")
    sys.exit(1 if failures else 0)


def _mailbox(folder: Path | None, mailpit: str | None) -> Mailbox:
    if (folder is None) == (mailpit is None):
        raise click.UsageError("name either --mailbox or --mailpit")
    return MailpitMailbox(mailpit) if mailpit is not None else FolderMailbox(folder or Path())


def _is_right(exchange: Exchange, stage: Stage) -> bool:
    """Replay one exchange and print what is wrong."""
    try:
        told = replay(exchange, stage)
    except (StepFailed, UnreadableExchange, AssertionError, OSError) as error:
        told = [f"could not be tried: {error}"]
    if told:
        click.echo(f"{exchange.identifier}: {exchange.title}")
        for line in told:
            click.echo(f"    {line}")
    return not told


if __name__ == "__main__":
    main()
