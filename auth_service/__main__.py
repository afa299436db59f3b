"""`python -m auth_service web | worker | migrate | openapi | events | create-admin | …`."""

from auth_service.app import create_app
from auth_service.commands import register_commands
from auth_service.settings import Settings
from auth_service.worker import create_worker
from shared.command_line import environment, service_commands


def main() -> None:
    """Run the command line."""
    group = service_commands(
        "auth_service", lambda: Settings.from_env(environment()), create_app, create_worker
    )
    register_commands(group)
    group()


if __name__ == "__main__":
    main()
