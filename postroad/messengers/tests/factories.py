"""Messengers for tests: a simulated one with the cast's people in it. Other packages' tests use them too."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from postroad.channels.models import Channel, ChannelMember
from postroad.channels.tests.factories import live_channel
from postroad.connectors.simulated import life
from postroad.connectors.simulated.connector import Simulated
from postroad.connectors.simulated.models import Group, Occurrence, Place
from postroad.messengers import actions
from postroad.messengers.inbox import DatabaseInbox
from postroad.messengers.models import Messenger, Room
from postroad.messengers.protocol import DirectoryPerson
from postroad.platform.actors import Actor

ACTOR = Actor.system("test")

_numbers = count(1)


def user_id_of(person: Any) -> str:
    """How the cast's people are called in the simulated messenger."""
    return f"u-{person.staff_no.lower()}"


def as_seen(person: Any, **changes: Any) -> DirectoryPerson:
    """One of the cast as the messenger's directory shows them."""
    given: dict[str, Any] = {"id": user_id_of(person), "name": person.name, "staff_no": person.staff_no}
    return DirectoryPerson(**{**given, **changes})


def connected_messenger(company: Any, **changes: Any) -> Messenger:
    """A simulated messenger whose directory shows the whole cast but the leaver; nothing has been read yet."""
    number = next(_numbers)
    place = life.place_called(f"test-{number}")
    life.hire(place, [as_seen(one) for one in company.everybody().values() if one.left_on is None])
    given: dict[str, Any] = {
        "key": f"simulated-{number}",
        "name": f"模拟通讯{number}",
        "settings": {"place": place.name},
    }
    given |= {"connector": "simulated", "secrets": {"callback_secret": "horse-staple"}, "actor": ACTOR}
    return actions.connect_messenger(**{**given, **changes})


def place_of(messenger: Messenger) -> Place:
    return life.place_called(messenger.connector_settings["place"])


def group_in(messenger: Messenger, *people: Any, name: str = "周五聚餐", owner: Any = None) -> Group:
    """A group that somebody of the cast made by hand."""
    return life.make_group(
        place_of(messenger),
        name=name,
        owner_id=user_id_of(owner or people[0]),
        member_ids=[user_id_of(one) for one in people],
    )


def seen_room(messenger: Messenger, *people: Any, **how: Any) -> Room:
    """A room that was made by hand and read once."""
    group = group_in(messenger, *people, **how)
    actions.read_rooms(messenger=messenger)
    return messenger.rooms.select_related("messenger", "channel").get(room_id=group.room_id)


def group_channel(company: Any, **changes: Any) -> Channel:
    """A registered, live chat group of the sales department, not connected to anything."""
    given = {"kind": "group", "audience": "internal", "address": "", "name": f"销售部-日常工作群{next(_numbers)}"}
    return live_channel(company, **{**given, "department": company.sales, **changes})


def registered_room(messenger: Messenger, company: Any, *people: Any, **how: Any) -> Room:
    """A room that is a live channel."""
    room = seen_room(messenger, *people, **how)
    return actions.register_room(room=room, channel=group_channel(company), actor=ACTOR)


@dataclass
class ServiceAccount:
    """A service account of a simulated messenger, as customers use it; `channel` is what it is at ours."""

    messenger: Messenger
    channel: Channel

    def say(self, text: str, *, user_id: str = "wx-liu", name: str = "刘洋", files: Any = ()) -> Occurrence:
        """A customer writes, and it is heard."""
        place = place_of(self.messenger)
        chat = life.begin_chat(place, service_id=self.channel.address, user_id=user_id, name=name)
        said = life.say(chat, user_id=user_id, text=text, files=files)
        self.hear()
        return said

    def leave(self, user_id: str = "wx-liu") -> None:
        chat = place_of(self.messenger).groups.get(service_id=self.channel.address, owner_id=user_id)
        life.leave(chat, [user_id], by=user_id)
        self.hear()

    def hear(self) -> None:
        Simulated().read_once(DatabaseInbox("simulated"))

    def answers(self) -> list[Occurrence]:
        """What customers got, in order."""
        said = place_of(self.messenger).occurrences.filter(kind=life.MESSAGE, ours=True)
        return list(said.prefetch_related("files").order_by("pk"))


def service_account(company: Any, **changes: Any) -> ServiceAccount:
    """A live channel of direct chats for customers, with two agents."""
    messenger = connected_messenger(company)
    given = {"kind": "direct", "name": f"售前咨询{next(_numbers)}", "address": "sales", "first_reply_minutes": 60}
    given |= {"connector": "simulated-direct", "connector_settings": {"messenger": messenger.key}}
    channel = live_channel(company, **{**given, **changes})
    for person in (company.agent, company.agent2):
        ChannelMember.objects.create(channel=channel, person=person)
    return ServiceAccount(messenger, channel)
