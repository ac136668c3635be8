"""Event streams to visitors: thousands at once in one process, resumable, told from the database.

An ASGI application in front of Django, because what Django keeps for each request (a thread, a connection) is too much
for a stream that lasts. `GET /chat/<key>/events` with the visitor's token answers with server-sent events:

`message`
    One message as JSON. Its id is the position from which a later stream goes on.
`state`
    What changes without a message: who is writing, how far we have read, the place in the queue, who is there.
    What changes without a hint (typing that ends, the place in the queue) is told at the next beat.

The hint that something changed comes from the process's one LISTEN connection (`web.hub`); what changed is read from
the tables, for all streams that have been told of a change with the same few queries (`reader`).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import parse_qs
from uuid import UUID

from django.db import Error as DatabaseError
from django.utils import timezone

from postroad.livechat.admission import Admitted, Knock, Refused
from postroad.livechat.limits import LARGEST_BODY, STREAMS_OF_VISITOR
from postroad.livechat.queries import Look, Position
from postroad.livechat.reader import BEAT_SECONDS, Reader, reader_of_this_process
from postroad.livechat.views.answers import headers_for, token_of
from postroad.web.hub import Hub, Stream, hub_of_this_process

Message: TypeAlias = Mapping[str, Any]
Scope: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

EVENTS = re.compile(r"/chat/([-a-zA-Z0-9_]{1,60})/events")
SOON_SECONDS = 2.0
HELLO = "retry: 1500\n: here\n\n"
BEAT = ": beat\n\n"


class VisitorsDoor:
    """Stands before Django: serves the streams, and lets no visitor's body in that is larger than allowed."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/chat/"):
            await self.application(scope, receive, send)
        elif match := EVENTS.fullmatch(scope["path"]):
            await _serve(match[1], scope, receive, send)
        elif _announced_size(scope) > LARGEST_BODY:
            await _refuse(send, 413)
        else:
            body = _Bounded(receive)
            await self.application(scope, body, send)
            if body.is_too_large:
                await _refuse(send, 413)


def _announced_size(scope: Scope) -> int:
    text = _headers(scope).get("content-length", "0")
    return int(text) if text.isdigit() else 0


class _Bounded:
    """`receive`, which ends the request, before anything is answered, when a body of unknown size grows too large."""

    def __init__(self, receive: Receive) -> None:
        self.receive = receive
        self.size = 0

    @property
    def is_too_large(self) -> bool:
        return self.size > LARGEST_BODY

    async def __call__(self) -> Message:
        message = await self.receive()
        self.size += len(message.get("body", b""))
        return {"type": "http.disconnect"} if self.is_too_large else message


async def _serve(key: str, scope: Scope, receive: Receive, send: Send) -> None:
    headers = _headers(scope)
    origin = headers.get("origin", "")
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    if scope["method"] not in {"GET", "OPTIONS"}:
        await _refuse(send, 405)
        return
    knock = Knock(key, origin, token_of(headers.get("authorization", "")), asks_only=scope["method"] == "OPTIONS")
    reader, hub = reader_of_this_process(), hub_of_this_process()
    admitted = await reader.admit(knock)
    if isinstance(admitted, Admitted) and not knock.asks_only and _is_full(hub, admitted.visit_id):
        admitted = Refused(503 if hub.closing else 429, retry_after=10)
    if isinstance(admitted, Refused):
        await _refuse(send, admitted.status, origin=origin, retry_after=admitted.retry_after)
        return
    if knock.asks_only:
        await _begin(send, 204, headers_for(origin))
        await send({"type": "http.response.body", "body": b""})
        return
    position = Position.read(headers.get("last-event-id", "") or query.get("after", [""])[0])
    await _begin(
        send,
        200,
        headers_for(origin) | {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"},
    )
    await _until_gone(_tell(hub, reader, admitted, position, send), receive)
    with suppress(OSError):
        await send({"type": "http.response.body", "body": b""})


def _is_full(hub: Hub, visit_id: UUID) -> bool:
    return hub.closing or hub.streams_of(visit_id) >= STREAMS_OF_VISITOR


async def _until_gone(telling: Awaitable[None], receive: Receive) -> None:
    """Run `telling` until it ends or the visitor's page is gone."""
    gone, told = asyncio.ensure_future(_gone(receive)), asyncio.ensure_future(telling)
    try:
        await asyncio.wait({gone, told}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (gone, told):
            task.cancel()
        outcome = (await asyncio.gather(told, gone, return_exceptions=True))[0]
    if isinstance(outcome, Exception) and not isinstance(outcome, OSError | DatabaseError | TimeoutError):
        raise outcome


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@dataclass(slots=True)
class _Told:
    """What one stream has told: which messages, and the state as it was last said."""

    position: Position
    ids: set[UUID] | None = None
    state: str = ""

    def news(self, look: Look) -> Iterator[str]:
        """The events that bring the visitor's page up to `look`; None of them twice on one stream."""
        if self.ids is None:
            self.ids = self.position.told(look.ids)
        for one in look.ids:
            if one not in self.ids and one in look.messages:
                self.ids.add(one)
                self.position = Position(len(self.ids), max(self.ids))
                yield f"event: message\nid: {self.position}\ndata: {json.dumps(look.messages[one])}\n\n"
        yield self.changed(look.state)

    def changed(self, state: Mapping[str, Any]) -> str:
        """The event that tells the state; "" if it was told like this before."""
        if (text := json.dumps(state)) == self.state:
            return ""
        self.state = text
        return f"event: state\ndata: {text}\n\n"

    def lacks(self, look: Look) -> list[UUID]:
        """Messages that are to be told but were not read in full, because they lie before the newest one told."""
        told = self.position.told(look.ids) if self.ids is None else self.ids
        return [one for one in look.ids if one not in told and one not in look.messages]


async def _tell(hub: Hub, reader: Reader, admitted: Admitted, position: Position, send: Send) -> None:
    stream = Stream(owner=admitted.visit_id, topics=frozenset({admitted.topic}))
    told = _Told(position)
    await _write(send, HELLO)
    await hub.join(stream)
    reader.there[stream] = admitted.visit_id
    try:
        while not hub.closing:
            stream.take()
            look = await reader.look(admitted.visit_id, after=told.position.last)
            if missing := told.lacks(look):
                look.messages.update(await reader.in_full(admitted.visit_id, missing))
            await _write(send, "".join(told.news(look)) or BEAT)
            await _keep_up(hub, reader, stream, send, told=told, look=look)
    finally:
        reader.there.pop(stream, None)
        hub.leave(stream)


async def _keep_up(hub: Hub, reader: Reader, stream: Stream, send: Send, *, told: _Told, look: Look) -> None:
    """Until something happens to this chat: tell what changes all the same, without a look at the database.

    The first time soon, because what was read together with others may be a moment old.
    """
    pause = SOON_SECONDS
    while not hub.closing:
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await stream.awake.wait()
        if stream.awake.is_set():
            return
        state = look.state_with(await reader.turns(), now=timezone.now())
        if news := told.changed(state):
            await _write(send, news)
        elif pause == BEAT_SECONDS:
            await _write(send, BEAT)
        pause = BEAT_SECONDS


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


async def _refuse(send: Send, status: int, *, origin: str = "", retry_after: int = 0) -> None:
    again = {"Retry-After": str(retry_after)} if retry_after else {}
    # A page that may not embed the chat is not told that it may read the refusal.
    await _begin(send, status, headers_for("" if status in {403, 404} else origin) | again)
    await send({"type": "http.response.body", "body": b""})


async def _begin(send: Send, status: int, headers: Mapping[str, str]) -> None:
    packed = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": packed})


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
