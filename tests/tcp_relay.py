"""A relay in front of a server, which a test cuts and joins: the server is away for those who go
through it and stays untouched for everybody else.
"""

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit


class TcpRelay:
    """Listens on a free port and passes bytes on to `host:port`. Cut, it ends every connection and
    closes each new one at once, counting them.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._is_cut = False
        self.refused = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @classmethod
    def before(cls, url: str) -> "TcpRelay":
        """Stand before the server of a URL that names its port."""
        parts = urlsplit(url)
        assert parts.port is not None, url
        return cls(parts.hostname or "127.0.0.1", parts.port)

    def url(self, url: str) -> str:
        """Give the URL with the relay's address instead of the server's."""
        parts = urlsplit(url)
        credentials, at, _ = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{credentials}{at}127.0.0.1:{self.port}").geturl()

    def cut(self) -> None:
        """Take the server away."""
        with self._lock:
            self._is_cut, self.refused = True, 0
            ended = list(self._open)
            self._open.clear()
        for one in ended:
            _end(one)

    def join(self) -> None:
        """Bring it back."""
        with self._lock:
            self._is_cut = False

    def close(self) -> None:
        """End everything."""
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._server, timeout=5)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        with self._lock:
            if self._is_cut:
                self.refused += 1
            else:
                self._open |= {client, server}
            is_cut = self._is_cut
        if is_cut:
            _end(client)
            _end(server)
            return
        threading.Thread(target=self._pass_on, args=(server, client), daemon=True).start()
        self._pass_on(client, server)

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(64 * 1024):
                target.sendall(data)
        _end(source)
        _end(target)
        with self._lock:
            self._open -= {source, target}


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
