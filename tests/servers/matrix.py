"""Matrix as the people of a company use it: a real Synapse, and between it and Postroad a gateway that can fail."""

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from django.db import connection

from postroad.channels.protocol import TemporarilyUnavailable
from postroad.connectors.matrix.connector import Matrix
from postroad.connectors.matrix.registration import registration
from postroad.messengers.conformance import Box, Said, World
from postroad.messengers.protocol import Account, Callback, CallbackRefused, Happening
from postroad.platform.ids import new_id
from tests.servers.synapse import SERVER_NAME, Pushed, Receiver, Synapse

KEY = "matrix"
BOT_ID = f"@postroad:{SERVER_NAME}"
SERVICE_ID = f"@postroad_sales:{SERVER_NAME}"
CALLBACK = f"/messengers/{KEY}/callback"
ACCOUNT = Account(
    messenger_id=new_id(),
    key=KEY,
    settings={"homeserver": "http://127.0.0.1:1", "server_name": SERVER_NAME, "bot": "postroad"},
    secrets={"as_token": "as-token-of-the-tests", "hs_token": "hs-token-of-the-tests"},
)


def registrations(receiver: Receiver) -> Sequence[str]:
    """What Synapse is told of us: what our own command prints."""
    return [registration(ACCOUNT, callback_url=receiver.url + CALLBACK)]


class Gateway:
    """The homeserver's reverse proxy: passes everything on, unless it is down or says that it is too much."""

    def __init__(self, to: str) -> None:
        self.to = to
        self.client = httpx.Client(timeout=60, trust_env=False)
        self.limited_until = 0.0
        self.limited = 0
        self.is_down = False
        self.lose_answer_to = ""
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                gateway.handle(self)

            do_GET = do_PUT = do_POST = do_DELETE = _pass_on  # noqa: N815 - the library's names

            def log_message(self, *_args: object) -> None:
                """Tests say what they need to."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        if self.is_down:
            request.close_connection = True
            return
        wait = self.limited_until - time.monotonic()
        if wait > 0:
            self.limited += 1
            told = {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": int(wait * 1000) + 1}
            self._answer(request, 429, "application/json", json.dumps(told).encode())
            return
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        # The path as it was sent: quoting is part of what is tested.
        answer = self.client.request(request.command, self.to + request.path, headers=headers, content=body)
        if self.lose_answer_to and self.lose_answer_to in request.path:
            self.lose_answer_to = ""
            request.close_connection = True
            return
        self._answer(request, answer.status_code, answer.headers["Content-Type"], answer.content)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.client.close()

    @staticmethod
    def _answer(request: BaseHTTPRequestHandler, status: int, content_type: str, body: bytes) -> None:
        request.send_response(status)
        request.send_header("Content-Type", content_type)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


class MatrixWorld(World):
    """One company on one homeserver; rooms and people are new in every test, the server is not."""

    many = 25

    def __init__(self, synapse: Synapse) -> None:
        self.synapse = synapse
        self.gateway = Gateway(synapse.url)
        self.connector = Matrix()
        self.account = replace(
            ACCOUNT,
            messenger_id=new_id(),
            settings={**ACCOUNT.settings, "homeserver": self.gateway.url},
        )

    def make_bot_administrator(self) -> None:
        self.connector.check(self.account)
        self.synapse.call("PUT", f"/_synapse/admin/v2/users/{quote(BOT_ID)}", json={"admin": True})

    def hire(self, name: str, *, staff_no: str = "") -> str:
        return self.synapse.person(staff_no or f"p{new_id().hex}", name)

    def dismiss(self, user_id: str) -> None:
        self.synapse.call("POST", f"/_synapse/admin/v1/deactivate/{quote(user_id)}", json={"erase": False})

    def make_by_hand(self, name: str, *, owner: str, members: Sequence[str]) -> str:
        return self.synapse.room(owner, members=[one for one in members if one != owner], name=name)

    def rename_by_hand(self, room_id: str, name: str, *, by: str) -> None:
        self.synapse.act(by, "PUT", f"/rooms/{quote(room_id)}/state/m.room.name/", json={"name": name})

    def say(self, room_id: str, user_id: str, text: str, *, reply_to: str | None = None) -> str:
        relation = {"m.relates_to": {"m.in_reply_to": {"event_id": reply_to}}} if reply_to else {}
        return self.synapse.say(user_id, room_id, text, **relation)

    def seen(self, room_id: str, *, by: str = BOT_ID) -> list[Said]:
        query = {
            "dir": "f",
            "limit": 500,
            "filter": json.dumps({"senders": [by], "types": ["m.room.message"]}),
        }
        events = self.synapse.call("GET", f"/_synapse/admin/v1/rooms/{quote(room_id)}/messages", params=query)["chunk"]
        return [self._said(event) for event in events if event["content"]]

    def break_down(self) -> None:
        self.gateway.is_down = True

    def recover(self) -> None:
        self.gateway.is_down = False

    def limit(self, wait: timedelta) -> None:
        self.gateway.limited_until = time.monotonic() + wait.total_seconds()

    def dead_account(self) -> Account:
        return replace(self.account, messenger_id=new_id(), settings={**ACCOUNT.settings})

    service_id = SERVICE_ID

    def write(self, text: str) -> list[Happening]:
        """What Synapse would push of it: the invitation, by its real event."""
        self.customer = self.hire("刘洋")
        self.chat = self.open_chat(self.customer)
        self.synapse.say(self.customer, self.chat, text)
        path = f"/_synapse/admin/v1/rooms/{quote(self.chat)}/messages"
        events = self.synapse.call("GET", path, params={"dir": "f", "limit": 100})["chunk"]
        invitation = next(one for one in events if one.get("state_key") == SERVICE_ID)
        return list(self.connector.read_callback(self.account, transaction(invitation)).happenings)

    def open_chat(self, user_id: str, **content: Any) -> str:
        """Somebody opens a direct chat with the service account; the room's id."""
        given = {"preset": "trusted_private_chat", "is_direct": True, "invite": [SERVICE_ID], **content}
        room_id: str = self.synapse.act(user_id, "POST", "/createRoom", json=given)["room_id"]
        return room_id

    def got(self) -> list[Said]:
        return self.seen(self.chat, by=SERVICE_ID)

    def shut(self) -> None:
        self.synapse.act(self.customer, "POST", f"/rooms/{quote(self.chat)}/leave", json={})

    def callback(self, text: str) -> Callback:
        return transaction(
            {
                "type": "m.room.message",
                "event_id": "$said",
                "room_id": "!somewhere",
                "sender": BOT_ID,
                "origin_server_ts": 1_700_000_000_000,
                "content": {"msgtype": "m.text", "body": text},
            }
        )

    def close(self) -> None:
        self.gateway.close()

    def _said(self, event: dict) -> Said:
        content = event["content"]
        users = frozenset(content.get("m.mentions", {}).get("user_ids", ()))
        if content["msgtype"] == "m.file":
            path = "/_matrix/client/v1/media/download/" + content["url"].removeprefix("mxc://")
            headers = {"Authorization": f"Bearer {self.synapse.root_token}"}
            file = self.synapse.client.get(self.synapse.url + path, headers=headers).raise_for_status().content
            return Said(event["event_id"], "", {content["filename"]: file}, users)
        return Said(event["event_id"], content["body"], {}, users)


def transaction(*events: object, token: str = ACCOUNT.secrets["hs_token"], **changes: object) -> Callback:
    """A transaction as the homeserver pushes it."""
    callback = Callback(
        method="PUT",
        path="_matrix/app/v1/transactions/1",
        query={},
        headers={"authorization": f"Bearer {token}"},
        body=json.dumps({"events": events}).encode(),
        received_at=datetime.now(tz=UTC),
    )
    return replace(callback, **changes)


class Web:
    """The web side: what Synapse pushes goes through the connector into a box, as the callback page would do it."""

    def __init__(self, world: MatrixWorld, box: Box) -> None:
        self.world, self.box = world, box
        self.refused: list[str] = []

    def __call__(self, pushed: Pushed) -> tuple[int, bytes]:
        parts = urlsplit(pushed.path)
        callback = Callback(
            method=pushed.method,
            path=parts.path.removeprefix(f"{CALLBACK}/"),
            query={},
            headers=pushed.headers,
            body=pushed.body,
            received_at=datetime.now(tz=UTC),
        )
        try:
            reply = self.world.connector.read_callback(self.world.account, callback)
            self.box.take(self.world.account, reply.happenings)
        except CallbackRefused as refusal:
            self.refused.append(refusal.reason)
            return refusal.status, b"{}"
        except TemporarilyUnavailable:
            return 503, b"{}"
        finally:
            connection.close()  # of this thread
        return reply.status, reply.body
