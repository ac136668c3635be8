"""Groups made by the app ("appchat"): the only ones that WeCom lets it see."""

import hashlib
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext_noop

from postroad.connectors.parts import batches_of
from postroad.connectors.room_changes import everybody_but, steps_of
from postroad.connectors.wecom.api import EXISTS, TOO_FEW, Api
from postroad.messengers.protocol import Account, MessengerFault, NoSuchRoom, RoomChange, RoomSpec, RoomState

LONGEST_NAME = 50
# 2000 with the app itself.
LARGEST_ROOM = 1999
SMALLEST_ROOM = 2
# The vendor names 500 where it names a number at all (document 101029).
MEMBERS_PER_CALL = 500
ROOMS_PER_TURN = 50


def room_id_for(account: Account, key: str) -> str:
    """Our choice of a group's id, so that making it twice makes it once: 32 characters of [0-9a-f]."""
    return hashlib.blake2b(f"{account.messenger_id}/{key}".encode(), digest_size=16).hexdigest()


def read_rooms(api: Api, known: Iterable[str]) -> Iterator[RoomState]:
    """WeCom has no list of groups: those of `known` that are still there."""
    for batch in batches_of(list(known), ROOMS_PER_TURN):
        api.take_turns("appchat/get", len(batch))
        for room_id in batch:
            try:
                yield read_room(api, room_id, turn_taken=True)
            except NoSuchRoom:
                continue


def read_room(api: Api, room_id: str, *, turn_taken: bool = False) -> RoomState:
    chat = api.get("appchat/get", turn_taken=turn_taken, chatid=room_id)["chat_info"]
    owner = chat.get("owner") or None
    return RoomState(
        id=room_id,
        name=chat.get("name", ""),
        owner_id=owner,
        members=frozenset(chat.get("userlist", ())) | ({owner} if owner else frozenset()),
    )


def make_room(api: Api, account: Account, spec: RoomSpec) -> str:
    room_id = room_id_for(account, spec.key)
    others = everybody_but(spec.member_ids, spec.owner_id)
    if 1 + len(others) < SMALLEST_ROOM:
        raise MessengerFault(gettext_noop("A WeCom group needs at least two people."), permanent=True)
    first = [spec.owner_id, *others[: MEMBERS_PER_CALL - 1]]
    body = {"chatid": room_id, "name": spec.name, "owner": spec.owner_id, "userlist": first}
    try:
        api.post("appchat/create", body)
    except MessengerFault as fault:
        if fault.code != EXISTS:
            raise
    else:
        if len(first) == 1 + len(others):
            return room_id
    # Made before, perhaps not to the end; or there are more members than one call takes.
    change_room(api, room_id, RoomChange(add_ids=spec.member_ids | {spec.owner_id}))
    return room_id


def change_room(api: Api, room_id: str, change: RoomChange) -> None:
    for step in steps_of(read_room(api, room_id), change, most_members=MEMBERS_PER_CALL):
        fields = {
            "name": step.name,
            "owner": step.owner_id,
            "add_user_list": list(step.add),
            "del_user_list": list(step.remove),
        }
        api.post("appchat/update", {"chatid": room_id, **{name: value for name, value in fields.items() if value}})


def empty_room(api: Api, room_id: str) -> None:
    """WeCom cannot end a group: everybody leaves but the owner, and one more where it insists on two."""
    for left in (1, SMALLEST_ROOM):
        state = read_room(api, room_id)
        others = everybody_but(state.members, state.owner_id)
        try:
            change_room(api, room_id, RoomChange(remove_ids=frozenset(others[left - 1 :])))
        except MessengerFault as fault:
            if fault.code != TOO_FEW or left == SMALLEST_ROOM:
                raise
        else:
            return
