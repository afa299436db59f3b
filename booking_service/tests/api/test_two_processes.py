"""Real gunicorn with two worker processes: fifty clients at once on one hour, over sockets."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from booking_service.domain.accounts import Account
from booking_service.domain.practitioners import (
    WritePractitioner,
    publish_practitioner,
    write_practitioner,
)
from booking_service.domain.schedules import WeeklyStretch, WriteSchedule, replace_schedule
from booking_service.domain.slots import Stretch
from booking_service.tests.factories import THERAPIST, outbox_of
from shared.clock import SystemClock
from shared.database import Database
from shared.testing.ports import free_port
from shared.testing.tokens import TokenMaker, service_environment
from shared.testing.waiting import at_the_same_time, eventually

CLIENTS = range(2000, 2050)
ROUNDS = 3


@pytest.fixture
def published_therapist(database: Database) -> int:
    """Give a therapist with hours around the clock: the process runs on the machine's time."""
    now = SystemClock().now()
    account = Account(account_id=THERAPIST, first_name="Anna", last_name="K", role="therapist")
    record = WritePractitioner(
        therapy_types=("individual",), languages=("ru",), gender="woman", price_minor_units=100
    )
    week = [
        WeeklyStretch(weekday=day, stretch=Stretch(starts_minute=0, ends_minute=1440))
        for day in range(7)
    ]
    database.writing(
        lambda session: write_practitioner(
            session, THERAPIST, record, account=account, default_time_zone="UTC", now=now
        )
    )
    schedule = WriteSchedule(time_zone="UTC", weekly_hours=week)
    database.writing(lambda session: replace_schedule(session, THERAPIST, schedule, now=now))
    database.writing(lambda session: publish_practitioner(session, THERAPIST))
    return THERAPIST


@pytest.fixture
def address(database: Database, tmp_path: Path, token_maker: TokenMaker) -> Iterator[str]:
    """Start `python -m booking_service web` with two workers on a free port."""
    port = free_port()
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        **service_environment("booking", database.url, tmp_path, token_maker),
        "PORT": str(port),
        "WEB_WORKERS": "2",
        "WEB_THREADS": "8",
        "LOG_LEVEL": "WARNING",
    }
    log = (tmp_path / "web.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "booking_service", "web"],
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: is_ready(url) or process.poll() is not None, within_seconds=60)
        assert process.poll() is None, (tmp_path / "web.log").read_text()
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=40)
        log.close()


def is_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/readyz", timeout=2).status_code == 200
    except requests.ConnectionError:
        return False


def test_fifty_clients_on_one_hour_at_two_processes_leave_one_appointment(
    address: str, published_therapist: int, database: Database, token_maker: TokenMaker
):
    headers = {who: token_maker.headers(who) for who in CLIENTS}
    slots = requests.get(
        f"{address}/api/v1/practitioners/{published_therapist}/slots",
        headers=headers[CLIENTS[0]],
        timeout=10,
    ).json()["items"]

    def book(who: int, starts_at: str) -> tuple[int, Any]:
        answer = requests.post(
            f"{address}/api/v1/appointments",
            json={"practitioner_id": published_therapist, "starts_at": starts_at},
            headers=headers[who],
            timeout=30,
        )
        return answer.status_code, answer.json()

    for number in range(ROUNDS):
        starts_at = slots[number * 2]["starts_at"]
        answers = at_the_same_time([partial(book, who, starts_at) for who in CLIENTS])

        codes = sorted(status for status, _body in answers)
        assert codes == [201] + [409] * 49
        refusals = {body["code"] for status, body in answers if status == 409}
        assert refusals == {"slot_taken"}

    booked = [
        each for each in outbox_of(database) if each["type"] == "booking.appointment.booked.v1"
    ]
    assert len(booked) == ROUNDS
    assert len({each["starts_at"] for each in booked}) == ROUNDS
