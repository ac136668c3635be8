"""The mailboxes that are followed at the moment: one thread each, begun and ended as channels change."""

import asyncio
import logging
import threading
from dataclasses import dataclass
from uuid import UUID

from postroad.channels.protocol import Directory, Endpoint, EndpointState, Sink, TemporarilyUnavailable
from postroad.connectors.mail.imap import Watcher

log = logging.getLogger(__name__)

LOOK_SECONDS = 3.0
STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Running:
    watcher: Watcher
    thread: threading.Thread


async def follow_mailboxes(directory: Directory, sink: Sink, stop: asyncio.Event) -> None:
    """Follows every IMAP mailbox of the directory until `stop` is set; then waits for their commits."""
    running: dict[UUID, Running] = {}
    while not stop.is_set():
        try:
            endpoints = await asyncio.to_thread(directory.endpoints)
        except TemporarilyUnavailable as error:
            log.warning("the mailboxes to follow stay as they were: %s", error)
        else:
            _adjust(running, [one for one in endpoints if _has_mailbox(one)], directory, sink)
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await stop.wait()
        except TimeoutError:
            continue
    for one in running.values():
        one.watcher.stop.set()
    for one in running.values():
        await asyncio.to_thread(one.thread.join, STOP_SECONDS)


def _has_mailbox(endpoint: Endpoint) -> bool:
    return endpoint.settings.get("inbound") == "imap" and endpoint.state != EndpointState.DEFERRED


def _adjust(running: dict[UUID, Running], endpoints: list[Endpoint], directory: Directory, sink: Sink) -> None:
    """Ends the watchers whose channel is gone or changed, begins the missing ones."""
    wanted = {one.channel_id: one for one in endpoints}
    for channel_id, one in list(running.items()):
        endpoint = wanted.get(channel_id)
        if endpoint is None or endpoint.version != one.watcher.endpoint.version:
            one.watcher.stop.set()
        if not one.thread.is_alive():
            del running[channel_id]
    for channel_id, endpoint in wanted.items():
        if channel_id not in running:
            watcher = Watcher(endpoint, directory, sink)
            thread = threading.Thread(target=watcher.run, name=f"imap-{endpoint.key}", daemon=True)
            thread.start()
            running[channel_id] = Running(watcher, thread)
