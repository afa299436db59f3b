"""Reading invitations where mails are: a wrong place is told in a sentence, never a traceback."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deploy.demo.mailboxes import UnreadableMailbox, mailbox_at


@pytest.fixture
def somebody_else() -> Iterator[str]:
    """Serve HTTP that knows nothing of mails."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_place_where_nobody_answers_is_named() -> None:
    mailbox = mailbox_at("http://127.0.0.1:9")
    assert mailbox is not None
    with pytest.raises(UnreadableMailbox, match=r"http://127\.0\.0\.1:9 cannot be read"):
        mailbox.invitation_token("anna@example.org")


def test_a_place_that_is_no_mailbox_is_named(somebody_else: str) -> None:
    mailbox = mailbox_at(somebody_else)
    assert mailbox is not None
    with pytest.raises(
        UnreadableMailbox, match=re.escape(f"{somebody_else} cannot be read: HTTPError")
    ):
        mailbox.invitation_token("anna@example.org")
