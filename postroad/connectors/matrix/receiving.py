"""Coming in: transactions that the homeserver pushes (application service API), and what was said before.

A transaction comes again until it is answered with 200, and the next one waits for it: so what cannot be read is
left out with a line in the log, and only our own faults and the homeserver's are a reason to have it sent again.
"""

import hashlib
import hmac
import json
import logging
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from postroad.channels.protocol import IncomingAttachment
from postroad.connectors.matrix.events import (
    Event,
    File,
    file_of,
    localpart,
    read_event,
    read_message,
    senders,
    text_at,
)
from postroad.connectors.matrix.homeserver import ADMIN, CLIENT, Homeserver, Unreachable
from postroad.messengers.protocol import (
    Account,
    Callback,
    CallbackRefused,
    CallbackReply,
    Happening,
    MessengerFault,
    NoSuchRoom,
    RoomMessage,
)

API = "_matrix/app/v1/"
PAGE = 100
LARGEST_FILE = 50 * 1024 * 1024
IN_MEMORY = 1024 * 1024
JSON = "application/json"

# Kept in the source language and translated when shown.
WRONG_TOKEN = gettext_noop("The token is wrong.")
NOT_JSON = gettext_noop("The content is no JSON.")
NO_EVENTS = gettext_noop("There is no list of events in it.")

log = logging.getLogger(__name__)


def read_callback(account: Account, callback: Callback) -> CallbackReply:
    """What the homeserver asks or tells. Raises `CallbackRefused`."""
    _verify(account, callback)
    what = callback.path.partition(API)[2]
    if callback.method == "PUT" and what.startswith("transactions/"):
        return _answer({}, happenings=tuple(_happenings(Homeserver(account), _events(callback.body))))
    if callback.method == "POST" and what == "ping":
        return _answer({})
    if callback.method == "GET" and what.startswith(("users/", "rooms/")):
        # We make nobody and nothing on being asked for it.
        return _answer({"errcode": "M_NOT_FOUND", "error": "There is none."}, status=404)
    return _answer({"errcode": "M_UNRECOGNIZED", "error": "Not part of what we answer."}, status=404)


def read_history(homeserver: Homeserver, room_id: str, *, since: datetime | None) -> Iterator[RoomMessage]:
    """What was said in a room, oldest first; what was taken back is left out."""
    token = _token_at(homeserver, room_id, since) if since else None
    if since and token is None:
        return
    names: dict[str, str] = {}
    while True:
        query = {"dir": "f", "limit": PAGE, "filter": json.dumps({"types": ["m.room.message", "m.room.encrypted"]})}
        page = _in_room(homeserver, room_id, "messages", query={**query, **({"from": token} if token else {})})
        names |= _names(homeserver, senders(page["chunk"]) - names.keys())
        for event in page["chunk"]:
            if message := read_message(event, bot_id=homeserver.bot_id, names=names):
                yield _with_file(homeserver, message, event)
        if not page.get("end") or page["end"] == token:
            return
        token = page["end"]


def _verify(account: Account, callback: Callback) -> None:
    headers = {name.lower(): value for name, value in callback.headers.items()}
    scheme, _, token = headers.get("authorization", "").partition(" ")
    ours = account.secrets.get("hs_token", "")
    if not ours or scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), ours.encode()):
        raise CallbackRefused(WRONG_TOKEN)


def _events(body: bytes) -> list[Event]:
    try:
        content = json.loads(body)
    except ValueError as error:
        raise CallbackRefused(NOT_JSON, status=400) from error
    events = content.get("events") if isinstance(content, dict) else None
    if not isinstance(events, list):
        raise CallbackRefused(NO_EVENTS, status=400)
    return [event for event in events if isinstance(event, dict)]


def _happenings(homeserver: Homeserver, events: Sequence[Event]) -> Iterator[Happening]:
    names = _names(homeserver, senders(events) - {homeserver.bot_id})
    for event in events:
        for happening in read_event(event, bot_id=homeserver.bot_id, names=names):
            if isinstance(happening, RoomMessage) and not happening.ours:
                yield _with_file(homeserver, happening, event)
            else:
                yield happening


def _names(homeserver: Homeserver, user_ids: frozenset[str]) -> dict[str, str]:
    """How people are called now; their user names where that cannot be found out."""
    names = {}
    for user_id in user_ids:
        try:
            profile = homeserver.get(CLIENT, "profile", user_id, "displayname")
        except MessengerFault:
            profile = {}
        names[user_id] = text_at(profile, "displayname") or localpart(user_id)
    return names


def _with_file(homeserver: Homeserver, message: RoomMessage, event: Event) -> RoomMessage:
    """With the file that it holds; where that cannot be had, the text says so."""
    file = file_of(event)
    if file is None:
        return message
    reason = "encrypted" if file.encrypted else "too large" if file.size > LARGEST_FILE else ""
    if not reason:
        try:
            return replace(message, attachments=(_fetch(homeserver, file),))
        except Unreachable:
            raise  # it is sent again when the homeserver is back
        except MessengerFault as fault:
            reason = fault.code
            log.warning("file of %s not fetched: %s", message.external_id, fault)
    return replace(message, text=f"{message.text}\n[{file.name}: {reason}]".strip())


def _fetch(homeserver: Homeserver, file: File) -> IncomingAttachment:
    server, _, media_id = file.uri.removeprefix("mxc://").partition("/")
    spool = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the attachment goes on reading from it

    def pieces() -> Iterator[bytes]:
        spool.seek(0)
        while piece := spool.read(IN_MEMORY):
            yield piece

    weakref.finalize(pieces, spool.close)
    digest = hashlib.sha256()
    for piece in homeserver.download(server, media_id, most=LARGEST_FILE):
        digest.update(piece)
        spool.write(piece)
    size = spool.tell()

    return IncomingAttachment(file.name, file.content_type, size, digest.hexdigest(), pieces)


def _token_at(homeserver: Homeserver, room_id: str, since: datetime) -> str | None:
    """Where to go on reading from the first event at or after `since`; None when there is none."""
    moment = {"dir": "f", "ts": int(since.timestamp() * 1000)}
    try:
        found = homeserver.get(ADMIN, "rooms", room_id, "timestamp_to_event", query=moment)
        context = homeserver.get(ADMIN, "rooms", room_id, "context", found["event_id"], query={"limit": 0})
    except MessengerFault as fault:
        if fault.code == "M_NOT_FOUND":
            return None
        raise
    return str(context["start"])


def _in_room(homeserver: Homeserver, room_id: str, what: str, *, query: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return homeserver.get(ADMIN, "rooms", room_id, what, query=query)
    except MessengerFault as fault:
        if fault.code == "M_NOT_FOUND":
            raise NoSuchRoom(fault.reason, code=fault.code) from fault
        raise


def _answer(content: Mapping[str, str], *, status: int = 200, happenings: tuple[Happening, ...] = ()) -> CallbackReply:
    return CallbackReply(status, json.dumps(content).encode(), JSON, happenings)
