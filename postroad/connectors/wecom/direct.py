"""Direct chats with WeChat users: WeCom's customer service accounts (微信客服, `/cgi-bin/kf/…`).

The callback only says that there is something; messages are read page by page from a cursor that is ours to keep. A
chat is named by the account and the customer, for WeCom has no rooms here. Read from the source of others' clients and
not tried with a live company: the error codes but 95001, and that the same `msgid` twice is one message.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_noop

from postroad.channels.protocol import IncomingAttachment, OutgoingMessage, SendFailed, SendResult
from postroad.connectors.parts import batches_of
from postroad.connectors.said_once import SaidOnce
from postroad.connectors.wecom.api import Api
from postroad.connectors.wecom.sending import Piece, pieces
from postroad.messengers.protocol import DirectChat, DirectTerms, Fetched, MessengerFault, RoomMessage

TERMS = DirectTerms(answer_within=timedelta(hours=48), most_answers=5)
OPEN_KFID = re.compile(r"wk[A-Za-z0-9_-]{1,62}")
PAGE = 1000
ACCOUNTS_A_PAGE = 100
CUSTOMERS_A_CALL = 100
# More would use up what may be said; the rest goes as a file.
MOST_PARTS = 2
FROM_CUSTOMER, FROM_SYSTEM, FROM_STAFF = 3, 4, 5
FILES = ("image", "voice", "video", "file")

# Kept in the source language and translated when shown.
NO_SUCH_ACCOUNT = gettext_noop("There is no such customer service account, or the app may not use it.")
NOT_ARRIVED = {
    4: gettext_noop("More than 48 hours have passed since their last message."),
    5: gettext_noop("The session with them has ended."),
    6: gettext_noop("The messenger allows no further message until they write again."),
    10: gettext_noop("They do not take messages from us any more."),
}
NOT_ARRIVED_SOMEHOW = gettext_noop("The messenger could not deliver it.")

# Besides the message id that we give, which WeCom is said to compare.
_said = SaidOnce()


def require_account(api: Api, open_kfid: str) -> None:
    """Raises `MessengerFault` unless the app may use this account."""
    offset = 0
    while True:
        page = api.post("kf/account/list", {"offset": offset, "limit": ACCOUNTS_A_PAGE}).get("account_list", [])
        if any(one["open_kfid"] == open_kfid for one in page):
            return
        if len(page) < ACCOUNTS_A_PAGE:
            raise MessengerFault(NO_SUCH_ACCOUNT, permanent=True)
        offset += len(page)


def fetch(api: Api, open_kfid: str, *, token: str, cursor: str) -> Fetched:
    """One page. Without a token WeCom lets us ask seldom; without a cursor it begins three days ago."""
    asked: dict[str, Any] = {"open_kfid": open_kfid, "limit": PAGE}
    asked |= {name: value for name, value in (("token", token), ("cursor", cursor)) if value}
    answer = api.post("kf/sync_msg", asked)
    rows = [one for one in answer.get("msg_list", []) if isinstance(one, dict)]
    names = _names(api, {str(one.get("external_userid", "")) for one in rows if one.get("origin") == FROM_CUSTOMER})
    told = tuple(_messages(api, open_kfid, rows, names))
    return Fetched(told, str(answer.get("next_cursor") or cursor), bool(answer.get("has_more")))


def send(api: Api, chat: DirectChat, message: OutgoingMessage) -> SendResult:
    """Files are handed over before anything is said. Raises `SendFailed`."""
    try:
        for number, piece in enumerate(list(pieces(api, message.text, message, most_parts=MOST_PARTS))):
            with _said.once(message.message_id, number) as saying:
                if saying:
                    _say(api, chat, piece, _our_id(message.message_id, number))
    except MessengerFault as fault:
        raise SendFailed(fault.reason, permanent=fault.permanent) from fault
    return SendResult(external_id=_our_id(message.message_id, 0), accepted_at=datetime.now(tz=UTC))


def _say(api: Api, chat: DirectChat, piece: Piece, message_id: str) -> None:
    body = {"touser": chat.user_id, "open_kfid": chat.service_id, "msgid": message_id, "msgtype": piece.kind}
    api.post("kf/send_msg", {**body, piece.kind: piece.content})


def _our_id(message_id: UUID, number: int) -> str:
    """At most 32 characters of [0-9a-zA-Z_-]; which message it is a part of can be read from it."""
    return f"{base64.urlsafe_b64encode(message_id.bytes).decode().rstrip('=')}-{number}"


def _messages(
    api: Api, open_kfid: str, rows: Iterable[Mapping[str, Any]], names: Mapping[str, str]
) -> Iterator[RoomMessage]:
    for row in rows:
        origin, event = row.get("origin"), row.get("event")
        if origin in (FROM_CUSTOMER, FROM_STAFF):
            customer = str(row["external_userid"])
            sender = customer if origin == FROM_CUSTOMER else str(row.get("servicer_userid", ""))
            text, files = _content(api, row)
            given = {"text": text, "attachments": files, "by_staff": origin == FROM_STAFF}
            yield _message(open_kfid, customer, row, sender_id=sender, sender_name=names.get(sender, ""), **given)
        elif isinstance(event, dict) and event.get("event_type") == "msg_send_fail":
            customer, lost = str(event["external_userid"]), str(event.get("fail_msgid", ""))
            why = NOT_ARRIVED.get(event.get("fail_type", 0), NOT_ARRIVED_SOMEHOW)
            first_part = f"{lost.rpartition('-')[0]}-0"
            yield _message(open_kfid, customer, row, sender_id=customer, text=why, bounce_of=first_part)


def _message(open_kfid: str, customer: str, row: Mapping[str, Any], **given: Any) -> RoomMessage:
    return RoomMessage(
        room_id=f"{open_kfid}:{customer}",
        external_id=str(row["msgid"]),
        sent_at=datetime.fromtimestamp(int(row["send_time"]), tz=UTC),
        raw=json.dumps(row, ensure_ascii=False, sort_keys=True).encode(),
        direct=True,
        service_id=open_kfid,
        **{"sender_name": "", **given},
    )


def _content(api: Api, row: Mapping[str, Any]) -> tuple[str, tuple[IncomingAttachment, ...]]:
    kind = str(row.get("msgtype", ""))
    content = row.get(kind)
    content = content if isinstance(content, dict) else {}
    if kind == "text":
        return str(content.get("content", "")), ()
    if kind in FILES:
        try:
            return "", (_file(api, kind, str(content.get("media_id", ""))),)
        except MessengerFault as fault:
            if not fault.permanent:
                raise  # it is fetched again when the messenger works
            return f"[{kind}: {fault.code}]", ()
    said = [str(content[name]) for name in ("title", "name", "address", "desc", "url") if content.get(name)]
    return "\n".join(said) or f"[{kind}]", ()


def _file(api: Api, kind: str, media_id: str) -> IncomingAttachment:
    name, content_type, content = api.download(media_id)
    return IncomingAttachment(name or kind, content_type, len(content), sha256(content).hexdigest(), content)


def _names(api: Api, user_ids: set[str]) -> dict[str, str]:
    """What customers call themselves in WeChat."""
    names = {}
    for batch in batches_of(sorted(user_ids - {""}), CUSTOMERS_A_CALL):
        answer = api.post("kf/customer/batchget", {"external_userid_list": list(batch)})
        for one in answer.get("customer_list", []):
            names[str(one.get("external_userid"))] = str(one.get("nickname", ""))
    return names
