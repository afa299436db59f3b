"""The secrets of a compose stack, made on first use below `./secrets` and never overwritten.

The folder is readable by its owner only; the files in it are readable by all, because compose
mounts each one with owner and mode as they are, and in the containers other users read them.
"""

import os
import secrets
from pathlib import Path

from shared.keys import make_development_keys
from shared.settings import SERVICES


def make_secrets(directory: Path) -> list[Path]:
    """Write every secret that is missing and return the files written now.

    Passwords come first and the URLs that hold them are written from the files, so an interrupted
    run is completed by the next one.
    """
    directory.mkdir(mode=0o700, exist_ok=True)
    directory.chmod(0o700)
    written = make_development_keys(directory)
    for name in _PASSWORDS:
        written += _write_if_missing(directory / name, secrets.token_hex(24))
    for service in SERVICES:
        for role, kind in ((service, "database"), (f"{service}-owner", "migration-database")):
            password = (directory / f"postgres-{role}-password").read_text()
            user = f"hearth_{role.replace('-', '_')}"
            url = f"postgresql://{user}:{password}@postgres:5432/hearth_{service}"
            written += _write_if_missing(directory / f"{service}-{kind}-url", url)
    written += _write_if_missing(
        directory / "broker-url",
        f"amqp://hearth:{(directory / 'rabbitmq-password').read_text()}@rabbitmq:5672/",
    )
    password = (directory / "redis-password").read_text()
    written += _write_if_missing(directory / "redis-url", f"redis://:{password}@redis:6379/0")
    written += _write_if_missing(directory / "redis.conf", _REDIS_CONFIGURATION.format(password))
    for path in directory.iterdir():
        path.chmod(0o444)
    return written


_PASSWORDS = (
    "postgres-password",
    *(f"postgres-{service}-password" for service in SERVICES),
    *(f"postgres-{service}-owner-password" for service in SERVICES),
    "rabbitmq-password",
    "redis-password",
)
_REDIS_CONFIGURATION = """\
dir /data
bind * -::*
protected-mode yes
requirepass {}
appendonly yes
appendfsync always
maxmemory-policy noeviction
"""


def _write_if_missing(path: Path, content: str) -> list[Path]:
    try:
        with path.open("x") as file:
            file.write(content)
    except FileExistsError:
        return []
    return [path]


def main() -> None:
    """Make what is missing and say what was made."""
    for path in make_secrets(Path(os.environ.get("SECRETS_DIRECTORY") or "secrets")):
        print(f"made {path}")


if __name__ == "__main__":
    main()
