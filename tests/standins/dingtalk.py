"""DingTalk in miniature: what its documentation says of both interfaces, groups, the robot, limits, and its stream.

Both hosts are one here; the stream is a second port. Answers are as strict as the documentation allows.
"""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any, Self

from postroad.connectors.sealed_callbacks import SealedCallbacks
from tests.standins.dingtalk_stream import StreamGateway
from tests.standins.http import Asked, Department, Person, StandIn

APP_KEY = "dingabcdefghijklmnop"
APP_SECRET = "secret-of-the-app"
ROBOT = APP_KEY
TEMPLATE = "tpl-1"
CALLBACK_TOKEN = "123456"
CALLBACK_KEY = "1234567890123456789012345678901234567890123"
PAGE = 100
MEMBERS_PER_CALL = 40
CALLBACKS = SealedCallbacks(CALLBACK_TOKEN, CALLBACK_KEY, APP_KEY)
OPTIONS = (
    "mentionAllAuthority",
    "showHistoryType",
    "validationType",
    "searchable",
    "chatBannedType",
    "managementType",
)


class Refused(Exception):  # noqa: N818 - reads as what happened
    """`code` is text on the new interface and a number on the old one."""

    def __init__(self, code: str, words: str = "refused", status: int = 400) -> None:
        super().__init__(words)
        self.code = code
        self.words = words
        self.status = status


@dataclass
class Group:
    name: str
    owner: str
    members: list[str]
    chat_id: str
    scene: bool
    options: dict[str, int] = field(default_factory=dict)
    ended: bool = False
    ours: bool = True


@dataclass
class Said:
    """Something that the robot said. `key`: its processQueryKey."""

    where: str
    kind: str
    content: dict[str, Any]
    key: str
    recalled: bool = False


@dataclass(eq=False, repr=False)
class DingTalkStandIn(StandIn, StreamGateway):
    """One organisation with one internal app."""

    token_seconds: float = 7200
    scope: frozenset[int] = frozenset({1})
    blocked: bool = False
    people: dict[str, Person] = field(default_factory=dict)
    departments: dict[int, Department] = field(default_factory=lambda: {1: Department(1, "总公司", 0)})
    groups: dict[str, Group] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    media: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    _made: dict[str, str] = field(default_factory=dict)
    _token: tuple[str, float] = ("", 0.0)

    def __post_init__(self) -> None:
        StandIn.__init__(self)
        StreamGateway.__init__(self)
        self.limit("month", 5000, 30 * 86400)

    # --- running ---

    def __enter__(self) -> Self:
        super().__enter__()
        self.start_stream()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop_stream()
        super().__exit__(*exc)

    def break_down(self) -> None:
        super().break_down()
        self.refuses_streams = True
        self.disconnect_streams()

    def recover(self) -> None:
        super().recover()
        self.refuses_streams = False

    # --- what happens in the company ---

    def hire(self, user_id: str, name: str, *, departments: tuple[int, ...] = (1,), **fields: Any) -> None:
        self.people[user_id.casefold()] = Person(user_id, name, list(departments), fields=fields)

    def fire(self, user_id: str) -> None:
        del self.people[user_id.casefold()]
        for group in self.groups.values():
            group.members = [one for one in group.members if one != user_id]

    def revoke_tokens(self) -> None:
        with self.lock:
            self._token = ("", 0.0)

    # --- answering ---

    def answer(self, asked: Asked) -> tuple[int, Any]:
        path = asked.path.lstrip("/")
        new = path.startswith("v1.0/")
        if self.blocked:
            return 200, {"status": 1111, "wait": 5, "source": "x5", "punish": "deny", "uuid": secrets.token_hex(8)}
        try:
            body = self._answer(path, asked, new=new)
        except Refused as refused:
            if new:
                return refused.status, {"code": refused.code, "message": refused.words, "requestid": "r1"}
            return 200, {"errcode": int(refused.code), "errmsg": refused.words, "request_id": "r1"}
        return 200, body if new else {"errcode": 0, "errmsg": "ok", "request_id": "r1", **body}

    def _answer(self, path: str, asked: Asked, *, new: bool) -> dict[str, Any]:
        if path == "v1.0/oauth2/accessToken":
            return self._access_token(asked.json)
        if path == "v1.0/gateway/connections/open":
            return self._open_stream(asked.json)
        self._check_token(asked, new=new)
        if not self.within("*") or not self.within(path):
            raise Refused("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi" if new else "90018", "too fast", 403)
        counted = not path.startswith(("topapi/v2/user/", "topapi/v2/department/"))
        if counted and not self.within("month"):
            raise Refused("Forbidden.AccessDenied.ApiCountLimitForOrg" if new else "90020", "spent", 403)
        handler = _HANDLERS.get(path)
        if handler is None:
            raise Refused("InvalidAction.NotFound" if new else "22", "no such interface", 404)
        return handler(self, asked)

    def _access_token(self, body: dict[str, Any]) -> dict[str, Any]:
        if (body.get("appKey"), body.get("appSecret")) != (APP_KEY, APP_SECRET):
            raise Refused("invalidClientIdOrSecret")
        value, ends_at = self._token
        if time.monotonic() >= ends_at:
            value = secrets.token_hex(16)
        # Asking again within the time gives the same token and extends it.
        self._token = (value, time.monotonic() + self.token_seconds)
        return {"accessToken": value, "expireIn": int(self.token_seconds)}

    def _check_token(self, asked: Asked, *, new: bool) -> None:
        given = asked.headers.get("x-acs-dingtalk-access-token") if new else asked.query.get("access_token")
        value, ends_at = self._token
        if not given or given != value or time.monotonic() >= ends_at:
            raise Refused("InvalidAuthentication" if new else "40014", "token invalid")

    # --- contacts ---

    def _department(self, asked: Asked) -> dict[str, Any]:
        return {"result": self._shown(self._known_department(asked.json["dept_id"]))}

    def _departments_below(self, asked: Asked) -> dict[str, Any]:
        parent = self._known_department(asked.json["dept_id"]).id
        return {"result": [self._shown(one) for one in self.departments.values() if one.parent == parent]}

    def _known_department(self, department_id: int) -> Department:
        if department_id not in self.departments:
            raise Refused("60003", "department not found")
        if 1 not in self.scope:
            raise Refused("50004", "department out of scope")
        return self.departments[department_id]

    @staticmethod
    def _shown(department: Department) -> dict[str, Any]:
        return {"dept_id": department.id, "name": department.name, "parent_id": department.parent or None}

    def _users(self, asked: Asked) -> dict[str, Any]:
        body = asked.json
        if not 1 <= body["size"] <= PAGE:
            raise Refused("40035", "size")
        department = self._known_department(body["dept_id"])
        users = [one for one in self.people.values() if department.id in one.departments]
        start, end = body["cursor"], body["cursor"] + body["size"]
        page: dict[str, Any] = {
            "list": [self._user(one, department) for one in users[start:end]],
            "has_more": end < len(users),
        }
        return {"result": {**page, **({"next_cursor": end} if end < len(users) else {})}}

    @staticmethod
    def _user(person: Person, department: Department) -> dict[str, Any]:
        return {
            "userid": person.user_id,
            "name": person.name,
            "dept_id_list": person.departments,
            "active": person.active,
            "leader": person.user_id in department.heads,
            **person.fields,
        }

    # --- groups ---

    def _members(self, user_ids: list[str], *, refusal: str = "33012") -> list[str]:
        if len(user_ids) > MEMBERS_PER_CALL:
            raise Refused("invalidParameter.userIds.tooMany", "too many members at once")
        for one in user_ids:
            if one.casefold() not in self.people:
                raise Refused(refusal, f"{one} is not here")
        return [self.people[one.casefold()].user_id for one in user_ids]

    def _new_group(self, name: str, owner: str, members: list[str], *, scene: bool, options: dict[str, int]) -> str:
        conversation_id = f"cid{secrets.token_urlsafe(16)}=="
        owner = self._members([owner], refusal="permession.checkFailed")[0]
        members = list(dict.fromkeys([owner, *members]))
        self.groups[conversation_id] = Group(name, owner, members, f"chat{secrets.token_hex(16)}", scene, options)
        return conversation_id

    def _group_create(self, asked: Asked) -> dict[str, Any]:
        body = asked.json
        self._check_name(body["name"], 20)
        members = self._members(body["useridlist"])
        options = dict(body.get("managementOptions", {}))
        room_id = self._new_group(body["name"], body["owner"], members, scene=False, options=options)
        return {"openConversationId": room_id, "chatid": self.groups[room_id].chat_id, "conversationTag": 2}

    def _group_update(self, asked: Asked) -> dict[str, Any]:
        body = asked.json
        group = self._by_chat(body["chatid"], "chat.notExist")
        if "name" in body:
            self._check_name(body["name"], 20)
        members = [*group.members]
        members += [one for one in self._members(body.get("add_useridlist", [])) if one not in members]
        self._remove(members, body.get("del_useridlist", []))
        self._set(group, members, body.get("owner"), body.get("name"), body.get("managementOptions", {}))
        return {"success": True}

    def _chat_get(self, asked: Asked) -> dict[str, Any]:
        group = self._by_chat(asked.query["chatid"], "34001")
        options = {name: group.options.get(name, 0) for name in OPTIONS}
        return {"chat_info": {"name": group.name, "owner": group.owner, "useridlist": group.members, **options}}

    def _by_chat(self, chat_id: str, code: str) -> Group:
        for group in self.groups.values():
            if group.chat_id == chat_id and group.ours and not group.scene:
                return group
        raise Refused(code, "no such chat")

    @staticmethod
    def _check_name(name: str, longest: int) -> None:
        if not 1 <= len(name) <= longest:
            raise Refused("paramIllegal", "name")

    @staticmethod
    def _remove(members: list[str], leaving: list[str]) -> None:
        if len(leaving) > MEMBERS_PER_CALL:
            raise Refused("invalidParameter.userIds.tooMany", "too many members at once")
        for one in leaving:
            if one not in members:
                raise Refused("paramIllegal", "not a member")
            members.remove(one)

    def _set(self, group: Group, members: list[str], owner: str | None, name: str | None, options: Any) -> None:
        owner = owner or group.owner
        if owner not in members:
            raise Refused("paramIllegal", "the owner must be a member")
        if len(members) > 1000:
            raise Refused("group.memberCountExceed", "too many members")
        group.members, group.owner, group.name = members, owner, name or group.name
        group.options.update(options)

    def _scene_create(self, asked: Asked) -> dict[str, Any]:
        body = asked.json
        if body["template_id"] != TEMPLATE:
            raise Refused("groupTemplatePermissionDenied")
        if body["uuid"] not in self._made:
            self._check_name(body["title"], 30)
            members = self._members(body["user_ids"])
            options = _camel(body.get("management_options", {}))
            self._made[body["uuid"]] = self._new_group(
                body["title"], body["owner_user_id"], members, scene=True, options=options
            )
        room_id = self._made[body["uuid"]]
        return {"open_conversation_id": room_id, "chat_id": self.groups[room_id].chat_id}

    def _scene(self, room_id: str, code: str = "groupPermissionDenied") -> Group:
        group = self.groups.get(room_id)
        if group is None:
            raise Refused("group.nonexist" if code != "34001" else code, "no such group")
        if not group.scene or not group.ours:
            raise Refused(code, "not a group of this app")
        return group

    def _live_scene(self, room_id: str) -> Group:
        group = self._scene(room_id)
        if group.ended:
            raise Refused("group.disbanded", "ended")
        return group

    def _scene_update(self, asked: Asked) -> dict[str, Any]:
        body = asked.json
        group = self._live_scene(body["open_conversation_id"])
        if "title" in body:
            self._check_name(body["title"], 30)
        options = _camel(body.get("management_options", {}))
        self._set(group, group.members, body.get("owner_user_id"), body.get("title"), options)
        return {"success": True}

    def _scene_add(self, asked: Asked) -> dict[str, Any]:
        group = self._live_scene(asked.json["open_conversation_id"])
        new = [one for one in self._members(asked.json["user_ids"]) if one not in group.members]
        self._set(group, [*group.members, *new], None, None, {})
        return {"success": True}

    def _scene_delete(self, asked: Asked) -> dict[str, Any]:
        group = self._live_scene(asked.json["open_conversation_id"])
        members = [*group.members]
        self._remove(members, asked.json["user_ids"])
        self._set(group, members, None, None, {})
        return {"success": True}

    def _scene_query(self, asked: Asked) -> dict[str, Any]:
        group = self._scene(asked.json["openConversationId"])
        return {
            "title": group.name,
            "ownerUserId": group.owner,
            "templateId": TEMPLATE,
            "status": 2 if group.ended else 1,
        }

    def _scene_members(self, asked: Asked) -> dict[str, Any]:
        return {"memberUserIds": self._live_scene(asked.json["openConversationId"]).members, "hasMore": False}

    def _scene_settings(self, asked: Asked) -> dict[str, Any]:
        group = self._scene(asked.json["open_conversation_id"], "34001")
        return {"result": {"management_options": {_snake(name): group.options.get(name, 0) for name in OPTIONS}}}

    def _scene_end(self, asked: Asked) -> dict[str, Any]:
        self._live_scene(asked.json["openConversationId"]).ended = True
        return {"success": True}

    # --- the robot ---

    def _robot_group(self, asked: Asked) -> dict[str, Any]:
        body = asked.json
        group = self.groups.get(body["openConversationId"])
        if group is None:
            raise Refused("invalidOpenConversationId")
        if body["robotCode"] != ROBOT or group.ended:
            raise Refused("resource.not.found")
        return {"processQueryKey": self._say(body["openConversationId"], body).key}

    def _robot_direct(self, asked: Asked) -> dict[str, Any]:
        body = asked.json
        if len(body["userIds"]) > 20:
            raise Refused("invalidParameter.userIds.tooMany")
        unknown = [one for one in body["userIds"] if one.casefold() not in self.people]
        keys = [self._say(one, body).key for one in body["userIds"] if one not in unknown]
        return {"processQueryKey": keys[0] if keys else "", "invalidStaffIdList": unknown}

    def _say(self, where: str, body: dict[str, Any]) -> Said:
        if len(body["msgParam"].encode()) > 15_000:
            raise Refused("invalidParameter.msgParam.tooLong")
        said = Said(where, body["msgKey"], json.loads(body["msgParam"]), secrets.token_hex(8))
        if said.kind == "sampleFile" and said.content["mediaId"] not in self.media:
            raise Refused("invalidParameter.mediaId")
        self.said.append(said)
        return said

    def _robot_recall(self, asked: Asked) -> dict[str, Any]:
        keys = asked.json["processQueryKeys"]
        here = {one.key: one for one in self.said if one.where == asked.json["openConversationId"]}
        for key in keys:
            if key in here:
                here[key].recalled = True
        return {
            "successResult": [key for key in keys if key in here],
            "failedResult": {key: "not found" for key in keys if key not in here},
        }

    def _media_upload(self, asked: Asked) -> dict[str, Any]:
        head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
        [part] = message_from_bytes(head + asked.content, policy=policy.HTTP).iter_parts()
        media_id = f"@{secrets.token_hex(16)}"
        self.media[media_id] = (part.get_filename(), part.get_payload(decode=True))
        return {"type": asked.query["type"], "media_id": media_id}

    # --- the stream ---

    def _open_stream(self, body: dict[str, Any]) -> dict[str, Any]:
        if (body.get("clientId"), body.get("clientSecret")) != (APP_KEY, APP_SECRET):
            raise Refused("invalidClientIdOrSecret", status=401)
        return self.invite()


def robot_message(user_id: str, name: str, text: str, *, room_id: str = "", message_id: str = "") -> dict[str, Any]:
    """What the robot is sent when somebody mentions it in `room_id`, or writes to it alone."""
    return {
        "conversationId": room_id or f"cid{user_id}",
        "conversationType": "2" if room_id else "1",
        "senderStaffId": user_id,
        "senderId": f"$:LWCP_v1:${user_id}",
        "senderNick": name,
        "robotCode": ROBOT,
        "msgId": message_id or f"msg{secrets.token_hex(8)}",
        "createAt": int(time.time() * 1000),
        "msgtype": "text",
        "text": {"content": f" {text}"},
        "atUsers": [{"dingtalkId": "$:robot"}],
        "isInAtList": True,
    }


def sealed_event(kind: str, data: dict[str, Any], *, at: float | None = None) -> tuple[dict[str, str], bytes]:
    """Query and body of an event pushed over HTTP."""
    now = time.time() if at is None else at
    timestamp, nonce = str(int(now)), secrets.token_hex(4)
    event = {"EventType": kind, "eventId": secrets.token_hex(8), "timeStamp": int(now * 1000), **data}
    plain = json.dumps(event, ensure_ascii=False).encode()
    encrypted, signature = CALLBACKS.close(plain, timestamp=timestamp, nonce=nonce)
    query = {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}
    return query, json.dumps({"encrypt": encrypted}).encode()


def _snake(name: str) -> str:
    return "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name)


def _camel(options: dict[str, int]) -> dict[str, int]:
    names = {_snake(name): name for name in OPTIONS}
    return {names[name]: value for name, value in options.items()}


_HANDLERS: dict[str, Callable[[DingTalkStandIn, Asked], dict[str, Any]]] = {
    "topapi/v2/department/get": DingTalkStandIn._department,
    "topapi/v2/department/listsub": DingTalkStandIn._departments_below,
    "topapi/v2/user/list": DingTalkStandIn._users,
    "v1.0/im/group/create": DingTalkStandIn._group_create,
    "v1.0/im/group/update": DingTalkStandIn._group_update,
    "chat/get": DingTalkStandIn._chat_get,
    "v1.0/im/sceneGroup/create": DingTalkStandIn._scene_create,
    "v1.0/im/sceneGroup/update": DingTalkStandIn._scene_update,
    "v1.0/im/sceneGroup/member/add": DingTalkStandIn._scene_add,
    "v1.0/im/sceneGroup/member/delete": DingTalkStandIn._scene_delete,
    "v1.0/im/sceneGroups/query": DingTalkStandIn._scene_query,
    "v1.0/im/sceneGroups/members/batchQuery": DingTalkStandIn._scene_members,
    "topapi/im/chat/scenegroup/get": DingTalkStandIn._scene_settings,
    "v1.0/im/chat/scenegroup/disband": DingTalkStandIn._scene_end,
    "v1.0/robot/groupMessages/send": DingTalkStandIn._robot_group,
    "v1.0/robot/oToMessages/batchSend": DingTalkStandIn._robot_direct,
    "v1.0/robot/groupMessages/recall": DingTalkStandIn._robot_recall,
    "media/upload": DingTalkStandIn._media_upload,
}
