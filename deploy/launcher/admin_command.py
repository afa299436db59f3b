"""The command that makes an admin of the platform that runs, ready to be pasted elsewhere."""

import shlex
from pathlib import Path
from urllib.parse import urlsplit

from deploy.launcher.settings import LauncherSettings

# What `auth_service create-admin` reads that another terminal cannot know by itself.
_PLAIN = ("HEARTH_ENV", "AUTH_DATABASE_URL", "DATABASE_URL_TEMPLATE")
_KEYS = ("TOKEN_PUBLIC_KEYS", "INTERNAL_KEY", "SIGNING_KEY", "SEALING_PUBLIC_KEY", "CODE_HMAC_KEY")
# Its settings are read whole, and production knows no default broker; else it is not needed.
_OF_PRODUCTION = ("BROKER_URL",)


def admin_command(settings: LauncherSettings) -> str:
    """Spell `make admin` with the settings of this platform, to be run in this folder.

    Passwords and keys are not shown: a word in angle brackets stands for each.
    """
    wanted = (*_PLAIN, *_KEYS, *(_OF_PRODUCTION if settings.is_production else ()))
    found = [_data_folder(settings), *(_spelled(settings, name) for name in wanted)]
    words = [word for word in found if word]
    return " ".join(["make admin", *words, "EMAIL=you@example.org", "PASSWORD_FILE=password.txt"])


def _data_folder(settings: LauncherSettings) -> str:
    is_default = settings.data_directory == Path("data").absolute()
    return "" if is_default else _assignment("DATA_DIR", str(settings.data_directory))


def _spelled(settings: LauncherSettings, name: str) -> str:
    if value := settings.environment.get(name):
        return _assignment(name, "<key>" if name in _KEYS else _without_password(value))
    if path := settings.environment.get(f"{name}_FILE"):
        return _assignment(f"{name}_FILE", str(Path(path).absolute()))
    return ""


def _without_password(value: str) -> str:
    password = urlsplit(value).password
    return value.replace(f":{password}@", ":<password>@", 1) if password else value


def _assignment(name: str, value: str) -> str:
    """Quote for the shell, and the dollar for make."""
    return f"{name}={shlex.quote(value.replace('$', '$$'))}"
