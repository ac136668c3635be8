"""Going out: a message once, however often it is tried, and taking one back.

Two things hold a message to once. The homeserver gives the same answer to the same transaction id, but it forgets
them when it restarts, and it takes a service's ids for one set whoever is spoken for: so they are made of all that
tells two events apart. And every event carries our own id, and is looked for before it is sent.
"""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_noop

from postroad.channels.protocol import OutgoingAttachment, OutgoingMessage, SendFailed, SendResult, chunks_of
from postroad.connectors.matrix.compose import SAID_BY_US, Part, compose
from postroad.connectors.matrix.events import map_at
from postroad.connectors.matrix.homeserver import ADMIN, CLIENT, MEDIA, Homeserver
from postroad.connectors.matrix.rooms import in_room
from postroad.messengers.protocol import MessengerFault

PAGE = 100
# How far two clocks may be apart.
SKEW = timedelta(minutes=10)

# Kept in the source language and translated when shown.
ENCRYPTED = gettext_noop("The group is encrypted; Postroad neither reads nor writes there.")
NOTHING_TO_SAY = gettext_noop("There is nothing to say in it.")


def send(homeserver: Homeserver, room_id: str, message: OutgoingMessage) -> SendResult:
    """Say `message`, each part of it once. Its external id is the first part's. Raises `SendFailed`."""
    try:
        if _is_encrypted(homeserver, room_id):
            # We hold no keys there, and in clear it would be the one thing that the server's operators could read.
            raise SendFailed(ENCRYPTED, permanent=True)
        return say(homeserver, room_id, message)
    except MessengerFault as fault:
        raise SendFailed(fault.reason, permanent=fault.permanent) from fault


def say(homeserver: Homeserver, room_id: str, message: OutgoingMessage) -> SendResult:
    """The same in a room of which we know that one may. Raises `SendFailed`, `MessengerFault`."""
    parts = compose(homeserver.account, message)
    if not parts:
        raise SendFailed(NOTHING_TO_SAY, permanent=True)
    sent = _sent_before(homeserver, room_id, message)
    for part in parts:
        if part.number not in sent:
            sent[part.number] = _send_part(homeserver, room_id, message, part)
    return SendResult(external_id=sent[0], accepted_at=datetime.now(tz=UTC))


def redact(homeserver: Homeserver, room_id: str, event_id: str, *, reason: str) -> None:
    """Take a message back, whoever said it."""
    transaction = transaction_id(homeserver.service_id, room_id, "redact", event_id)
    path = ("rooms", room_id, "redact", event_id, transaction)
    in_room(homeserver, room_id, lambda: homeserver.put(CLIENT, *path, content={"reason": reason}))


def transaction_id(*what: str) -> str:
    """One name for one thing to do, the same in every try of every process."""
    return hashlib.sha256("\0".join(what).encode()).hexdigest()


def _is_encrypted(homeserver: Homeserver, room_id: str) -> bool:
    path = ("rooms", room_id, "state", "m.room.encryption", "")
    try:
        in_room(homeserver, room_id, lambda: homeserver.get(CLIENT, *path))
    except MessengerFault as fault:
        if fault.code == "M_NOT_FOUND":
            return False
        raise
    return True


def _sent_before(homeserver: Homeserver, room_id: str, message: OutgoingMessage) -> dict[int, str]:
    """The event ids of those parts that an earlier try has sent, by part."""
    not_before = (message.created_at - SKEW).timestamp() * 1000
    filtered = json.dumps({"types": ["m.room.message"], "senders": [homeserver.speaker]})
    query: dict[str, Any] = {"dir": "b", "limit": PAGE, "filter": filtered}
    found: dict[int, str] = {}
    while True:
        page = homeserver.get(ADMIN, "rooms", room_id, "messages", query=query)
        for event in page["chunk"]:
            mark = map_at(map_at(event, "content"), SAID_BY_US)
            if mark.get("id") == str(message.message_id):
                found[int(mark["part"])] = event["event_id"]
        too_old = page["chunk"] and page["chunk"][-1]["origin_server_ts"] < not_before
        if too_old or not page.get("end") or page["end"] == query.get("from"):
            return found
        query["from"] = page["end"]


def _send_part(homeserver: Homeserver, room_id: str, message: OutgoingMessage, part: Part) -> str:
    content = part.content
    if part.file is not None:
        info = {"mimetype": part.file.content_type, "size": part.file.size}
        content = {**content, "filename": part.file.name, "url": _upload(homeserver, part.file), "info": info}
    transaction = transaction_id(homeserver.service_id, room_id, str(message.message_id), str(part.number))
    answer = homeserver.put(CLIENT, "rooms", room_id, "send", "m.room.message", transaction, content=content)
    return str(answer["event_id"])


def _upload(homeserver: Homeserver, file: OutgoingAttachment) -> str:
    answer = homeserver.call(
        "POST",
        MEDIA,
        "upload",
        query={"filename": file.name},
        content=b"".join(chunks_of(file.content)),
        headers={"Content-Type": file.content_type},
    )
    return str(answer["content_uri"])
