"""What the tests' own machinery promises."""

import subprocess
from collections.abc import Callable, Sequence
from typing import Any

import pytest

import shared.database
from shared.events import amqp
from shared.events.amqp import AmqpBroker
from shared.events.broker import BrokerUnavailable
from shared.testing import rabbitmq
from shared.testing.plugin import virtual_host


def test_a_request_of_a_test_may_wait_for_a_disk_that_stalls_for_nine_seconds():
    assert shared.database.ANSWERING_SECONDS > 9


def test_a_virtual_host_is_gone_although_the_server_broke_off_its_answer(
    rabbitmq_server: str, monkeypatch: pytest.MonkeyPatch
):
    asked: list[Sequence[str]] = []
    really: Callable[..., str] = rabbitmq.rabbitmqctl

    def broken_off_once(*arguments: str, is_checked: bool = True) -> str:
        asked.append(arguments)
        if arguments[0] == "delete_vhost" and is_checked:
            raise subprocess.CalledProcessError(70, "rabbitmqctl")
        if len(asked) == 3:  # made, permitted, and now the first deletion
            return ""
        return really(*arguments, is_checked=is_checked)

    monkeypatch.setattr(rabbitmq, "rabbitmqctl", broken_off_once)
    with virtual_host() as url:
        name = url.rpartition("/")[2]
        assert name in really("list_vhosts", "name")
    assert name not in really("list_vhosts", "name")
    assert [each[0] for each in asked].count("delete_vhost") == 2


def test_a_topology_is_removed_although_the_connection_was_closed_once(
    rabbitmq_server: str, monkeypatch: pytest.MonkeyPatch
):
    refusals = [BrokerUnavailable("closed")]
    really: Any = amqp._Connection

    def closed_once(*arguments: Any) -> object:
        if refusals:
            raise refusals.pop()
        return really(*arguments)

    monkeypatch.setattr(rabbitmq, "_Connection", closed_once)
    rabbitmq.remove_topology(AmqpBroker(rabbitmq_server, name_prefix="gone."), {})
    assert refusals == []
