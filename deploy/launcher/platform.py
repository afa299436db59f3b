"""Which processes a start needs: the plans made from the Procfile and the settings."""

from dataclasses import dataclass

from deploy.launcher.child import ProcessPlan
from deploy.launcher.procfile import ProcessCommand, python_module
from deploy.launcher.refusals import BadSetting
from deploy.launcher.settings import LauncherSettings, given

GATEWAY = "gateway"
# The door closes first, then the services answer what they still hold, then events come to rest.
AUTH = "auth"
_AUTH_SECONDS = 10
_LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where one listens is asked here
_STOP_STAGES = {GATEWAY: 1, "web": 2, "worker": 3}


@dataclass(frozen=True, kw_only=True)
class Platform:
    """The processes of one start, all of them or those of one service."""

    settings: LauncherSettings
    commands: tuple[ProcessCommand, ...]

    @classmethod
    def of(cls, settings: LauncherSettings, commands: tuple[ProcessCommand, ...]) -> "Platform":
        """Choose the processes the settings ask for.

        Raises:
            BadSetting: SERVICE names no package of the Procfile.
        """
        if not settings.service:
            return cls(settings=settings, commands=commands)
        chosen = tuple(command for command in commands if command.package == settings.service)
        if not chosen:
            packages = ", ".join(dict.fromkeys(command.package for command in commands))
            message = f"SERVICE must be one of {packages}"
            raise BadSetting(message)
        return cls(settings=settings, commands=chosen)

    @property
    def url(self) -> str:
        """Give where the door is: the gateway, or the one service's web process."""
        return self._url_of(self._door)

    @property
    def packages(self) -> tuple[str, ...]:
        """Give the packages whose processes run."""
        return tuple(dict.fromkeys(command.package for command in self.commands))

    @property
    def migrations(self) -> tuple[ProcessPlan, ...]:
        """Give one plan per service with a database: each has a worker, too."""
        return tuple(
            self._plan(
                f"{command.service}-migrate", python_module(command.package, "migrate"), command
            )
            for command in self.commands
            if command.role == "worker"
        )

    @property
    def processes(self) -> tuple[ProcessPlan, ...]:
        """Give one plan per line of the Procfile, the gateway last: it asks for all others."""
        in_order = sorted(self.commands, key=lambda command: command.service == GATEWAY)
        return tuple(self._plan(command.name, command.arguments, command) for command in in_order)

    @property
    def waiting(self) -> ProcessPlan:
        """Give the plan that ends when everything is ready; one service alone may be degraded."""
        more = ("--accept", "degraded") if self.settings.service else ()
        arguments = python_module("deploy.launcher.readiness", self.url, *more)
        return self._tool("readiness", arguments)

    @property
    def waiting_for_auth(self) -> ProcessPlan | None:
        """Give the plan to run before the gateway starts, which first asks auth for a list.

        It ends after some seconds in any case: a gateway without auth answers what it can.
        """
        webs = [one for one in self.commands if (one.service, one.role) == (AUTH, "web")]
        if not webs or self._door.service != GATEWAY:
            return None
        seconds = ("--at-most", str(_AUTH_SECONDS))
        arguments = (self._url_of(webs[0]), "--accept", "degraded", *seconds)
        return self._tool("auth-first", python_module("deploy.launcher.readiness", *arguments))

    @property
    def demo_data(self) -> ProcessPlan:
        """Give the plan that loads the demo data through the gateway."""
        accounts = self.settings.data_directory / "demo-accounts.json"
        mailbox = ("--mailbox", self.settings.mail_place)
        arguments = ("--url", self.url, "--accounts", str(accounts), *mailbox, "--create-admin")
        return self._tool("demo-data", python_module("deploy.demo.load", *arguments))

    @property
    def ports(self) -> tuple[tuple[str, str, int], ...]:
        """Give process, host and port of everything that listens."""
        return tuple(
            (command.name, *self._listens(command))
            for command in self.commands
            if command.role == "web"
        )

    @property
    def _door(self) -> ProcessCommand:
        webs = [command for command in self.commands if command.role == "web"]
        return next((command for command in webs if command.service == GATEWAY), webs[0])

    def _url_of(self, web: ProcessCommand) -> str:
        host, port = self._listens(web)
        host = _LOOPBACK_OF.get(host, host)
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def _listens(self, command: ProcessCommand) -> tuple[str, int]:
        environment = self.settings.environment_of(command.service)
        host = given(environment, "BIND_HOST") or "127.0.0.1"
        return host.strip("[]"), int(environment["PORT"])

    def _plan(self, name: str, arguments: tuple[str, ...], command: ProcessCommand) -> ProcessPlan:
        return ProcessPlan(
            name=name,
            arguments=arguments,
            environment=self.settings.environment_of(command.service),
            stop_stage=_STOP_STAGES.get(command.service, _STOP_STAGES.get(command.role, 0)),
            stop_seconds=2.5,
            memory_megabytes=self.settings.memory_megabytes,
        )

    def _tool(self, name: str, arguments: tuple[str, ...]) -> ProcessPlan:
        return ProcessPlan(
            name=name,
            arguments=arguments,
            environment=self.settings.environment_of(AUTH),
            stop_seconds=1.0,
            is_shown=True,
        )
