"""Something between client and server that fails as it is told."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Seen:
    """A request that came by."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Fault = Callable[["Handler", "Proxy", Seen], None]


class Proxy:
    """Passes requests on, except for those that the next fault of its script is for."""

    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream)
        self.script: deque[Fault] = deque()
        self.always: Fault | None = None
        self.seen: list[Seen] = []
        self.connections = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.proxy = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def ask(self, seen: Seen) -> tuple[int, list[tuple[str, str]], http.client.HTTPResponse]:
        """Sends a request on, and gives the answer unread."""
        connection = http.client.HTTPConnection(
            self.upstream.hostname or "", self.upstream.port, timeout=60
        )
        headers = {name: value for name, value in seen.headers.items() if name != "connection"}
        headers["connection"] = "close"
        headers.pop("transfer-encoding", None)
        headers["content-length"] = str(len(seen.body))
        connection.request(seen.method, seen.target, body=seen.body, headers=headers)
        response = connection.getresponse()
        return response.status, response.getheaders(), response


class Handler(BaseHTTPRequestHandler):
    """One connection to the proxy."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.server.proxy.connections += 1  # type: ignore[attr-defined]

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, ValueError, http.client.HTTPException):
            self.hang_up()

    def _handle(self) -> None:
        proxy: Proxy = self.server.proxy  # type: ignore[attr-defined]
        seen = Seen(
            self.command,
            self.path,
            {name.lower(): value for name, value in self.headers.items()},
            self._body(),
        )
        proxy.seen.append(seen)
        fault = proxy.script.popleft() if proxy.script else proxy.always
        (fault or passed)(self, proxy, seen)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "") == "chunked":
            whole = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                whole += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return whole
        return self.rfile.read(int(self.headers.get("content-length", "0")))

    def log_message(self, format: str, *args: object) -> None:
        pass

    def hang_up(self) -> None:
        """No answer, or no more of it."""
        self.close_connection = True
        with contextlib.suppress(OSError, ValueError):
            self.wfile.flush()
            # Closing alone would wait for the files that were made of it.
            self.connection.shutdown(socket.SHUT_RDWR)


def passed(handler: Handler, proxy: Proxy, seen: Seen) -> None:
    """Goes through as it is, pieces as they come."""
    status, headers, response = proxy.ask(seen)
    handler.send_response_only(status)
    for name, value in headers:
        if name.lower() not in {"connection", "transfer-encoding", "content-length"}:
            handler.send_header(name, value)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    # With a length, an answer that the server did not end must not look like one that it did.
    while piece := response.read1(65536) if response.length is None else response.read():
        handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        handler.wfile.flush()
    handler.wfile.write(b"0\r\n\r\n")
    response.close()


def never_sent(handler: Handler, proxy: Proxy, seen: Seen) -> None:
    """The request does not reach the server."""
    handler.hang_up()


def answer_lost(handler: Handler, proxy: Proxy, seen: Seen) -> None:
    """The server does it; nobody hears of it."""
    _, _, response = proxy.ask(seen)
    response.read()
    handler.hang_up()


def answer_torn(handler: Handler, proxy: Proxy, seen: Seen) -> None:
    """The server does it; half of the answer arrives."""
    _, _, response = proxy.ask(seen)
    body = response.read()
    handler.send_response_only(response.status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.hang_up()


def answered(status: int, body: bytes = b"", **headers: str) -> Fault:
    """An answer of the proxy's own."""

    def fault(handler: Handler, proxy: Proxy, seen: Seen) -> None:
        handler.send_response_only(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return fault


@contextmanager
def proxy_of(upstream: str) -> Iterator[Proxy]:
    """A proxy in front of a server."""
    proxy = Proxy(upstream)
    try:
        yield proxy
    finally:
        proxy.close()
