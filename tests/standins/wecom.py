"""WeCom in miniature: what its documentation says of contacts, app groups, messages, limits and callbacks."""

import json
import re
import secrets
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from postroad.connectors.sealed_callbacks import SealedCallbacks
from tests.standins.http import Asked, Department, Person, SentFile, StandIn

CORP = "ww00000000000000a1"
SECRET = "secret-of-the-app"
CONTACT_SECRET = "secret-of-the-contacts"
AGENT = 1000002
CALLBACK_TOKEN = "hJqcu3uJ9Tn2gXPmxx2w9kkCkCE2EPYo"
CALLBACK_KEY = "6qkdMrq68nTKduznJYO1A37W2oEgpkMUvkttRToqhUt"
MESSAGE_ID = re.compile(r"[0-9a-zA-Z_-]{1,32}")
CHAT_ID = re.compile(r"[0-9a-zA-Z]{1,32}")
MOST_TEXT = 2048
CUT_AFTER_SECONDS = 5
TRIES = 3


class Refused(Exception):  # noqa: N818 - reads as what happened
    def __init__(self, code: int, words: str = "") -> None:
        super().__init__(words)
        self.code = code
        self.words = words


@dataclass
class Chat:
    name: str
    owner: str
    members: list[str]
    app: str


@dataclass(frozen=True)
class Said:
    """Something that the app said, in a group or to people."""

    where: str
    kind: str
    content: dict[str, Any]


@dataclass(eq=False, repr=False)
class WeComStandIn(StandIn):
    """One corp with one self-built app. `lower_case`: replies write user ids in lower case, as the vendor may."""

    token_seconds: float = 7200
    trusted_ips: frozenset[str] | None = None
    visible: frozenset[int] = frozenset({1})
    lower_case: bool = False
    callback_url: str = ""
    people: dict[str, Person] = field(default_factory=dict)
    departments: dict[int, Department] = field(default_factory=lambda: {1: Department(1, "总公司", 0)})
    chats: dict[str, Chat] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    media: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    accounts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    customers: dict[str, str] = field(default_factory=dict)
    answers: list[dict[str, Any]] = field(default_factory=list)
    page: int = 1000
    hours: float = 48
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    _recent: dict[bytes, float] = field(default_factory=dict)
    _sync_tokens: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()
        self.limit("gettoken", 200, 3600)
        self.limit("appchat/create", 1000, 86400)
        self.limit("appchat/update", 1000, 3600)
        self.limit("deliveries", 20_000, 60)
        self.limit("sync without a token", 10, 60)

    # --- what happens in the company ---

    def hire(self, user_id: str, name: str, *, departments: tuple[int, ...] = (1,), **fields: Any) -> None:
        self.people[user_id.casefold()] = Person(user_id, name, list(departments), fields=fields)

    def fire(self, user_id: str) -> None:
        del self.people[user_id.casefold()]
        for chat in self.chats.values():
            chat.members = [one for one in chat.members if one.casefold() != user_id.casefold()]

    def revoke_tokens(self) -> None:
        """Before their time, as the vendor reserves the right to."""
        with self.lock:
            self._tokens.clear()

    # --- answering ---

    def answer(self, asked: Asked) -> tuple[int, Any]:
        path = asked.path.removeprefix("/cgi-bin/")
        try:
            if path == "gettoken":
                return 200, {"errcode": 0, "errmsg": "ok", **self._gettoken(asked.query)}
            secret = self._secret_of(asked)
            self._check_limits(path)
            handler = _HANDLERS.get(path)
            if handler is None:
                return 404, {"errcode": 404, "errmsg": "no such interface"}
            told = handler(self, secret, asked)
            return 200, told if isinstance(told, SentFile) else {"errcode": 0, "errmsg": "ok", **told}
        except Refused as refused:
            words = f"{refused.words or 'refused'}, hint: [1700000000_1], from ip: {asked.address}"
            return 200, {"errcode": refused.code, "errmsg": words}

    def _check_limits(self, path: str) -> None:
        if not self.within("*") or not self.within(path):
            raise Refused(45009, "api freq out of limit")

    def _gettoken(self, query: dict[str, str]) -> dict[str, Any]:
        if query.get("corpid") != CORP:
            raise Refused(40013, "invalid corpid")
        secret = query.get("corpsecret", "")
        if secret not in (SECRET, CONTACT_SECRET):
            raise Refused(40001, "invalid credential")
        if not self.within("gettoken"):
            raise Refused(45009, "api freq out of limit")
        token = secrets.token_urlsafe(48)
        self._tokens[token] = (secret, time.monotonic() + self.token_seconds)
        return {"access_token": token, "expires_in": int(self.token_seconds)}

    def _secret_of(self, asked: Asked) -> str:
        token = asked.query.get("access_token")
        if not token:
            raise Refused(41001, "access_token missing")
        if token not in self._tokens:
            raise Refused(40014, "invalid access_token")
        secret, ends_at = self._tokens[token]
        if time.monotonic() >= ends_at:
            raise Refused(42001, "access_token expired")
        if self.trusted_ips is not None and asked.address not in self.trusted_ips:
            raise Refused(60020, "not allow to access from your ip")
        return secret

    # --- contacts ---

    def _seen_departments(self) -> list[Department]:
        return [one for one in self.departments.values() if self._sees(one.id)]

    def _sees(self, department: int) -> bool:
        while department:
            if department in self.visible:
                return True
            department = self.departments[department].parent
        return False

    def _department_list(self, _secret: str, _asked: Asked) -> dict[str, Any]:
        return {
            "department": [
                {"id": one.id, "name": one.name, "parentid": one.parent, "order": 1, "department_leader": one.heads}
                for one in self._seen_departments()
            ]
        }

    def _department_ids(self, _secret: str, _asked: Asked) -> dict[str, Any]:
        return {
            "department_id": [{"id": one.id, "parentid": one.parent, "order": 1} for one in self._seen_departments()]
        }

    def _user_list(self, secret: str, asked: Asked) -> dict[str, Any]:
        if secret == CONTACT_SECRET:
            raise Refused(48009, "api forbidden for contact secret")
        department = int(asked.query["department_id"])
        if department not in self.departments:
            raise Refused(60003, "department not found")
        if not self._sees(department):
            raise Refused(60011, "no privilege")
        return {"userlist": [self._user(one) for one in self.people.values() if department in one.departments]}

    def _user_get(self, _secret: str, asked: Asked) -> dict[str, Any]:
        return self._user(self._person(asked.query["userid"], 60111))

    def _user_ids(self, secret: str, asked: Asked) -> dict[str, Any]:
        if secret != CONTACT_SECRET:
            raise Refused(48002, "api forbidden")
        start, most = int(asked.json.get("cursor") or 0), int(asked.json.get("limit", 10000))
        rows = [
            {"userid": one.user_id, "department": department}
            for one in self.people.values()
            for department in one.departments
        ]
        ends = start + most
        return {"dept_user": rows[start:ends], "next_cursor": str(ends) if ends < len(rows) else ""}

    def _user(self, person: Person) -> dict[str, Any]:
        return {
            "userid": person.user_id,
            "name": person.name,
            "department": person.departments,
            "status": 1 if person.active else 2,
            **person.fields,
        }

    def _person(self, user_id: str, code: int) -> Person:
        try:
            return self.people[user_id.casefold()]
        except KeyError:
            raise Refused(code, f"{user_id} not found") from None

    # --- groups ---

    def _appchat_create(self, secret: str, asked: Asked) -> dict[str, Any]:
        self._may_use_groups()
        body = _json(asked)
        chat_id = body.get("chatid") or secrets.token_hex(16)
        if not CHAT_ID.fullmatch(chat_id):
            raise Refused(86001, "invalid chatid")
        if chat_id in self.chats:
            raise Refused(86215, "chat id already exists")
        members = self._members(body.get("userlist", []))
        owner = self._person(body.get("owner") or members[0], 86005).user_id
        if owner not in members:
            raise Refused(86207, "owner not in list")
        self._check_size(members)
        self.chats[chat_id] = Chat(body.get("name", "")[:50], owner, members, secret)
        return {"chatid": chat_id}

    def _appchat_update(self, secret: str, asked: Asked) -> dict[str, Any]:
        self._may_use_groups()
        body = _json(asked)
        chat = self._chat(secret, body)
        members = [*chat.members]
        members += [one for one in self._members(body.get("add_user_list", [])) if one not in members]
        for user_id in self._members(body.get("del_user_list", [])):
            if user_id not in members:
                raise Refused(86216, "not a member")
            members.remove(user_id)
        owner = self._person(body.get("owner") or chat.owner, 86005).user_id
        if owner not in members:
            raise Refused(86207, "owner not in list")
        self._check_size(members)
        chat.members, chat.owner, chat.name = members, owner, body.get("name", chat.name)[:50]
        return {}

    def _appchat_get(self, secret: str, asked: Asked) -> dict[str, Any]:
        self._may_use_groups()
        chat_id = asked.query["chatid"]
        chat = self._chat(secret, asked.query)
        shown = [one.lower() if self.lower_case else one for one in (chat.owner, *chat.members)]
        return {
            "chat_info": {
                "chatid": chat_id,
                "name": chat.name,
                "owner": shown[0],
                "userlist": shown[1:],
                "chat_type": 0,
            }
        }

    def _appchat_send(self, secret: str, asked: Asked) -> dict[str, Any]:
        self._may_use_groups()
        body = _json(asked)
        chat = self._chat(secret, body)
        said = self._said(body["chatid"], body)
        if not self.within("deliveries", len(chat.members)):
            raise Refused(45009, "api freq out of limit")
        self.said.append(said)
        return {}

    def _may_use_groups(self) -> None:
        if 1 not in self.visible:
            raise Refused(60011, "no privilege to access/modify contact/party/agent")

    def _chat(self, secret: str, body: dict[str, Any]) -> Chat:
        chat = self.chats.get(body.get("chatid", ""))
        if chat is None or chat.app != secret:
            raise Refused(40050, "chatid not exist")
        return chat

    def _members(self, user_ids: list[str]) -> list[str]:
        return [self._person(user_id, 86216).user_id for user_id in user_ids]

    @staticmethod
    def _check_size(members: list[str]) -> None:
        if not 2 <= len(members) <= 1999:
            raise Refused(86006, "invalid number of members")

    # --- messages ---

    def _message_send(self, secret: str, asked: Asked) -> dict[str, Any]:
        body = _json(asked)
        if body.get("agentid") != AGENT:
            raise Refused(301002, "not allow operate another agent")
        if not body.get("touser"):
            raise Refused(82001, "all touser & toparty & totag invalid")
        now = time.monotonic()
        if body.get("enable_duplicate_check") and now < self._recent.get(asked.content, 0):
            return {"msgid": "again"}
        self._recent[asked.content] = now + body.get("duplicate_check_interval", 1800)
        named = body["touser"].split("|")
        unknown = [one.lower() for one in named if one.casefold() not in self.people]
        if len(unknown) == len(named):
            raise Refused(81013, "all receivers invalid")
        self.said += [self._said(one, body) for one in named if one.casefold() in self.people]
        return {"invaliduser": "|".join(unknown), "msgid": secrets.token_hex(8)}

    def _said(self, where: str, body: dict[str, Any]) -> Said:
        kind = body["msgtype"]
        content = body[kind]
        if kind in ("text", "markdown") and len(content["content"].encode()) > MOST_TEXT:
            raise Refused(40058, "exceed max length 2048")
        if kind in ("file", "image") and content["media_id"] not in self.media:
            raise Refused(40007, "invalid media_id")
        return Said(where, kind, content)

    def _media_upload(self, _secret: str, asked: Asked) -> dict[str, Any]:
        head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
        [part] = message_from_bytes(head + asked.content, policy=policy.HTTP).iter_parts()
        media_id = secrets.token_hex(16)
        self.media[media_id] = (part.get_filename(), part.get_payload(decode=True))
        return {"type": asked.query["type"], "media_id": media_id, "created_at": str(int(time.time()))}

    # --- customer service accounts ---

    def write(self, open_kfid: str, customer: str, *, ago: float = 0, **content: Any) -> str:
        """A WeChat user writes to an account; what is pushed then. `content`: by its `msgtype`, or a text."""
        kind, what = next(iter(content.items()))
        row = {"msgtype": kind, kind: {"content": what} if kind == "text" else {"media_id": what}}
        return self._happens(open_kfid, origin=3, external_userid=customer, ago=ago, **row)

    def tell(self, open_kfid: str, **event: Any) -> str:
        """The system tells something of an account; what is pushed then."""
        return self._happens(open_kfid, origin=4, msgtype="event", event={"open_kfid": open_kfid, **event})

    def answer_in_wecom(self, open_kfid: str, customer: str, user_id: str, text: str) -> str:
        """A colleague answers in WeCom's own client; what is pushed then."""
        row = {"external_userid": customer, "servicer_userid": user_id, "msgtype": "text", "text": {"content": text}}
        return self._happens(open_kfid, origin=5, **row)

    def _happens(self, open_kfid: str, *, ago: float = 0, **row: Any) -> str:
        with self.lock:
            self.accounts.setdefault(open_kfid, [])
            known = {"msgid": secrets.token_hex(12), "open_kfid": open_kfid, "send_time": int(time.time() - ago)}
            self.accounts[open_kfid].append({**known, **row})
            token = secrets.token_hex(8)
            self._sync_tokens.add(token)
        return _xml("sys", MsgType="event", Event="kf_msg_or_event", Token=token, OpenKfId=open_kfid)

    def _kf_list(self, _secret: str, asked: Asked) -> dict[str, Any]:
        body = _json(asked)
        rows = [{"open_kfid": one, "name": "客服"} for one in self.accounts]
        return {"account_list": rows[body["offset"] : body["offset"] + body["limit"]]}

    def _kf_sync(self, _secret: str, asked: Asked) -> dict[str, Any]:
        body = _json(asked)
        if body["open_kfid"] not in self.accounts:
            raise Refused(95000, "invalid open_kfid")
        if not 1 <= body.get("limit", 1000) <= 1000:
            raise Refused(40058, "invalid limit")
        if body.get("token"):
            if body["token"] not in self._sync_tokens:
                raise Refused(95007, "invalid msg token")
        elif not self.within("sync without a token"):
            raise Refused(45009, "api freq out of limit")
        rows, start = self.accounts[body["open_kfid"]], int(body.get("cursor", "c0").removeprefix("c"))
        ends = min(start + min(self.page, body["limit"]), len(rows))
        return {"next_cursor": f"c{ends}", "has_more": int(ends < len(rows)), "msg_list": rows[start:ends]}

    def _kf_send(self, _secret: str, asked: Asked) -> dict[str, Any]:
        body = _json(asked)
        if not MESSAGE_ID.fullmatch(body.get("msgid", "")):
            raise Refused(40058, "invalid msgid")
        if any(one["msgid"] == body["msgid"] for one in self.answers):
            return {"msgid": body["msgid"]}
        self._may_answer(body["open_kfid"], body["touser"])
        self._said(body["touser"], body)
        self.answers.append({**body, "after": len(self.accounts[body["open_kfid"]])})
        return {"msgid": body["msgid"]}

    def _may_answer(self, open_kfid: str, customer: str) -> None:
        rows = list(enumerate(self.accounts.get(open_kfid, []), start=1))
        wrote = [(at, row) for at, row in rows if row["origin"] == 3 and row["external_userid"] == customer]
        if not wrote:
            raise Refused(95000 if open_kfid not in self.accounts else 40003, "invalid account or customer")
        at, last = wrote[-1]
        if time.time() - last["send_time"] > self.hours * 3600:
            raise Refused(95002, "send msg out of time limit")
        if sum(one["touser"] == customer and one["after"] >= at for one in self.answers) >= 5:
            raise Refused(95001, "send msg count limit")

    def _kf_customers(self, _secret: str, asked: Asked) -> dict[str, Any]:
        wanted = _json(asked)["external_userid_list"]
        if len(wanted) > 100:
            raise Refused(40058, "too many")
        rows = [{"external_userid": one, "nickname": self.customers[one]} for one in wanted if one in self.customers]
        return {"customer_list": rows, "invalid_external_userid": [one for one in wanted if one not in self.customers]}

    def _media_get(self, _secret: str, asked: Asked) -> SentFile:
        if asked.query["media_id"] not in self.media:
            raise Refused(40007, "invalid media_id")
        name, content = self.media[asked.query["media_id"]]
        return SentFile(name, "application/octet-stream", content)

    # --- callbacks ---

    def push(self, xml: str) -> bool:
        """Send an event to the callback address, up to three times; whether it was taken."""
        query, body = sealed_push(xml)
        request = urllib.request.Request(f"{self.callback_url}?{urlencode(query)}", data=body, method="POST")
        for _ in range(TRIES):
            try:
                with urllib.request.urlopen(request, timeout=CUT_AFTER_SECONDS) as response:
                    if response.status == 200:
                        return True
            except (urllib.error.URLError, TimeoutError):
                continue
        return False


def sealed_push(xml: str, *, at: float | None = None) -> tuple[dict[str, str], bytes]:
    """Query and body of a push."""
    timestamp, nonce = str(int(time.time() if at is None else at)), secrets.token_hex(5)
    encrypted, signature = CALLBACKS.close(xml.encode(), timestamp=timestamp, nonce=nonce)
    body = (
        f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><AgentID><![CDATA[{AGENT}]]></AgentID>"
        f"<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    )
    return {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}, body.encode()


def contact_event(change: str, *, user_id: str = "", new_user_id: str = "", departments: str = "") -> str:
    return _xml(
        "sys",
        MsgType="event",
        Event="change_contact",
        ChangeType=change,
        UserID=user_id,
        NewUserID=new_user_id,
        **{"Id" if change.endswith("_party") else "Department": departments},
    )


def message_to_app(user_id: str, text: str, message_id: str) -> str:
    return _xml(user_id, MsgType="text", Content=text, MsgId=message_id, AgentID=str(AGENT))


def _xml(sender: str, **fields: str) -> str:
    fields = {"ToUserName": CORP, "FromUserName": sender, "CreateTime": str(int(time.time())), **fields}
    inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items() if value)
    return f"<xml>{inside}</xml>"


def _json(asked: Asked) -> dict[str, Any]:
    if re.search(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}", asked.content):
        raise Refused(40033, "invalid charset, please use utf-8 without escapes")
    try:
        return asked.json
    except (json.JSONDecodeError, AssertionError):
        raise Refused(47001, "data format error") from None


CALLBACKS = SealedCallbacks(CALLBACK_TOKEN, CALLBACK_KEY, CORP)
_HANDLERS = {
    "department/list": WeComStandIn._department_list,
    "department/simplelist": WeComStandIn._department_ids,
    "user/list": WeComStandIn._user_list,
    "user/get": WeComStandIn._user_get,
    "user/list_id": WeComStandIn._user_ids,
    "appchat/create": WeComStandIn._appchat_create,
    "appchat/update": WeComStandIn._appchat_update,
    "appchat/get": WeComStandIn._appchat_get,
    "appchat/send": WeComStandIn._appchat_send,
    "message/send": WeComStandIn._message_send,
    "media/upload": WeComStandIn._media_upload,
    "media/get": WeComStandIn._media_get,
    "kf/account/list": WeComStandIn._kf_list,
    "kf/sync_msg": WeComStandIn._kf_sync,
    "kf/send_msg": WeComStandIn._kf_send,
    "kf/customer/batchget": WeComStandIn._kf_customers,
}
