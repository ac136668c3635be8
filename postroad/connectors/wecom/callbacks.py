"""What WeCom pushes to us: the check of our address, changed contacts, and what members write to the app."""

from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from django.utils.translation import gettext_noop

from postroad.connectors.sealed_callbacks import SealedCallbacks, check_time
from postroad.connectors.wecom.sending import DIRECT
from postroad.messengers.protocol import (
    Account,
    Callback,
    CallbackRefused,
    CallbackReply,
    DirectNews,
    DirectoryEvent,
    Happening,
    RoomMessage,
)

LARGEST_BODY_BYTES = 256 * 1024


def read_callback(account: Account, callback: Callback) -> CallbackReply:
    """An empty answer means: taken, nothing to say, do not send again."""
    if callback.method == "GET":
        return CallbackReply(body=_open(account, callback, callback.query.get("echostr", "")))
    if len(callback.body) > LARGEST_BODY_BYTES:
        raise CallbackRefused(gettext_noop("It is too large."), status=413)
    plain = _open(account, callback, _text(_parsed(callback.body), "Encrypt"))
    return CallbackReply(happenings=tuple(_happenings(_parsed(plain), plain)))


def _open(account: Account, callback: Callback, encrypted: str) -> bytes:
    sealed = SealedCallbacks(
        token=account.secrets.get("callback_token", ""),
        encoding_aes_key=account.secrets.get("encoding_aes_key", ""),
        receive_id=str(account.settings["corp_id"]),
    )
    if not sealed.token or not sealed.encoding_aes_key:
        raise CallbackRefused(gettext_noop("Callbacks are not set up for this messenger."), status=404)
    timestamp = callback.query.get("timestamp", "")
    plain = sealed.open(
        signature=callback.query.get("msg_signature", ""),
        timestamp=timestamp,
        nonce=callback.query.get("nonce", ""),
        encrypted=encrypted,
    )
    check_time(timestamp, received_at=callback.received_at)
    return plain


def _parsed(content: bytes) -> Element:
    try:
        return ElementTree.fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise CallbackRefused(gettext_noop("It is not the XML that WeCom sends."), status=400) from error


def _text(parent: Element, name: str) -> str:
    return parent.findtext(name) or ""


def _happenings(event: Element, raw: bytes) -> list[Happening]:
    try:
        at = datetime.fromtimestamp(int(_text(event, "CreateTime")), tz=UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise CallbackRefused(gettext_noop("The time of sending is missing."), status=400) from error
    if _text(event, "MsgType") != "event":
        return [_message(event, at, raw)]
    if _text(event, "Event") == "change_contact":
        return [_contact_change(event, at)]
    if _text(event, "Event") == "kf_msg_or_event":
        return [DirectNews(service_id=_text(event, "OpenKfId"), at=at, token=_text(event, "Token"))]
    return []


def _contact_change(event: Element, at: datetime) -> DirectoryEvent:
    """What changed is not believed but read again; often the event does not even say it."""
    about_department = _text(event, "ChangeType").endswith("_party")
    departments = _text(event, "Id" if about_department else "Department")
    return DirectoryEvent(
        at=at,
        user_ids=tuple(filter(None, (_text(event, "UserID"), _text(event, "NewUserID")))),
        department_ids=tuple(filter(None, departments.split(","))),
    )


def _message(event: Element, at: datetime, raw: bytes) -> RoomMessage:
    sender = _text(event, "FromUserName")
    return RoomMessage(
        room_id=f"{DIRECT}{sender}",
        external_id=_text(event, "MsgId"),
        sender_id=sender,
        sender_name="",
        sent_at=at,
        text="\n".join(filter(None, (_text(event, name) for name in ("Content", "Title", "Url", "Label")))),
        raw=raw,
        direct=True,
    )
