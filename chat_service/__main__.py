"""`python -m chat_service web | worker | migrate | openapi | events | rotate-master-key | …`."""

from chat_service.app import create_app
from chat_service.commands import register_commands
from chat_service.settings import Settings
from chat_service.worker import create_worker
from shared.command_line import environment, service_commands


def main() -> None:
    """Run the command line."""
    group = service_commands(
        "chat_service", lambda: Settings.from_env(environment()), create_app, create_worker
    )
    register_commands(group)
    group()


if __name__ == "__main__":
    main()
