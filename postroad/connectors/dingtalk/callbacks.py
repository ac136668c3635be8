"""DingTalk calling us, for companies that prefer it to the stream: sealed events, and signed messages to the robot."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_noop

from postroad.connectors.dingtalk.happenings import read_event, read_robot_message
from postroad.connectors.sealed_callbacks import SealedCallbacks, check_time
from postroad.connectors.web_api import as_json
from postroad.messengers.protocol import Account, Callback, CallbackRefused, CallbackReply

LARGEST_BODY_BYTES = 256 * 1024
ROBOT = "robot"
MILLISECOND, SECOND = timedelta(milliseconds=1), timedelta(seconds=1)
# Seconds have ten digits until the year 2286.
MOST_SECOND_DIGITS = 10
NOT_JSON = gettext_noop("It is not the JSON that DingTalk sends.")
NOT_UNDERSTOOD = gettext_noop("It lacks something that DingTalk always says.")


def read_callback(account: Account, callback: Callback) -> CallbackReply:
    """Events at the callback's own address, messages to the robot below it at `robot`."""
    if len(callback.body) > LARGEST_BODY_BYTES:
        raise CallbackRefused(gettext_noop("It is too large."), status=413)
    if callback.path.strip("/") == ROBOT:
        return _robot_message(account, callback)
    return _event(account, callback)


def robot_signature(secret: str, timestamp: str) -> str:
    """Base64 of HMAC-SHA256 over time and secret."""
    signed = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256)
    return base64.b64encode(signed.digest()).decode()


def _robot_message(account: Account, callback: Callback) -> CallbackReply:
    headers = {name.lower(): value for name, value in callback.headers.items()}
    timestamp = headers.get("timestamp", "")
    expected = robot_signature(account.secrets.get("app_secret", ""), timestamp)
    if not hmac.compare_digest(expected.encode(), headers.get("sign", "").encode()):
        raise CallbackRefused(gettext_noop("The signature is wrong."))
    check_time(timestamp, received_at=callback.received_at, unit=MILLISECOND)
    try:
        happening = read_robot_message(_object(callback.body), callback.body)
    except ValueError as error:
        raise CallbackRefused(NOT_UNDERSTOOD, status=400) from error
    return CallbackReply(body=b"{}", content_type="application/json", happenings=(happening,))


def _event(account: Account, callback: Callback) -> CallbackReply:
    sealed = SealedCallbacks(
        token=account.secrets.get("callback_token", ""),
        encoding_aes_key=account.secrets.get("encoding_aes_key", ""),
        receive_id=str(account.settings["app_key"]),
    )
    if not sealed.token or not sealed.encoding_aes_key:
        raise CallbackRefused(gettext_noop("Callbacks are not set up for this messenger."), status=404)
    timestamp, nonce = callback.query.get("timestamp", ""), callback.query.get("nonce", "")
    plain = sealed.open(
        signature=callback.query.get("msg_signature") or callback.query.get("signature", ""),
        timestamp=timestamp,
        nonce=nonce,
        encrypted=str(_object(callback.body).get("encrypt", "")),
    )
    unit = SECOND if len(timestamp) <= MOST_SECOND_DIGITS else MILLISECOND
    check_time(timestamp, received_at=callback.received_at, unit=unit)
    event = _object(plain)
    try:
        happenings = read_event(str(event.get("EventType", "")), str(event.get("eventId", "")), event)
    except ValueError as error:
        raise CallbackRefused(NOT_UNDERSTOOD, status=400) from error
    encrypted, signature = sealed.close(b"success", timestamp=timestamp, nonce=nonce)
    reply = {"msg_signature": signature, "timeStamp": timestamp, "nonce": nonce, "encrypt": encrypted}
    return CallbackReply(body=as_json(reply), content_type="application/json", happenings=tuple(happenings))


def _object(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise CallbackRefused(NOT_JSON, status=400) from error
    if not isinstance(body, dict):
        raise CallbackRefused(NOT_JSON, status=400)
    return body
