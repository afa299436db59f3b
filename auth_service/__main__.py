"""`python -m auth_service web | worker | migrate | openapi | events | create-admin | …`."""

from auth_service.settings import Settings
from shared.command_line import environment, service_commands


def main() -> None:
    """Run the command line."""
    service_commands("auth_service", lambda: Settings.from_env(environment()))()


if __name__ == "__main__":
    main()
