"""The settings of chat_service; README.md has the table."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.settings import (
    ServiceSettings,
    SettingsReader,
    master_key_values,
    service_values,
)


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """Everything this service reads from its environment."""

    text_master_key: bytes = field(repr=False)
    text_master_key_previous: bytes | None = field(repr=False)

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Settings":
        """Read and check every variable.

        Raises:
            BadSettings: with a line for each missing or bad one.
        """
        reader = SettingsReader(environment)
        values = {
            **service_values(reader, "chat"),
            **master_key_values(reader),
        }
        reader.finish()
        return cls(**values)  # type: ignore[arg-type] # the reader checked each value's type
