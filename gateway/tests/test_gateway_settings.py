"""The gateway's settings: defaults, and every bad one reported at once without its value."""

from secrets import token_urlsafe

import pytest

from gateway.settings import Settings
from shared.settings import BadSettings
from shared.testing.tokens import TokenMaker

GOOD = {"TOKEN_PUBLIC_KEYS": "{}", "INTERNAL_KEY": "k" * 32, "DATA_DIR": "/nonexistent"}


def test_the_defaults_are_for_development_on_one_machine() -> None:
    settings = Settings.from_env(GOOD)
    assert (settings.bind_host, settings.port) == ("127.0.0.1", 8000)
    assert settings.upstream_urls["notification"] == "http://127.0.0.1:8005"
    assert (settings.web_workers, settings.metrics_port) == (1, 0)
    assert settings.has_localhost_cors
    assert settings.rate_limit_scale == 20


def test_production_trusts_no_origin_by_itself_and_keeps_the_limits(
    token_maker: TokenMaker,
) -> None:
    secrets = {
        "INTERNAL_KEY": token_urlsafe(48),
        "TOKEN_PUBLIC_KEYS": token_maker.jwks,
        "HEARTH_ENV": "production",
        "BROKER_URL": "amqp://hearth:secret@broker/",
    }
    settings = Settings.from_env({**GOOD, **secrets})
    assert not settings.has_localhost_cors
    assert settings.rate_limit_scale == 1


def test_every_bad_variable_is_named_at_once_and_no_value_is_shown() -> None:
    with pytest.raises(BadSettings) as caught:
        Settings.from_env(
            {
                "DATA_DIR": "/nonexistent",
                "PORT": "secret-port",
                "INTERNAL_KEY": "too-short-secret",
                "TRUSTED_PROXIES": "secret-proxy",
                "CORS_ORIGINS": "*",
                "PUBLIC_URL": "ftp://secret",
                "WEB_WORKERS": "2",
                "SERVICE_TIME_ZONE": "Secret/Zone",
            }
        )
    message = str(caught.value)
    for name in (
        "PORT", "INTERNAL_KEY", "TRUSTED_PROXIES", "CORS_ORIGINS", "PUBLIC_URL", "WEB_WORKERS",
        "SERVICE_TIME_ZONE", "TOKEN_PUBLIC_KEYS",
    ):  # fmt: skip
        assert f"{name}:" in message
    assert "secret" not in message.lower()


def test_more_workers_need_redis_and_metrics_a_port_of_their_own() -> None:
    assert Settings.from_env({**GOOD, "WEB_WORKERS": "4", "REDIS_URL": "redis://x"}).web_workers
    with pytest.raises(BadSettings, match="METRICS_PORT"):
        Settings.from_env({**GOOD, "METRICS_PORT": "8000"})
