"""What the stand-ins share: a real HTTP server on 127.0.0.1 that notes what it is asked and fails when told to."""

import json
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, quote, urlsplit

HTML = b"<!DOCTYPE html><html><body>blocked</body></html>"


class Fault(Enum):
    SLOW = auto()  # answers after some seconds
    BROKEN = auto()  # HTTP 500
    HTML = auto()  # HTTP 200 with a page
    DROPPED = auto()  # nothing done, connection cut
    LOST = auto()  # done, but the answer never arrives


@dataclass
class Ordered:
    fault: Fault
    path: str
    times: int
    seconds: float
    after: int = 0


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    content: bytes
    address: str

    @property
    def json(self) -> dict[str, Any]:
        body = json.loads(self.content)
        assert isinstance(body, dict)
        return body


@dataclass(frozen=True)
class SentFile:
    """An answer that is a file."""

    name: str
    content_type: str
    content: bytes


@dataclass
class Window:
    """Counts in fixed windows, as vendors describe their limits."""

    most: int
    seconds: float
    count: int = 0
    began: float = 0.0

    def take(self, cost: int = 1) -> bool:
        now = time.monotonic()
        if now - self.began >= self.seconds:
            self.began, self.count = now, 0
        self.count += cost
        return self.count <= self.most


class StandIn:
    """Subclasses answer; `with` runs it. `asked` holds every request that reached it."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.windows: dict[str, Window] = {}
        self.lock = threading.RLock()
        self._faults: list[Ordered] = []
        self._down = False
        self._sockets: set[socket.socket] = set()
        self._server: ThreadingHTTPServer | None = None
        self.port = 0

    def answer(self, asked: Asked) -> tuple[int, Any]:
        """Status and JSON."""
        raise NotImplementedError

    # --- running ---

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        stand_in = self

        class Handler(_Handler):
            owner = stand_in

        self._server = _Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()
        with self.lock:
            for one in self._sockets:
                _cut(one)

    # --- failing ---

    def order(self, fault: Fault, *, path: str = "", times: int = 1, seconds: float = 1.0, after: int = 0) -> None:
        """The next `times` requests whose path holds `path` go wrong, `after` more that go well."""
        with self.lock:
            self._faults.append(Ordered(fault, path, times, seconds, after))

    def break_down(self) -> None:
        self._down = True

    def recover(self) -> None:
        self._down = False
        with self.lock:
            self._faults.clear()

    def _fault_for(self, path: str) -> Ordered | None:
        with self.lock:
            if self._down:
                return Ordered(Fault.DROPPED, "", 1, 0)
            for ordered in self._faults:
                if ordered.path not in path or ordered.times == 0:
                    continue
                if ordered.after > 0:
                    ordered.after -= 1
                    continue
                ordered.times -= 1
                return ordered
        return None

    # --- counting ---

    def limit(self, name: str, most: int, seconds: float) -> None:
        self.windows[name] = Window(most, seconds)

    def within(self, name: str, cost: int = 1) -> bool:
        """Counts under `name`; False above its limit."""
        with self.lock:
            window = self.windows.get(name)
            return window is None or window.take(cost)

    def count(self, path: str) -> int:
        """How many requests had `path` in theirs."""
        with self.lock:
            return sum(path in one.path for one in self.asked)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nobody's failure."""


class _Handler(BaseHTTPRequestHandler):
    owner: StandIn
    protocol_version = "HTTP/1.1"
    # Head and body are two writes; waiting to join them costs 40 ms for each answer.
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        with self.owner.lock:
            self.owner._sockets.add(self.connection)

    def finish(self) -> None:
        with self.owner.lock:
            self.owner._sockets.discard(self.connection)
        super().finish()

    def handle_one_request(self) -> None:
        for method in ("GET", "POST", "PUT", "DELETE"):
            setattr(self, f"do_{method}", self._answer)
        super().handle_one_request()

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        asked = Asked(
            self.command,
            parts.path,
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(length),
            self.client_address[0],
        )
        with self.owner.lock:
            self.owner.asked.append(asked)
        ordered = self.owner._fault_for(asked.path)
        fault = ordered.fault if ordered else None
        if ordered and fault is Fault.SLOW:
            time.sleep(ordered.seconds)
        if fault is Fault.BROKEN:
            return self._reply(500, b"Internal Server Error", "text/plain")
        if fault is Fault.HTML:
            return self._reply(200, HTML, "text/html")
        if fault is Fault.DROPPED:
            return self._drop()
        with self.owner.lock:
            status, body = self.owner.answer(asked)
        if fault is Fault.LOST:
            return self._drop()
        if isinstance(body, SentFile):
            return self._reply(status, body.content, body.content_type, body.name)
        return self._reply(status, json.dumps(body, ensure_ascii=False).encode(), "application/json")

    def _reply(self, status: int, content: bytes, content_type: str, name: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        if name:
            self.send_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(name)}")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _drop(self) -> None:
        self.close_connection = True
        _cut(self.connection)

    def log_request(self, *args: object) -> None:
        """Quiet."""


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@dataclass
class Person:
    """Somebody in a stand-in's directory."""

    user_id: str
    name: str
    departments: list[int] = field(default_factory=lambda: [1])
    active: bool = True
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass
class Department:
    id: int
    name: str
    parent: int = 1
    heads: list[str] = field(default_factory=list)
