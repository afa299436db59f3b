"""The settings of booking_service; README.md has the table."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.settings import ServiceSettings, SettingsReader, service_values


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """Everything this service reads from its environment: what every service reads."""

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Settings":
        """Read and check every variable.

        Raises:
            BadSettings: with a line for each missing or bad one.
        """
        reader = SettingsReader(environment)
        values = service_values(reader, "booking")
        reader.finish()
        return cls(**values)  # type: ignore[arg-type] # the reader checked each value's type
