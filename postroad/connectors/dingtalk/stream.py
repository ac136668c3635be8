"""DingTalk's stream: one WebSocket for each account, opened by us, on which events and messages to the robot come.

A frame is acknowledged when it is committed; one that cannot be committed now is asked for again. What was missed
while nobody listened is made up for by reading the directory anew (rooms are read anew by the clock).
"""

import asyncio
import json
import logging
import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

from django.db import connections
from django.utils.translation import gettext_noop
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from postroad.channels.protocol import Health, TemporarilyUnavailable
from postroad.connectors.dingtalk.api import Api
from postroad.connectors.dingtalk.happenings import read_event, read_robot_message
from postroad.connectors.web_api import is_safe_base_url
from postroad.messengers.protocol import Account, DirectoryEvent, Happening, Inbox, MessengerFault

Result = TypeVar("Result")
log = logging.getLogger(__name__)

ROBOT_MESSAGES = "/v1.0/im/bot/messages/get"
SUBSCRIPTIONS = [{"type": "EVENT", "topic": "*"}, {"type": "CALLBACK", "topic": ROBOT_MESSAGES}]
LARGEST_FRAME_BYTES = 1024 * 1024
LOOK_FOR_ACCOUNTS_SECONDS = 5.0
PING_SECONDS = 30.0
CONNECT_SECONDS = 10.0
END_SECONDS = 2.0
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
MISSED_AFTER_SECONDS = 120.0
LOST = gettext_noop("The stream from DingTalk breaks off.")
UNSAFE = gettext_noop("DingTalk names an address for its stream that is not encrypted.")


async def follow_accounts(inbox: Inbox, stop: asyncio.Event) -> None:
    """Follows every account that wants the stream until `stop` is set; accounts come and go."""
    following: dict[tuple[object, ...], asyncio.Task[None]] = {}
    thread = OwnThread()
    try:
        while not stop.is_set():
            with suppress(TemporarilyUnavailable):
                accounts = await thread.run(inbox.accounts)
                wanted = {one.version: one for one in accounts if one.settings.get("events", "stream") == "stream"}
                for version in following.keys() - wanted.keys():
                    following.pop(version).cancel()
                for version in wanted.keys() - following.keys():
                    following[version] = asyncio.create_task(Follower(wanted[version], inbox).run())
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_FOR_ACCOUNTS_SECONDS)
    finally:
        for task in following.values():
            task.cancel()
        await asyncio.gather(*following.values(), return_exceptions=True)
        await thread.end()


class OwnThread:
    """A thread for what blocks, so that one account's waiting is no other's; its database connection ends with it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1)

    async def run(self, function: Callable[..., Result], *values: Any) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *values)

    async def end(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.run(connections.close_all), END_SECONDS)
        self._thread.shutdown(wait=False)


@dataclass(slots=True)
class Follower:
    """Keeps one account's stream open through every outage."""

    account: Account
    inbox: Inbox
    _thread: OwnThread = field(default_factory=OwnThread)
    _pause: float = SHORTEST_PAUSE
    _listened_at: float | None = field(default=None)

    async def run(self) -> None:
        try:
            await self._follow()
        finally:
            await self._thread.end()

    async def _follow(self) -> None:
        while True:
            try:
                await self._listen()
            except MessengerFault as fault:
                await self._fail(fault.reason)
            except TemporarilyUnavailable as error:
                log.warning("the stream of %s waits: %s", self.account.key, error)
                await self._wait()
            except (WebSocketException, OSError, TimeoutError) as error:
                log.warning("the stream of %s breaks off: %s", self.account.key, type(error).__name__)
                await self._fail(LOST)
            except Exception:
                log.exception("the stream of %s failed", self.account.key)
                await self._fail(LOST)

    async def _listen(self) -> None:
        """One connection, until the other side ends it."""
        endpoint, ticket = await self._thread.run(Api.of(self.account).open_stream, SUBSCRIPTIONS)
        if not is_safe_base_url(endpoint):
            raise MessengerFault(UNSAFE)
        address = f"{endpoint}?ticket={quote(ticket, safe='')}"
        async with connect(
            address, open_timeout=CONNECT_SECONDS, ping_interval=PING_SECONDS, max_size=LARGEST_FRAME_BYTES
        ) as socket:
            await self._catch_up()
            await self._thread.run(self.inbox.report, self.account, Health(ok=True))
            self._pause = SHORTEST_PAUSE
            async for frame in socket:
                self._listened_at = asyncio.get_running_loop().time()
                if not await self._take(socket, frame):
                    return

    async def _catch_up(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._listened_at is None or now - self._listened_at > MISSED_AFTER_SECONDS:
            await self._thread.run(self.inbox.take, self.account, [DirectoryEvent(at=datetime.now(tz=UTC))])
        self._listened_at = now

    async def _take(self, socket: ClientConnection, frame: str | bytes) -> bool:
        """Takes in one frame and acknowledges it; False when the other side asks us to come anew."""
        try:
            told = Frame.read(frame)
            happenings = told.happenings()
        except (ValueError, RecursionError) as error:
            # Whatever it is, asking for it again would not mend it.
            log.warning("the stream of %s brought something that makes no sense: %s", self.account.key, error)
            return True
        if told.kind == "SYSTEM":
            if told.topic == "disconnect":
                return False
            await socket.send(told.answer(200, told.data))
            return True
        try:
            if happenings:
                await self._thread.run(self.inbox.take, self.account, happenings)
        except TemporarilyUnavailable as error:
            log.warning("the stream of %s waits: %s", self.account.key, error)
            await socket.send(told.later())
        else:
            await socket.send(told.taken())
        return True

    async def _fail(self, reason: str) -> None:
        with suppress(TemporarilyUnavailable):
            await self._thread.run(self.inbox.report, self.account, Health(ok=False, detail=reason))
        await self._wait()

    async def _wait(self) -> None:
        """A growing pause with jitter."""
        pause, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - not a secret


@dataclass(frozen=True, slots=True)
class Frame:
    """One message on the stream. `data` is JSON, written as a string."""

    kind: str
    topic: str
    headers: Mapping[str, Any]
    data: str

    @classmethod
    def read(cls, frame: str | bytes) -> "Frame":
        """Raises ValueError."""
        content = json.loads(frame)
        if not isinstance(content, dict) or not isinstance(headers := content.get("headers"), dict):
            raise ValueError("a frame has headers")  # noqa: TRY004 - all that makes no sense is one thing
        return cls(str(content.get("type")), str(headers.get("topic")), headers, str(content.get("data") or "{}"))

    def happenings(self) -> list[Happening]:
        """Raises ValueError."""
        if self.kind == "EVENT":
            return read_event(str(self.headers.get("eventType")), str(self.headers.get("eventId")), self._body())
        if self.kind == "CALLBACK" and self.topic == ROBOT_MESSAGES:
            return [read_robot_message(self._body(), self.data.encode())]
        return []

    def taken(self) -> str:
        return self.answer(200, json.dumps({"response": {}} if self.kind == "CALLBACK" else {"status": "SUCCESS"}))

    def later(self) -> str:
        """Only events can be asked for again in so many words; for the rest there is an error."""
        return self.answer(200, json.dumps({"status": "LATER"})) if self.kind == "EVENT" else self.answer(500, "{}")

    def answer(self, code: int, data: str) -> str:
        headers = {"messageId": self.headers.get("messageId"), "contentType": "application/json"}
        return json.dumps({"code": code, "headers": headers, "message": "OK", "data": data})

    def _body(self) -> Mapping[str, Any]:
        body = json.loads(self.data)
        if not isinstance(body, dict):
            raise ValueError("the data of a frame is an object")  # noqa: TRY004 - as above
        return body
