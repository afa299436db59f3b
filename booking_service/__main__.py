"""`python -m booking_service web | worker | worker-health | migrate | openapi | events`."""

from booking_service.app import create_app
from booking_service.commands import register_commands
from booking_service.settings import Settings
from booking_service.worker import create_worker
from shared.command_line import environment, service_commands


def main() -> None:
    """Run the command line."""
    group = service_commands(
        "booking_service", lambda: Settings.from_env(environment()), create_app, create_worker
    )
    register_commands(group)
    group()


if __name__ == "__main__":
    main()
