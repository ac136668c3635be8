"""Groups from a template of the app: made once by a key, their members listed, and they can be ended."""

import hashlib
from collections.abc import Sequence
from typing import Any

from postroad.connectors.dingtalk.api import GONE, Api
from postroad.connectors.dingtalk.group_settings import SNAKE, read_settings, write_settings
from postroad.connectors.room_changes import Step
from postroad.messengers.protocol import Account, NoSuchRoom, RoomSpec, RoomState

ENDED = 2
PAGE = 1000


def make(api: Api, account: Account, spec: RoomSpec, *, first: Sequence[str], template_id: str) -> str:
    body = {
        "title": spec.name,
        "template_id": template_id,
        "owner_user_id": spec.owner_id,
        "user_ids": list(first),
        "uuid": hashlib.blake2b(f"{account.messenger_id}/{spec.key}".encode(), digest_size=16).hexdigest(),
        "management_options": write_settings(spec.settings, SNAKE),
    }
    return str(api.post("v1.0/im/sceneGroup/create", body)["open_conversation_id"])


def read(api: Api, room_id: str) -> RoomState:
    group = api.post("v1.0/im/sceneGroups/query", {"openConversationId": room_id})
    if group.get("status") == ENDED:
        raise NoSuchRoom(GONE)
    options = api.old_post("topapi/im/chat/scenegroup/get", {"open_conversation_id": room_id})["result"]
    owner = group.get("ownerUserId") or None
    return RoomState(
        id=room_id,
        name=group.get("title", ""),
        owner_id=owner,
        members=frozenset(_members(api, room_id)) | ({owner} if owner else frozenset()),
        settings=read_settings(options.get("management_options", {}), SNAKE),
    )


def _members(api: Api, room_id: str) -> set[str]:
    members: set[str] = set()
    body: dict[str, Any] = {"openConversationId": room_id, "maxResults": PAGE}
    while True:
        page = api.post("v1.0/im/sceneGroups/members/batchQuery", body)
        members.update(page.get("memberUserIds", ()))
        if not page.get("hasMore"):
            return members
        body["nextToken"] = page["nextToken"]


def take_step(api: Api, room_id: str, step: Step) -> None:
    named = {"open_conversation_id": room_id}
    if step.add:
        api.post("v1.0/im/sceneGroup/member/add", {**named, "user_ids": list(step.add)})
    fields = {
        "title": step.name,
        "owner_user_id": step.owner_id,
        "management_options": write_settings(step.settings, SNAKE),
    }
    if changed := {name: value for name, value in fields.items() if value}:
        api.post("v1.0/im/sceneGroup/update", {**named, **changed})
    if step.remove:
        api.post("v1.0/im/sceneGroup/member/delete", {**named, "user_ids": list(step.remove)})


def end(api: Api, room_id: str) -> None:
    api.post("v1.0/im/chat/scenegroup/disband", {"openConversationId": room_id})
