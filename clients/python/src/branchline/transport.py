"""Connections: opened when they are needed, kept while they are good, used by one request at a time."""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from .problems import ConnectionFailed

_KEPT_MAX = 16
"""Idle connections that are kept. Unit: connections."""

Body = bytes | Iterable[bytes] | None


class Certificate:
    """A server that is known by its very certificate, whoever signed it and whatever it is named."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def check(self, connection: ssl.SSLSocket) -> None:
        """Raises unless the server shows the certificate in the file, as it is now."""
        # The file may have those between it and a root behind it.
        first, end, _ = self._file.read_text(encoding="ascii").partition("-----END CERTIFICATE-----")
        known = ssl.PEM_cert_to_DER_cert(first + end) if end else b""
        if connection.getpeercert(binary_form=True) != known:
            raise ssl.SSLCertVerificationError(f"the server's certificate is not that in {self._file}")

    @staticmethod
    def context() -> ssl.SSLContext:
        """Encrypts without asking who signed: `check` knows better."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


class Exchange:
    """An answer whose body has not been read, on its connection."""

    def __init__(
        self,
        transport: Transport,
        connection: http.client.HTTPConnection,
        response: http.client.HTTPResponse,
    ) -> None:
        self._transport = transport
        self._connection = connection
        self._response = response
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self._taken_back = False
        self.body = b""
        """The whole body, once `read` has returned."""

    def read(self) -> None:
        """Reads the whole body. The connection is free for the next request then."""
        with failures("the answer broke off"):
            try:
                self.body = self._response.read()
            except BaseException:
                self.close()
                raise
        self._give_back()

    def read_some(self, most: int) -> bytes:
        """What there is of the body, at most this many bytes; none at its end."""
        with failures("the answer broke off"):
            try:
                left = self._response.length
                # Before Python 3.13 `read1` does not count what is left.
                piece = self._response.read1(most) if left is None else self._response.read(most)
                if not piece and left:
                    raise http.client.IncompleteRead(b"", left)
            except BaseException:
                self.close()
                raise
        if not piece:
            self._give_back()
        return piece

    def _give_back(self) -> None:
        if not self._taken_back:
            self._taken_back = True
            self._transport.take_back(self._connection, self._response)

    def limit_silence(self, longest_s: float) -> None:
        """How long a read waits from now on. Unit: seconds."""
        if self._connection.sock is not None:
            self._connection.sock.settimeout(longest_s)

    def interrupt(self) -> None:
        """Ends a read that another thread is in. That thread closes."""
        connection = self._connection.sock
        if connection is not None:
            with contextlib.suppress(OSError):
                # Not that of an encrypted socket: it takes the encryption away beneath the reader.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def close(self) -> None:
        """Lets go of the answer, and of the connection unless it was read to its end."""
        if not self._taken_back:
            self._response.close()
            self._connection.close()


class failures:
    """Errors of the system become `ConnectionFailed`, which says what was going on."""

    def __init__(self, doing: str) -> None:
        self._doing = doing

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (OSError, http.client.HTTPException)):
            words = str(error) or type(error).__name__
            final = isinstance(error, ssl.SSLCertVerificationError)
            raise ConnectionFailed(f"{self._doing}: {words}", final=final) from error


class Transport:
    """Connections to one server. May be used by many threads."""

    def __init__(
        self,
        base_url: str,
        *,
        ssl_context: ssl.SSLContext | None = None,
        certificate: Certificate | None = None,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{base_url!r} is no URL of a server: http://host:port, or https://host")
        if parts.query or parts.fragment or parts.username or parts.password:
            raise ValueError(f"{base_url!r} has more than scheme, host, port and path; a key is `key=`")
        self.base_url = base_url.rstrip("/")
        self._host = parts.hostname
        self._port = parts.port
        self._prefix = parts.path.rstrip("/")
        self._certificate = certificate
        self._tls: ssl.SSLContext | None = None
        if parts.scheme == "https":
            self._tls = ssl_context or (
                Certificate.context() if certificate else ssl.create_default_context()
            )
        self._kept: deque[http.client.HTTPConnection] = deque()
        self._lock = threading.Lock()
        self._closed = False

    def exchange(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: Callable[[], Body],
        *,
        timeout: float,
        twice: bool,
    ) -> Exchange:
        """Sends a request, and waits for the head of its answer.

        A connection that was kept may have been closed by the server at that very moment. A request
        that may be sent `twice` and meets one is sent once more at once, on a new connection.
        """
        connection, used = self._connection(timeout)
        try:
            return self._sent(connection, method, target, headers, body())
        except ConnectionFailed as failed:
            hung_up = isinstance(failed.__cause__, (ConnectionError, http.client.BadStatusLine))
            if not (used and twice and hung_up):
                raise
        return self._sent(self._open(timeout), method, target, headers, body())

    def _sent(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: Body,
    ) -> Exchange:
        with failures(f"{method} {self.base_url}{target}"):
            try:
                return self._send(connection, method, target, headers, body)
            except BaseException:
                connection.close()
                raise

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: Body,
    ) -> Exchange:
        broken: OSError | None = None
        try:
            chunked = "Transfer-Encoding" in headers
            connection.request(
                method,
                self._prefix + target,
                body=body,
                headers=dict(headers),
                encode_chunked=chunked,
            )
        except (BrokenPipeError, ConnectionResetError) as error:
            # The server may have answered before it had all of the body, and hung up.
            broken = error
        try:
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise (broken or error) from error
        return Exchange(self, connection, response)

    def _connection(self, timeout: float) -> tuple[http.client.HTTPConnection, bool]:
        """A connection, and whether it was used before."""
        while True:
            with self._lock:
                if self._closed:
                    raise ConnectionFailed("the client is closed", final=True)
                connection = self._kept.pop() if self._kept else None
            if connection is None:
                return self._open(timeout), False
            if connection.sock is not None and not _has_news(connection.sock):
                connection.sock.settimeout(timeout)
                return connection, True
            connection.close()

    def _open(self, timeout: float) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection
        with failures(f"no connection to {self.base_url}"):
            if self._tls is None:
                connection = http.client.HTTPConnection(self._host, self._port, timeout=timeout)
            else:
                connection = http.client.HTTPSConnection(
                    self._host, self._port, timeout=timeout, context=self._tls
                )
            try:
                connection.connect()
                if self._certificate is not None and isinstance(connection.sock, ssl.SSLSocket):
                    self._certificate.check(connection.sock)
            except BaseException:
                connection.close()
                raise
        return connection

    def take_back(
        self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse
    ) -> None:
        """Keeps a connection whose answer was read to its end."""
        if response.will_close or connection.sock is None:
            connection.close()
            return
        with self._lock:
            if not self._closed and len(self._kept) < _KEPT_MAX:
                self._kept.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Closes idle connections, and takes none back."""
        with self._lock:
            self._closed = True
            kept = list(self._kept)
            self._kept.clear()
        for connection in kept:
            connection.close()


def _has_news(connection: socket.socket) -> bool:
    """Whether there is something to read where nothing was asked: the server has hung up."""
    if isinstance(connection, ssl.SSLSocket) and connection.pending():
        return True
    try:
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(connection, select.POLLIN)
            return bool(poll.poll(0))
        return bool(select.select([connection], [], [], 0)[0])
    except (OSError, ValueError):
        return True
