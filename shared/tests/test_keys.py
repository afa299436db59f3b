"""The development keys: private, never overwritten, one set when several make them at once."""

import base64
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from shared import keys

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_every_key_is_made_readable_by_its_owner_only(tmp_path: Path) -> None:
    written = keys.make_development_keys(tmp_path / "keys")

    assert sorted(path.name for path in written) == [
        "code-hmac-key.key",
        "internal-key.key",
        "portal-cookie-key.key",
        "portal-key.key",
        "sealing-private-key.pem",
        "sealing-public-key.pem",
        "signing-key.pem",
        "text-master-key.key",
        "token-public-keys.json",
    ]
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}
    for name in ("code-hmac-key.key", "portal-cookie-key.key", "text-master-key.key"):
        assert len(base64.b64decode((tmp_path / "keys" / name).read_text(), validate=True)) == 32


def test_a_second_run_touches_nothing(tmp_path: Path) -> None:
    keys.make_development_keys(tmp_path)
    before = contents(tmp_path)

    assert keys.make_development_keys(tmp_path) == []
    assert contents(tmp_path) == before


def test_what_is_derived_can_be_made_again_from_its_private_half(tmp_path: Path) -> None:
    keys.make_development_keys(tmp_path)
    before = contents(tmp_path)
    (tmp_path / "token-public-keys.json").unlink()
    (tmp_path / "sealing-public-key.pem").unlink()

    keys.make_development_keys(tmp_path)

    assert contents(tmp_path) == before


@pytest.mark.parametrize("lost", ["signing-key.pem", "sealing-private-key.pem"])
def test_a_lost_private_half_is_never_replaced_silently(tmp_path: Path, lost: str) -> None:
    keys.make_development_keys(tmp_path)
    (tmp_path / lost).unlink()

    with pytest.raises(keys.PrivateKeyLost, match=lost):
        keys.make_development_keys(tmp_path)
    assert not (tmp_path / lost).exists()


def test_the_sealing_pair_belongs_together(tmp_path: Path) -> None:
    keys.make_development_keys(tmp_path)

    private = serialization.load_pem_private_key(
        (tmp_path / "sealing-private-key.pem").read_bytes(), password=None
    )
    public = serialization.load_pem_public_key((tmp_path / "sealing-public-key.pem").read_bytes())
    assert isinstance(private, X25519PrivateKey)
    assert private.public_key() == public


def test_makers_at_the_same_time_agree_on_one_set(tmp_path: Path) -> None:
    makers = [
        subprocess.Popen(
            [sys.executable, "-m", "shared.keys", "make", "--directory", str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    lines = [line for maker in makers for line in maker.communicate(timeout=60)[0].splitlines()]

    assert [maker.returncode for maker in makers] == [0, 0, 0, 0]
    assert len(lines) == len(set(lines)) == 9


def test_a_development_token_is_verified_by_the_published_key(tmp_path: Path) -> None:
    keys.make_development_keys(tmp_path)
    token = keys.development_token(
        tmp_path, account_id=7, role="therapist", lifetime=timedelta(hours=1), now=NOW
    )

    (entry,) = json.loads((tmp_path / "token-public-keys.json").read_text())["keys"]
    assert jwt.get_unverified_header(token)["kid"] == entry["kid"] == jwt.PyJWK(entry).key_id
    claims = jwt.decode(
        token,
        jwt.PyJWK(entry, algorithm="EdDSA"),
        algorithms=["EdDSA"],
        audience="hearth",
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    assert (claims["sub"], claims["id"], claims["role"]) == ("7", 7, "therapist")


def test_the_key_id_is_the_thumbprint_of_the_published_example(tmp_path: Path) -> None:
    """RFC 8037, appendix A.3: the thumbprint of the Ed25519 key of appendix A.1."""
    secret = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    key = Ed25519PrivateKey.from_private_bytes(secret)

    assert keys.key_id_of(key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_a_development_token_is_refused_in_production(tmp_path: Path) -> None:
    keys.make_development_keys(tmp_path)
    answer = subprocess.run(
        [sys.executable, "-m", "shared.keys", "dev-token", "--directory", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        env={"HEARTH_ENV": "production"},
        check=False,
    )

    assert answer.returncode == 1
    assert answer.stdout == ""
    assert "not for production" in answer.stderr


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answer = subprocess.run(
        [sys.executable, "-m", "shared.keys", "make", "--directory", str(tmp_path / "file" / "k")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert answer.returncode == 1
    assert len(answer.stderr.splitlines()) == 1
