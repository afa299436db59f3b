"""What the launcher itself reads from the environment, and what it adds for the processes.

A setting may also be given as `NAME_FILE`, as every process reads it; the value itself goes first.
Everything else in the environment reaches the processes as it is, so that `make run BROKER_URL=…`
needs no word here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from deploy.launcher.refusals import BadSetting
from shared.settings import PORTAL, SERVICES

# The services follow in the order of SERVICES, 8001 … 8005, then the portal.
GATEWAY_PORT = 8000
_BEHIND_IT = (*SERVICES, PORTAL)
_OF_MAKE_ALONE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "SERVICE", "SERVICE_FILE")


def given(environment: Mapping[str, str], name: str) -> str:
    """Give a setting's value, or what the file `NAME_FILE` names holds; empty without either.

    Raises:
        BadSetting: the file cannot be read.
    """
    if value := environment.get(name):
        return value
    path = environment.get(f"{name}_FILE")
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{name}_FILE: the file cannot be read"
        raise BadSetting(message) from error


@dataclass(frozen=True, kw_only=True)
class LauncherSettings:
    """The launcher's own settings. `service` is a package name, or empty for the whole platform.

    `memory_megabytes` bounds the private memory of each process; 0 sets no bound.
    """

    environment: Mapping[str, str]
    data_directory: Path
    gateway_port: int
    public_url: str
    service: str
    has_demo_data: bool
    memory_megabytes: int
    is_started_by_make: bool

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "LauncherSettings":
        """Read the settings.

        Raises:
            BadSetting: a variable cannot be used; the message names it.
        """
        port = _whole_number(environment, "PORT", default=GATEWAY_PORT, maximum=65535)
        return cls(
            environment=environment,
            data_directory=Path(given(environment, "DATA_DIR") or "data").absolute(),
            gateway_port=port,
            public_url=given(environment, "PUBLIC_URL") or f"http://127.0.0.1:{port}",
            service=given(environment, "SERVICE"),
            has_demo_data=_is_on(environment, "DEMO"),
            memory_megabytes=_whole_number(environment, "MEMORY_MEGABYTES", default=1024),
            is_started_by_make=bool(environment.get("MAKELEVEL")),
        )

    @property
    def is_production(self) -> bool:
        """Tell whether the processes run with production's rules, which know no default key."""
        return given(self.environment, "HEARTH_ENV") == "production"

    @property
    def mail_place(self) -> str:
        """Tell where mails go, without the credentials a mail server's URL may hold."""
        url = urlsplit(given(self.environment, "MAIL_URL"))
        if url.scheme.startswith("smtp"):
            return f"{url.scheme}://{url.hostname}:{url.port or 25}"
        return url.path or str(self.data_directory / "mailbox")

    def service_port(self, service: str) -> int:
        """Give the port of a service's web process: of `<SERVICE>_URL`, else counted on."""
        url = given(self.environment, f"{service.upper()}_URL")
        if not url:
            return self.gateway_port + 1 + _BEHIND_IT.index(service)
        try:
            port = urlsplit(url).port
        except ValueError:
            port = None
        if port is None:
            message = f"{service.upper()}_URL must be a URL with a port"
            raise BadSetting(message)
        return port

    @property
    def _gateway_host(self) -> str:
        host = given(self.environment, "BIND_HOST") or "127.0.0.1"
        if host in {"0.0.0.0", "::"}:  # noqa: S104 - everywhere is here, too
            return "127.0.0.1"
        return f"[{host}]" if ":" in host else host

    def environment_of(self, service: str) -> dict[str, str]:
        """Give the environment for the processes of `gateway`, `auth`, `profile` and so on.

        Only the gateway listens where BIND_HOST says; the others stay on the loopback address.
        """
        environment = {
            name: value for name, value in self.environment.items() if name not in _OF_MAKE_ALONE
        }
        environment |= {
            f"{name.upper()}_URL": f"http://127.0.0.1:{self.service_port(name)}"
            for name in _BEHIND_IT
            if not given(self.environment, f"{name.upper()}_URL")
        }
        if not given(self.environment, "GATEWAY_URL"):
            environment["GATEWAY_URL"] = f"http://{self._gateway_host}:{self.gateway_port}"
        environment |= {
            "DATA_DIR": str(self.data_directory),
            "PUBLIC_URL": self.public_url,
            "PYTHONUNBUFFERED": "1",
            # One malloc arena a process instead of eight a core: threads then share freed memory,
            # and what is free at its end is given back.
            "MALLOC_ARENA_MAX": "1",
        }
        if service == "gateway":
            return environment | {"PORT": str(self.gateway_port)}
        port = str(self.service_port(service))
        return environment | {"PORT": port, "BIND_HOST": "127.0.0.1"}


def _whole_number(
    environment: Mapping[str, str], name: str, *, default: int, maximum: int = 1_000_000
) -> int:
    raw = given(environment, name) or str(default)
    if not raw.isdecimal() or int(raw) > maximum:
        message = f"{name} must be a whole number from 0 to {maximum}"
        raise BadSetting(message)
    return int(raw)


def _is_on(environment: Mapping[str, str], name: str) -> bool:
    word = (given(environment, name) or "on").lower()
    if word not in {"on", "off"}:
        message = f"{name} must be on or off"
        raise BadSetting(message)
    return word == "on"
