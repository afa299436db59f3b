"""`python -m booking_service web | worker | worker-health | migrate | openapi | events`."""

from booking_service.settings import Settings
from shared.command_line import environment, service_commands


def main() -> None:
    """Run the command line."""
    service_commands("booking_service", lambda: Settings.from_env(environment()))()


if __name__ == "__main__":
    main()
