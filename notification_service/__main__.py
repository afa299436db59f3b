"""`python -m notification_service web | worker | migrate | openapi | events | mails | …`."""

from notification_service.app import create_app
from notification_service.commands import register_commands
from notification_service.settings import Settings
from notification_service.worker import create_worker
from shared.command_line import environment, service_commands


def main() -> None:
    """Run the command line."""
    group = service_commands(
        "notification_service", lambda: Settings.from_env(environment()), create_app, create_worker
    )
    register_commands(group)
    group()


if __name__ == "__main__":
    main()
