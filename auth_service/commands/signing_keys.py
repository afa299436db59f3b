"""Replacing the key that signs tokens, without a token being refused meanwhile."""

import os
from pathlib import Path

import click
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.keys import key_id_of

STEPS = """The new key {key_id} is in {path}.
1. Give auth_service the new key as SIGNING_KEY_PREVIOUS, which is published and signs nothing.
   Restart its web processes, and wait two minutes: gateway and services learn of the key.
2. Exchange the two: the new key as SIGNING_KEY, the older one as SIGNING_KEY_PREVIOUS. Restart.
   New tokens are signed with the new key; older ones stay good.
3. After the longest token lifetime (30 days by default) take SIGNING_KEY_PREVIOUS away and restart.
When the older key has leaked, go to step 3 at once: every token it signed dies within a minute."""


@click.command("rotate-keys")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Where to write the new private key (PEM, mode 0600); must not exist.",
)
def rotate_keys(out: Path) -> None:
    """Make a new signing key and say what to do with it. No running key is touched."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        message = f"{out} cannot be written: {error.strerror}"
        raise click.ClickException(message) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    click.echo(STEPS.format(key_id=key_id_of(key), path=out))
