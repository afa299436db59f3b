"""The keys of a development machine, made once and never overwritten, and tokens to try a service.

`python -m shared.keys make` writes what is missing below `$DATA_DIR/keys` and is safe to run
twice or at the same time; operators use it once for the first secrets of a deployment. Reading keys
is the business of `shared/settings.py`.
"""

import base64
import fcntl
import hashlib
import json
import os
import secrets
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import click
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from shared.access_tokens import AUDIENCE, ISSUER, ROLES
from shared.clock import SystemClock

SIGNING_KEY = "signing-key.pem"
TOKEN_PUBLIC_KEYS = "token-public-keys.json"  # noqa: S105 - a file name, and public besides
SEALING_PRIVATE_KEY = "sealing-private-key.pem"
SEALING_PUBLIC_KEY = "sealing-public-key.pem"
CODE_HMAC_KEY = "code-hmac-key.key"
TEXT_MASTER_KEY = "text-master-key.key"
INTERNAL_KEY = "internal-key.key"
PORTAL_KEY = "portal-key.key"
PORTAL_COOKIE_KEY = "portal-cookie-key.key"

_DERIVED_FROM = {TOKEN_PUBLIC_KEYS: SIGNING_KEY, SEALING_PUBLIC_KEY: SEALING_PRIVATE_KEY}


class PrivateKeyLost(Exception):
    """A public key stands without its private half.

    Making another pair would silently orphan what the old one signed or sealed.
    """


def make_development_keys(directory: Path) -> list[Path]:
    """Write every key that is missing below `directory` (mode 0600); return the files written now.

    An existing file is never touched. Several processes may call this at once; each file appears
    whole or not at all.

    Raises:
        PrivateKeyLost: a public key is there and its private half is not.
        OSError: the directory cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _only_one_maker(directory):
        _refuse_orphans(directory)
        return [
            directory / name
            for name, make in _MAKERS.items()
            if _write_if_missing(directory / name, make)
        ]


def key_id_of(key: Ed25519PrivateKey) -> str:
    """Give the RFC 7638 thumbprint of the key's public half, which is its `kid`."""
    canonical = json.dumps(_public_members(key), sort_keys=True, separators=(",", ":"))
    return _base64url(hashlib.sha256(canonical.encode()).digest())


def development_token(
    directory: Path, *, account_id: int, role: str, lifetime: timedelta, now: datetime
) -> str:
    """Sign an access token with the development key, as auth_service would, to try one service.

    No login session stands behind it, so nothing can end it before `lifetime` is over.
    """
    key = _signing_key(directory)
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(account_id),
        "id": account_id,
        "role": role,
        "sid": str(uuid.uuid4()),
        "verified": True,
        "jti": str(uuid.uuid4()),
        "iat": now,
        "nbf": now,
        "exp": now + lifetime,
    }
    return jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": key_id_of(key)})


@contextmanager
def _only_one_maker(directory: Path) -> Iterator[None]:
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _refuse_orphans(directory: Path) -> None:
    for derived, source in _DERIVED_FROM.items():
        if (directory / derived).exists() and not (directory / source).exists():
            message = (
                f"{directory / derived} is there, {source} is not: put it back, or remove both"
            )
            raise PrivateKeyLost(message)


def _write_if_missing(path: Path, make: Callable[[Path], str]) -> bool:
    """Write through a temporary file and a hard link, which fails when the name is taken."""
    if path.exists():
        return False
    content = make(path.parent)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(temporary)
    except FileExistsError:
        return False
    finally:
        Path(temporary).unlink()
    return True


def _new_signing_key(_directory: Path) -> str:
    return private_pem(Ed25519PrivateKey.generate())


def _token_public_keys(directory: Path) -> str:
    key = _signing_key(directory)
    entry = {**_public_members(key), "kid": key_id_of(key), "use": "sig", "alg": "EdDSA"}
    return json.dumps({"keys": [entry]}) + "\n"


def _new_sealing_private_key(_directory: Path) -> str:
    return private_pem(X25519PrivateKey.generate())


def _sealing_public_key(directory: Path) -> str:
    key = serialization.load_pem_private_key(
        (directory / SEALING_PRIVATE_KEY).read_bytes(), password=None
    )
    return public_pem(key.public_key())


def _new_32_bytes(_directory: Path) -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _new_internal_key(_directory: Path) -> str:
    return secrets.token_urlsafe(48)


def private_pem(key: Ed25519PrivateKey | X25519PrivateKey) -> str:
    """Spell a private key as PEM (PKCS 8, not encrypted), as the settings take it."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def public_pem(key: PublicKeyTypes) -> str:
    """Spell a public key as PEM, as the settings take it."""
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def _signing_key(directory: Path) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key((directory / SIGNING_KEY).read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        message = f"{directory / SIGNING_KEY} does not hold an Ed25519 key"
        raise ValueError(message)  # noqa: TRY004 - the file's content is wrong, not a type in the code
    return key


def _public_members(key: Ed25519PrivateKey) -> dict[str, str]:
    return {"crv": "Ed25519", "kty": "OKP", "x": _base64url(key.public_key().public_bytes_raw())}


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


# Private halves stand before what is derived from them.
_MAKERS: dict[str, Callable[[Path], str]] = {
    SIGNING_KEY: _new_signing_key,
    TOKEN_PUBLIC_KEYS: _token_public_keys,
    SEALING_PRIVATE_KEY: _new_sealing_private_key,
    SEALING_PUBLIC_KEY: _sealing_public_key,
    CODE_HMAC_KEY: _new_32_bytes,
    TEXT_MASTER_KEY: _new_32_bytes,
    INTERNAL_KEY: _new_internal_key,
    PORTAL_KEY: _new_internal_key,
    PORTAL_COOKIE_KEY: _new_32_bytes,
}


@click.group()
def cli() -> None:
    """Make the keys of a development machine and tokens to try one service alone."""


_directory_option = click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the keys are; by default $DATA_DIR/keys.",
)


def _given_or_default(directory: Path | None) -> Path:
    return directory or Path(os.environ.get("DATA_DIR") or "data") / "keys"


@cli.command()
@_directory_option
def make(directory: Path | None) -> None:
    """Write every key that is missing; existing ones are never touched."""
    try:
        written = make_development_keys(_given_or_default(directory))
    except (OSError, PrivateKeyLost) as error:
        raise click.ClickException(str(error)) from error
    for path in written:
        click.echo(f"wrote {path}")


@cli.command("dev-token")
@_directory_option
@click.option("--account-id", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--role", type=click.Choice(sorted(ROLES)), default="client", show_default=True)
@click.option(
    "--hours", type=click.IntRange(min=1, max=24), default=8, show_default=True, help="Lifetime."
)
def dev_token(directory: Path | None, account_id: int, role: str, hours: int) -> None:
    """Print an access token signed with the development key."""
    if os.environ.get("HEARTH_ENV") == "production":
        raise click.ClickException("development tokens are not for production")
    try:
        token = development_token(
            _given_or_default(directory),
            account_id=account_id,
            role=role,
            lifetime=timedelta(hours=hours),
            now=SystemClock().now(),
        )
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{error} (`python -m shared.keys make` writes keys)") from error
    click.echo(token)


if __name__ == "__main__":
    cli()
