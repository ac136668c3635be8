"""DingTalk's stream in miniature: tickets for one connection, frames delivered until they are acknowledged."""

import json
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

REDELIVER_SECONDS = 0.2


@dataclass
class Frame:
    content: dict[str, Any]
    answer: dict[str, Any] | None = None
    deliveries: int = 0
    sent_at: float = float("-inf")


class StreamGateway:
    """A WebSocket server on 127.0.0.1. `connections`: how many were ever accepted."""

    def __init__(self) -> None:
        self.connections = 0
        self.refuses_streams = False
        self._tickets: set[str] = set()
        self._frames: list[Frame] = []
        self._open: set[ServerConnection] = set()
        self._changing = threading.RLock()
        self._stream: Server | None = None

    def start_stream(self) -> None:
        self._stream = serve(self._serve_stream, "127.0.0.1", 0)
        threading.Thread(target=self._stream.serve_forever, daemon=True).start()

    def stop_stream(self) -> None:
        assert self._stream is not None
        self.disconnect_streams()
        self._stream.shutdown()

    def invite(self) -> dict[str, str]:
        """Where to connect, and the ticket for it."""
        assert self._stream is not None
        ticket = secrets.token_urlsafe(16) + "+/="
        self._tickets.add(ticket)
        return {"endpoint": f"ws://127.0.0.1:{self._stream.socket.getsockname()[1]}/connect", "ticket": ticket}

    @property
    def listeners(self) -> int:
        """How many connections are open now."""
        return len(self._open)

    def push(self, frame: dict[str, Any]) -> Frame:
        """Puts a frame on the stream; it is delivered again and again until it is acknowledged as taken."""
        pushed = Frame(frame)
        with self._changing:
            self._frames.append(pushed)
        return pushed

    def disconnect_streams(self) -> None:
        """Ends every stream with an error."""
        with self._changing:
            sockets = list(self._open)
        for one in sockets:
            one.close(1011)

    def _serve_stream(self, socket: ServerConnection) -> None:
        ticket = parse_qs(urlsplit(socket.request.path).query).get("ticket", [""])[0]
        with self._changing:
            if self.refuses_streams or ticket not in self._tickets:
                socket.close(1008)
                return
            self._tickets.discard(ticket)  # good for one connection only
            self._open.add(socket)
            self.connections += 1
        try:
            while True:
                self._deliver(socket)
                self._hear(socket)
        except ConnectionClosed:
            pass
        finally:
            with self._changing:
                self._open.discard(socket)

    def _deliver(self, socket: ServerConnection) -> None:
        now = time.monotonic()
        with self._changing:
            waiting = [one for one in self._frames if one.answer is None or _wanted_again(one)]
        for one in waiting:
            if now - one.sent_at > REDELIVER_SECONDS:
                one.sent_at = now
                one.deliveries += 1
                # Nobody acknowledges being asked to go.
                one.answer = _GONE if one.content["headers"].get("topic") == "disconnect" else None
                socket.send(json.dumps(one.content))

    def _hear(self, socket: ServerConnection) -> None:
        try:
            answer = json.loads(socket.recv(timeout=0.02))
        except TimeoutError:
            return
        with self._changing:
            for one in self._frames:
                if one.content["headers"]["messageId"] == answer["headers"]["messageId"]:
                    one.answer = answer


_GONE = {"code": 200, "data": "{}"}


def _wanted_again(frame: Frame) -> bool:
    assert frame.answer is not None
    return frame.answer["code"] != 200 or json.loads(frame.answer["data"]).get("status") == "LATER"


def event_frame(kind: str, data: dict[str, Any], *, event_id: str = "") -> dict[str, Any]:
    event_id = event_id or secrets.token_hex(8)
    return _frame(
        "EVENT",
        "*",
        {"timeStamp": int(time.time() * 1000), **data},
        eventId=event_id,
        eventType=kind,
        eventCorpId="corp",
        eventBornTime=str(int(time.time() * 1000)),
    )


def robot_frame(message: dict[str, Any]) -> dict[str, Any]:
    return _frame("CALLBACK", "/v1.0/im/bot/messages/get", message)


def system_frame(topic: str, data: dict[str, Any]) -> dict[str, Any]:
    return _frame("SYSTEM", topic, data)


def _frame(kind: str, topic: str, data: dict[str, Any], **headers: str) -> dict[str, Any]:
    named = {"topic": topic, "messageId": secrets.token_hex(8), "contentType": "application/json", **headers}
    return {"specVersion": "1.0", "type": kind, "headers": named, "data": json.dumps(data, ensure_ascii=False)}
