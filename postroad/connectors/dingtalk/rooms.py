"""Groups that the app made: from a published template ("scene groups") where the account names one, else internal ones.

A room's id is its open conversation id, which events and the robot speak of. An internal group has a second name that
managing it needs, kept from its making.
"""

import random
from collections.abc import Iterable, Iterator

from postroad.connectors.dingtalk import internal_groups, scene_groups
from postroad.connectors.dingtalk.api import Api
from postroad.connectors.dingtalk.models import InternalGroup
from postroad.connectors.room_changes import everybody_but, steps_of
from postroad.messengers.protocol import (
    Account,
    NoSuchRoom,
    RoomChange,
    RoomSpec,
    RoomState,
)

# Of an internal group; one from a template may have 30.
LONGEST_NAME = 20
LARGEST_ROOM = 1000
MEMBERS_PER_CALL = 40
CALLS_PER_ROOM = 3  # to read one from a template; an internal group takes fewer


def read_rooms(api: Api, account: Account, known: Iterable[str]) -> Iterator[RoomState]:
    """DingTalk has no list of groups: those of `known` that are still there.

    In no order, so that each has its turn over time where the month's calls do not suffice for all.
    """
    waiting = list(known)
    random.shuffle(waiting)
    for room_id in waiting:
        try:
            yield read_room(api.sparing(), account, room_id)
        except NoSuchRoom:
            continue


def read_room(api: Api, account: Account, room_id: str) -> RoomState:
    if chat_id := _chat_id(account, room_id):
        return internal_groups.read(api, room_id, chat_id)
    return scene_groups.read(api, room_id)


def make_room(api: Api, account: Account, spec: RoomSpec) -> str:
    first = [spec.owner_id, *everybody_but(spec.member_ids, spec.owner_id)[: MEMBERS_PER_CALL - 1]]
    if template_id := str(account.settings.get("template_id", "")):
        room_id = scene_groups.make(api, account, spec, first=first, template_id=template_id)
    else:
        room_id = internal_groups.make(api, account, spec, first=first)
    if len(spec.member_ids | {spec.owner_id}) > len(first):
        change_room(api, account, room_id, RoomChange(add_ids=spec.member_ids))
    return room_id


def change_room(api: Api, account: Account, room_id: str, change: RoomChange) -> None:
    """Only what differs is asked for, so that a repeat asks for nothing."""
    state = read_room(api, account, room_id)
    chat_id = _chat_id(account, room_id)
    for step in steps_of(state, change, most_members=MEMBERS_PER_CALL):
        if chat_id:
            internal_groups.take_step(api, chat_id, step)
        else:
            scene_groups.take_step(api, room_id, step)


def close_room(api: Api, account: Account, room_id: str) -> None:
    """Groups from a template end. Others cannot; everybody but the owner leaves."""
    if _chat_id(account, room_id):
        state = read_room(api, account, room_id)
        others = everybody_but(state.members, state.owner_id)
        change_room(api, account, room_id, RoomChange(remove_ids=frozenset(others)))
        return
    try:
        scene_groups.end(api, room_id)
    except NoSuchRoom:
        return


def _chat_id(account: Account, room_id: str) -> str:
    """The name by which an internal group is managed; "" for others."""
    found = InternalGroup.objects.filter(messenger_id=account.messenger_id, conversation_id=room_id)
    return found.values_list("chat_id", flat=True).first() or ""
