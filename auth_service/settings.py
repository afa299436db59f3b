"""The settings of auth_service; README.md has the table."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from auth_service.domain.signing_keys import BadSigningKey, signing_key_from
from shared.sealing import BadSealingKey, check_public_key
from shared.settings import ServiceSettings, SettingsReader, service_values

DAY_SECONDS = 24 * 60 * 60
LONGEST_PROFESSIONAL_SECONDS = DAY_SECONDS // 2


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """Everything this service reads from its environment. Lifetimes are in seconds."""

    signing_key: str = field(repr=False)
    signing_key_previous: str | None = field(repr=False)
    sealing_public_key: str
    code_hmac_key: bytes = field(repr=False)
    redis_url: str | None = field(repr=False)
    access_token_seconds: int
    refresh_token_seconds: int
    refresh_token_absolute_seconds: int
    wellbeing_token_seconds: int
    accounts_token_seconds: int
    matching_token_seconds: int
    professional_token_seconds: int
    staff_need_second_factor: bool

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Settings":
        """Read and check every variable.

        Raises:
            BadSettings: with a line for each missing or bad one.
        """
        reader = SettingsReader(environment)
        values = {
            **service_values(reader, "auth"),
            "signing_key": _signing_key(reader),
            "signing_key_previous": _previous_signing_key(reader),
            "sealing_public_key": _sealing_public_key(reader),
            "code_hmac_key": reader.key_bytes("CODE_HMAC_KEY", "code-hmac-key.key", length=32),
            "redis_url": reader.redis_url(),
            "access_token_seconds": _lifetime(reader, "ACCESS_TOKEN_SECONDS", 900),
            "refresh_token_seconds": _lifetime(reader, "REFRESH_TOKEN_SECONDS", 30 * DAY_SECONDS),
            "refresh_token_absolute_seconds": _lifetime(
                reader, "REFRESH_TOKEN_ABSOLUTE_SECONDS", 90 * DAY_SECONDS
            ),
            "wellbeing_token_seconds": _lifetime(
                reader, "WELLBEING_TOKEN_SECONDS", 5 * DAY_SECONDS
            ),
            "accounts_token_seconds": _lifetime(reader, "ACCOUNTS_TOKEN_SECONDS", DAY_SECONDS),
            "matching_token_seconds": _lifetime(reader, "MATCHING_TOKEN_SECONDS", 30 * DAY_SECONDS),
            "professional_token_seconds": reader.integer(
                "PROFESSIONAL_TOKEN_SECONDS",
                default=LONGEST_PROFESSIONAL_SECONDS,
                minimum=1,
                maximum=LONGEST_PROFESSIONAL_SECONDS,
            ),
            "staff_need_second_factor": reader.flag("STAFF_NEED_SECOND_FACTOR", default=False),
        }
        reader.finish()
        return cls(**values)  # type: ignore[arg-type] # the reader checked each value's type


def _lifetime(reader: SettingsReader, name: str, default: int) -> int:
    return reader.integer(name, default=default, minimum=1, maximum=366 * DAY_SECONDS)


def _signing_key(reader: SettingsReader) -> str:
    pem = reader.key("SIGNING_KEY", "signing-key.pem")
    if pem:
        _check_signing_key(reader, "SIGNING_KEY", pem)
    return pem


def _previous_signing_key(reader: SettingsReader) -> str | None:
    pem = reader.optional_key("SIGNING_KEY_PREVIOUS", "signing-key-previous.pem")
    if pem:
        _check_signing_key(reader, "SIGNING_KEY_PREVIOUS", pem)
    return pem


def _check_signing_key(reader: SettingsReader, name: str, pem: str) -> None:
    try:
        signing_key_from(pem)
    except BadSigningKey:
        reader.complain(name, "must be an Ed25519 private key as PEM")


def _sealing_public_key(reader: SettingsReader) -> str:
    pem = reader.key("SEALING_PUBLIC_KEY", "sealing-public-key.pem")
    if pem:
        try:
            check_public_key(pem)
        except BadSealingKey:
            reader.complain("SEALING_PUBLIC_KEY", "must be an X25519 public key as PEM")
    return pem
