"""Live streams over real sockets: who is told what, until when, and what one learns that was
missed.
"""

import asyncio
import json
import re
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from gateway import streams
from gateway.app import create_app
from gateway.forwarding import Gateway
from gateway.hints import Fact, Hint
from gateway.home import Home, NotAtHome
from gateway.server import Server
from gateway.settings import Settings
from gateway.tests.driving import LOOP, port_of, served
from shared.clock import SystemClock
from shared.events.amqp import AmqpBroker
from shared.events.broker import Message
from shared.events.catalogue import shipped_example
from shared.events.envelope import new_event_id
from shared.events.passing import PassingTeller, listeners_folder
from shared.http.ended_sessions import SqliteEndedSessions
from shared.testing.rabbitmq import close_connections
from shared.testing.tokens import TokenMaker
from shared.testing.waiting import eventually

CLIENT, THERAPIST, STRANGER = 17, 42, 99
STREAM, TICKETS = "/api/v1/stream", "/api/v1/stream-tickets"
SENT = "chat.message.sent.v1"
SECONDS = 10.0


class Listening:
    """One open stream, read as it comes."""

    def __init__(
        self,
        port: int,
        *headers: str,
        path: str = STREAM,
        version: str = "1.1",
        takes_bytes: int = 65536,
    ) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, takes_bytes)
        self._socket.settimeout(SECONDS)
        self._socket.connect(("127.0.0.1", port))
        head = [f"GET {path} HTTP/{version}", "Host: gateway.test", *headers, "", ""]
        self._socket.sendall("\r\n".join(head).encode())
        self._file = self._socket.makefile("rb")
        self.status = int(self._file.readline().split()[1])
        self.headers: dict[str, str] = {}
        while line := self._file.readline().decode().strip():
            name, _, value = line.partition(": ")
            self.headers[name.lower()] = value
        self.places: list[int] = []
        self._lines: list[str] = []
        self._rest = b""

    def next(self, *, is_beat_wanted: bool = False) -> tuple[str, Any] | None:
        """Wait for the next event and give its name and data; None at the end."""
        while True:
            event = self._in_lines()
            if event is not None and (is_beat_wanted or event[0] != "heartbeat"):
                return event
            if event is not None:
                continue
            piece = self._piece()
            if not piece:
                return None
            *lines, self._rest = (self._rest + piece).split(b"\n")
            self._lines.extend(line.decode() for line in lines)

    def body(self) -> Any:
        """Give the whole body of an answer that is no stream."""
        return json.loads(self._file.read(int(self.headers["content-length"])))

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _piece(self) -> bytes:
        if self.headers.get("transfer-encoding") != "chunked":
            return self._file.readline()
        size = int(self._file.readline() or b"0", 16)
        piece = self._file.read(size)
        self._file.readline()
        return piece

    def _in_lines(self) -> tuple[str, Any] | None:
        while "" in self._lines:
            end = self._lines.index("")
            block, self._lines = self._lines[:end], self._lines[end + 1 :]
            fields = dict(line.split(": ", 1) for line in block if not line.startswith(":"))
            if "id" in fields:
                self.places.append(int(fields["id"]))
            if "event" in fields:
                return fields["event"], json.loads(fields["data"])
        return None


@dataclass
class Platform:
    """A gateway that listens, and a service's relay that tells."""

    gateway: Gateway
    server: Server
    port: int
    settings: Settings
    maker: TokenMaker
    tell_bodies: Callable[[list[bytes]], None]

    def tell(self, event_type: str, /, *, event_id: str = "", **changes: Any) -> None:
        """Let a service announce the shipped example of a type, with other data where wanted."""
        example = shipped_example(event_type)
        changed = replace(example, id=event_id or new_event_id(), data={**example.data, **changes})
        self.tell_bodies([changed.to_json()])

    def authorization(self, account_id: int, **claims: Any) -> str:
        return f"Authorization: {self.maker.headers(account_id, **claims)['Authorization']}"

    @contextmanager
    def listening(
        self, account_id: int = CLIENT, *headers: str, **claims: Any
    ) -> Iterator[Listening]:
        with closing(
            Listening(self.port, self.authorization(account_id, **claims), *headers)
        ) as stream:
            assert stream.status == 200, stream.status
            yield stream

    def open_streams(self) -> int:
        return len(self.gateway.parts.streams._all)

    def ticket(self, account_id: int = CLIENT, **claims: Any) -> str:
        answer = self.ask("POST", TICKETS, self.authorization(account_id, **claims))
        assert answer[0] == 201, answer
        return str(answer[2]["ticket"])

    def ask(self, method: str, path: str, *headers: str) -> tuple[int, dict[str, str], Any]:
        """Ask once and close; give status, headers and body."""
        head = [f"{method} {path} HTTP/1.1", "Host: x", *headers, "Connection: close", "", ""]
        with socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS) as connection:
            connection.sendall("\r\n".join(head).encode())
            received = b""
            while piece := connection.recv(65536):
                received += piece
        top, _, body = received.partition(b"\r\n\r\n")
        first, *lines = top.decode().split("\r\n")
        named = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        return int(first.split()[1]), named, json.loads(body) if body else None


@contextmanager
def running(environment: dict[str, str], maker: TokenMaker) -> Iterator[Platform]:
    settings = Settings.from_env(environment)
    gateway = create_app(settings)
    teller = PassingTeller(Path(settings.broker_url.removeprefix("sqlite:///")))
    with served(gateway) as server:
        eventually(lambda: gateway.parts.keeper.has_loaded and gateway.parts.hearing.is_hearing)
        yield Platform(gateway, server, port_of(server), settings, maker, teller.tell)


@pytest.fixture
def platform(environment: dict[str, str], token_maker: TokenMaker) -> Iterator[Platform]:
    """Run a gateway beside an embedded bus."""
    with running(environment, token_maker) as made:
        yield made


def message(number: int) -> tuple[str, dict[str, int]]:
    return "message", {"conversation_id": 77, "message_id": number}


def test_each_side_of_a_message_is_told_at_once_and_nobody_else(platform: Platform) -> None:
    with (
        platform.listening(CLIENT) as sender,
        platform.listening(THERAPIST) as recipient,
        platform.listening(STRANGER) as stranger,
    ):
        platform.tell(SENT, message_id=1)
        platform.tell("notification.notification.created.v1", recipient_id=STRANGER)

        assert recipient.next() == message(1)
        assert recipient.next() == ("unread", {"conversation_id": 77})
        assert sender.next() == message(1)
        assert stranger.next() == ("notification", {"notification_id": 3001})


def test_a_stream_says_what_it_is_and_that_nobody_may_keep_it(platform: Platform) -> None:
    with platform.listening(CLIENT, "Origin: http://localhost:3000") as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        assert stream.headers["cache-control"] == "no-store, no-transform"
        assert stream.headers["x-accel-buffering"] == "no"
        assert stream.headers["access-control-allow-origin"] == "http://localhost:3000"
        assert stream.headers["transfer-encoding"] == "chunked"
        assert "content-length" not in stream.headers


def test_an_old_proxy_gets_a_stream_that_ends_with_its_connection(platform: Platform) -> None:
    head = platform.authorization(CLIENT)
    with closing(Listening(platform.port, head, version="1.0")) as stream:
        assert stream.headers["connection"] == "close"
        assert "transfer-encoding" not in stream.headers
        platform.tell(SENT, message_id=1)
        assert stream.next() == message(1)


def test_an_event_told_twice_is_one_hint(platform: Platform) -> None:
    with platform.listening() as stream:
        for number in (1, 1, 2):
            platform.tell(SENT, message_id=number, event_id=f"event-{number}")
        assert [stream.next(), stream.next()] == [message(1), message(2)]


def test_what_cannot_be_read_holds_nobody_up(platform: Platform) -> None:
    with platform.listening() as stream:
        platform.tell_bodies([b"not json", b"{}"])
        platform.tell(SENT, message_id=1)
        assert stream.next() == message(1)


class TestTickets:
    """For browsers, which can send no header."""

    def test_a_ticket_opens_one_stream(self, platform: Platform) -> None:
        ticket = platform.ticket()
        with closing(Listening(platform.port, path=f"{STREAM}?ticket={ticket}")) as stream:
            assert stream.status == 200
            platform.tell(SENT, message_id=1)
            assert stream.next() == message(1)
            with closing(Listening(platform.port, path=f"{STREAM}?ticket={ticket}")) as again:
                assert (again.status, again.body()["code"]) == (401, "invalid_token")

    @pytest.mark.parametrize("ticket", ["", "nobody-gave-it", "x" * 500, "%00", "a&ticket=b"])
    def test_other_tickets_open_nothing(self, platform: Platform, ticket: str) -> None:
        status, _, body = platform.ask("GET", f"{STREAM}?ticket={ticket}")
        assert (status, body["code"]) == (401, "invalid_token")

    def test_a_ticket_beside_a_token_is_ambiguous(self, platform: Platform) -> None:
        path = f"{STREAM}?ticket={platform.ticket()}"
        assert platform.ask("GET", path, platform.authorization(CLIENT))[0] == 401

    def test_a_ticket_is_no_better_than_its_login_session(self, platform: Platform) -> None:
        ticket = platform.ticket(session_id="ending")
        end_session(platform, "ending")
        assert platform.ask("GET", f"{STREAM}?ticket={ticket}")[0] == 401
        assert (
            platform.ask("POST", TICKETS, platform.authorization(1, session_id="ending"))[0] == 401
        )

    def test_tickets_are_given_to_whoever_has_a_token_only(self, platform: Platform) -> None:
        assert platform.ask("POST", TICKETS)[0] == 401
        assert platform.ask("POST", TICKETS, "Authorization: Bearer no")[0] == 401
        assert platform.ask("GET", TICKETS, platform.authorization(CLIENT))[0] == 405
        status, headers, body = platform.ask("POST", TICKETS, platform.authorization(CLIENT))
        assert (status, headers["cache-control"]) == (201, "no-store")
        assert re.fullmatch(r"[\w-]{40,}", body["ticket"])
        assert body["expires_at"].endswith("Z")


def end_session(platform: Platform, login_session_id: str) -> None:
    path = platform.settings.data_directory / "ended_sessions.sqlite3"
    SqliteEndedSessions(path, SystemClock()).end(login_session_id, 2**33)


def is_open(platform: Platform, account_id: int) -> bool:
    """Try to open a stream more; tell whether there was a place."""
    with closing(Listening(platform.port, platform.authorization(account_id))) as stream:
        return stream.status == 200


class TestEnds:
    """No stream outlives what it stands on."""

    def test_it_ends_with_its_login_session(self, platform: Platform) -> None:
        with (
            platform.listening(CLIENT, session_id="ending") as ending,
            platform.listening(CLIENT, session_id="staying") as staying,
        ):
            end_session(platform, "ending")
            assert ending.next() is None
            platform.tell(SENT, message_id=1)
            assert staying.next() == message(1)

    def test_it_ends_with_its_token(self, platform: Platform) -> None:
        with platform.listening(CLIENT, expires_in_seconds=2) as stream:
            assert stream.next() is None

    def test_it_ends_when_nobody_can_tell_whether_the_session_has(self, platform: Platform) -> None:
        with platform.listening() as stream:
            keeper = platform.gateway.parts.keeper
            keeper.stop()  # or it would load the list again
            path = platform.settings.data_directory / "ended_sessions.sqlite3"
            for each in path.parent.glob(f"{path.name}*"):
                each.unlink()
            assert stream.next() is None

    def test_it_is_forgotten_when_its_reader_goes(self, platform: Platform) -> None:
        with platform.listening(), platform.listening():
            assert platform.open_streams() == 2
        eventually(lambda: platform.open_streams() == 0)

    def test_it_is_forgotten_when_its_reader_sends_nothing_more(self, platform: Platform) -> None:
        with platform.listening() as stream:
            stream._socket.shutdown(socket.SHUT_WR)
            assert stream.next() is None
        eventually(lambda: platform.open_streams() == 0)

    def test_it_ends_when_the_gateway_stops(
        self, environment: dict[str, str], token_maker: TokenMaker
    ) -> None:
        with running(environment, token_maker) as platform:
            stream = Listening(platform.port, platform.authorization(CLIENT))
            platform.gateway.end_streams()
            assert stream.next() is None
            assert platform.ask("GET", STREAM, platform.authorization(CLIENT))[0] == 503
            stream.close()

    def test_a_reader_that_takes_nothing_is_let_go(self, platform: Platform) -> None:
        stream = Listening(platform.port, platform.authorization(CLIENT), takes_bytes=4096)
        assert stream.status == 200
        hint = Hint(account_id=CLIENT, name="message", ids={"message_id": 1})
        for number in range(1_000):
            facts = [Fact(event_id=f"{number}.{each}", hints=(hint,)) for each in range(200)]
            LOOP.run(hearing(platform, facts))
            if platform.open_streams() == 0:
                break
        eventually(lambda: platform.open_streams() == 0)
        stream.close()


async def hearing(platform: Platform, facts: list[Fact]) -> None:
    platform.gateway.parts.streams.hear(facts)


class TestManyStreams:
    """Of one account at most five."""

    def test_five_are_those_of_all_gateways_together(
        self, environment: dict[str, str], token_maker: TokenMaker, redis_server: str
    ) -> None:
        account_id = secrets.randbelow(2**40)  # Redis remembers the accounts of earlier runs
        environment = {**environment, "REDIS_URL": redis_server}
        with (
            running(environment, token_maker) as one,
            running(environment, token_maker) as another,
            ExitStack() as streams,
        ):
            for platform in (one, one, another, another):
                streams.enter_context(platform.listening(account_id))
            with one.listening(account_id):
                for platform in (one, another):
                    refused = platform.ask("GET", STREAM, platform.authorization(account_id))
                    assert (refused[0], refused[2]["code"]) == (429, "too_many_requests")
            eventually(lambda: is_open(another, account_id))

    def test_a_sixth_is_refused_until_another_ends(self, platform: Platform) -> None:
        opened = [Listening(platform.port, platform.authorization(CLIENT)) for _ in range(5)]
        assert [stream.status for stream in opened] == [200] * 5
        status, headers, body = platform.ask("GET", STREAM, platform.authorization(CLIENT))
        assert (status, body["code"], headers["retry-after"]) == (429, "too_many_requests", "60")
        with platform.listening(THERAPIST):
            pass
        opened.pop().close()
        eventually(lambda: platform.open_streams() == 4)
        with platform.listening(CLIENT):
            pass
        for stream in opened:
            stream.close()


class TestResuming:
    """Whoever comes back is told what was missed, or that nobody knows."""

    def test_what_passed_meanwhile_is_told(self, platform: Platform) -> None:
        age(platform, 10)
        with platform.listening() as stream:
            platform.tell(SENT, message_id=1)
            assert stream.next() == message(1)
            place = stream.places[-1]
        platform.tell(SENT, message_id=2)
        platform.tell(SENT, message_id=3, sender_id=STRANGER)
        eventually(lambda: len(platform.gateway.parts.streams._memory._facts) == 3)

        with platform.listening(CLIENT, f"Last-Event-ID: {place}") as stream:
            told = [stream.next()]
            while told[-1] != message(2):
                told.append(stream.next())
            assert set(map(str, told)) <= {str(message(1)), str(message(2))}
            platform.tell(SENT, message_id=4)
            assert stream.next() == message(4)

    def test_a_quiet_stream_can_be_resumed_too(self, platform: Platform) -> None:
        age(platform, 10)
        with platform.listening() as stream:
            platform.tell("notification.notification.read.v1", recipient_id=CLIENT)
            stream.next()
            place = stream.places[0]
        with platform.listening(CLIENT, f"Last-Event-ID: {place}") as stream:
            assert stream.next() == ("unread", {})

    @pytest.mark.parametrize(
        "last", ["1", "0", "99999999999999", "nonsense", "-5", "9" * 40, "١٢٣", "1e3", "5 5"]
    )
    def test_a_place_nobody_knows_is_answered_by_resync(
        self, platform: Platform, last: str
    ) -> None:
        with closing(
            Listening(
                platform.port,
                platform.authorization(CLIENT),
                f"Last-Event-ID: {last.encode().decode('latin-1')}",
            )
        ) as stream:
            assert stream.next() == ("resync", {})
            platform.tell(SENT, message_id=1)
            assert stream.next() == message(1)

    def test_a_gateway_that_began_a_moment_ago_knows_nothing_of_before(
        self, platform: Platform
    ) -> None:
        with platform.listening() as stream:
            platform.tell(SENT, message_id=1)
            stream.next()
            place = stream.places[-1]
        with platform.listening(CLIENT, f"Last-Event-ID: {place}") as stream:
            assert stream.next() == ("resync", {})

    def test_what_was_missed_at_the_bus_is_told_as_resync(self, platform: Platform) -> None:
        with platform.listening() as stream:
            bus = Path(platform.settings.broker_url.removeprefix("sqlite:///"))
            for path in listeners_folder(bus).iterdir():
                path.unlink()
            assert stream.next() == ("resync", {})
            eventually(lambda: platform.gateway.parts.hearing.is_hearing)
            platform.tell(SENT, message_id=1)
            assert stream.next() == message(1)


def age(platform: Platform, seconds: float) -> None:
    """Let the gateway have been listening for a while."""
    memory = platform.gateway.parts.streams._memory
    assert memory.since is not None
    memory.since -= int(seconds * 1000)


class TestWhoMayListen:
    """As everywhere in the clean API."""

    @pytest.mark.parametrize(
        "header", ["Accept: */*", "Authorization: Bearer x.y.z", "Authorization: Basic eDp5"]
    )
    def test_nobody_without_a_good_token(self, platform: Platform, header: str) -> None:
        status, headers, body = platform.ask("GET", STREAM, header)
        assert (status, headers["www-authenticate"]) == (401, "Bearer")
        assert headers["content-type"] == "application/problem+json"
        assert body["code"] in ("not_authenticated", "invalid_token")

    def test_nobody_whose_password_has_to_be_changed_first(self, platform: Platform) -> None:
        head = platform.authorization(CLIENT, duty="change_password")
        for method, path in (("GET", STREAM), ("POST", TICKETS)):
            status, _, body = platform.ask(method, path, head)
            assert (status, body["code"]) == (403, "password_change_required")

    def test_other_methods_and_other_paths(self, platform: Platform) -> None:
        head = platform.authorization(CLIENT)
        status, headers, _ = platform.ask("POST", STREAM, head)
        assert (status, headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        assert platform.ask("OPTIONS", STREAM)[0] == 204
        assert platform.ask("GET", f"{STREAM}/17", head)[0] == 404
        status, headers, body = platform.ask("HEAD", STREAM, head)
        assert (status, headers["content-type"], body) == (200, "text/event-stream", None)
        assert platform.open_streams() == 0


class TestBeats:
    """A stream that says nothing still says that it lives, and where it stands."""

    def test_a_heart_beats_every_fifteen_seconds(
        self, platform: Platform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.5)
        with platform.listening() as stream:
            assert [stream.next(is_beat_wanted=True) for _ in range(3)] == [("heartbeat", {})] * 3
            assert stream.places == sorted(set(stream.places))

    def test_a_reader_that_vanished_is_given_up_by_the_system(self, platform: Platform) -> None:
        """A phone without network acknowledges nothing and says nothing; its places are needed."""
        with platform.listening():
            (connection,) = platform.server.connections
            transport = connection.transport
            assert transport is not None
            found = transport.get_extra_info("socket")
            assert found.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000


def test_rabbitmq_is_heard_too_and_its_restart_is_told(
    environment: dict[str, str], token_maker: TokenMaker, rabbitmq_server: str
) -> None:
    environment = {**environment, "BROKER_URL": rabbitmq_server}
    broker = AmqpBroker(rabbitmq_server)
    with running(environment, token_maker) as platform, platform.listening() as stream:
        platform.tell_bodies = published_by(broker)
        platform.tell(SENT, message_id=1)
        assert stream.next() == message(1)

        close_connections(rabbitmq_server)
        assert stream.next() == ("resync", {})
        platform.tell(SENT, message_id=2)
        assert stream.next() == message(2)


def published_by(broker: AmqpBroker) -> Callable[[list[bytes]], None]:
    """Publish as a relay does; each publisher is a connection of its own."""

    def publish(bodies: list[bytes]) -> None:
        messages = [
            Message(event_id=str(number), type=SENT, body=body, is_live=True)
            for number, body in enumerate(bodies)
        ]
        broker.declare({"notification_service": frozenset({SENT})})
        with closing(broker.publisher()) as publisher:
            publisher.publish(messages)

    return publish


def test_a_gateway_that_has_ended_is_told_nothing_more() -> None:
    loop = asyncio.new_event_loop()
    home = Home()

    async def begin() -> None:
        home.begin()

    loop.run_until_complete(begin())
    loop.close()
    with pytest.raises(NotAtHome):
        home.run(begin())


def test_a_broker_that_is_away_makes_the_gateway_degraded(
    environment: dict[str, str], token_maker: TokenMaker
) -> None:
    environment = {**environment, "BROKER_URL": "amqp://guest:guest@127.0.0.1:1/"}
    gateway = create_app(Settings.from_env(environment))
    with served(gateway) as server:
        platform = Platform(
            gateway,
            server,
            port_of(server),
            Settings.from_env(environment),
            token_maker,
            lambda _: None,
        )
        eventually(lambda: gateway.parts.keeper.has_loaded)
        status, _, body = platform.ask("GET", "/readyz")
        assert (status, body["status"], body["checks"]["live_facts"]) == (
            200,
            "degraded",
            "degraded",
        )
        with platform.listening() as stream:
            assert stream.status == 200
