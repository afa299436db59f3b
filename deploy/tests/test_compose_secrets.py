"""The compose stack's secrets: complete, different everywhere, never overwritten."""

from pathlib import Path

from deploy.compose.make_secrets import make_secrets


def test_every_secret_is_made_once(tmp_path: Path) -> None:
    first = make_secrets(tmp_path / "secrets")
    before = {path.name: path.read_bytes() for path in first}

    assert make_secrets(tmp_path / "secrets") == []
    assert {path.name: path.read_bytes() for path in first} == before
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_two_stacks_share_no_secret(tmp_path: Path) -> None:
    first = {path.name: path.read_text() for path in make_secrets(tmp_path / "one")}
    second = {path.name: path.read_text() for path in make_secrets(tmp_path / "two")}

    assert first.keys() == second.keys()
    assert not set(first.values()) & set(second.values())


def test_an_interrupted_run_is_completed_with_the_passwords_made_before(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    (tmp_path / "chat-database-url").unlink()
    (tmp_path / "redis.conf").unlink()

    made = make_secrets(tmp_path)

    assert sorted(path.name for path in made) == ["chat-database-url", "redis.conf"]
    password = (tmp_path / "postgres-chat-password").read_text()
    assert f":{password}@" in (tmp_path / "chat-database-url").read_text()
    redis_password = (tmp_path / "redis-password").read_text()
    assert f"requirepass {redis_password}\n" in (tmp_path / "redis.conf").read_text()
