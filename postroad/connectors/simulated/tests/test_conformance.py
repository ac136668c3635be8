"""The simulated messenger passes the suite that every messenger's connector must pass."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from postroad.connectors.simulated import life
from postroad.connectors.simulated.connector import SIGNATURE, TIMESTAMP, Simulated, signature
from postroad.messengers.conformance import Box, MessengerConformance, Said, World
from postroad.messengers.protocol import Account, Callback, DirectoryPerson
from postroad.platform.ids import new_id

pytestmark = pytest.mark.django_db(transaction=True)


class SimulatedWorld(World):
    def __init__(self) -> None:
        self.connector = Simulated()
        self.place = life.place_called(f"conformance-{new_id().hex}")
        self.account = Account(
            messenger_id=new_id(),
            key="simulated",
            settings={"place": self.place.name},
            secrets={"callback_secret": "horse-staple"},
        )

    def hire(self, name, *, staff_no=""):
        return self.hire_many(1, name=name, staff_no=staff_no)[0]

    def hire_many(self, count, *, name="同事", staff_no=""):
        people = [DirectoryPerson(id=f"U{new_id().hex}", name=name, staff_no=staff_no) for _ in range(count)]
        life.hire(self.place, people)
        return [one.id for one in people]

    def dismiss(self, user_id):
        life.dismiss(self.place, user_id)

    def make_by_hand(self, name, *, owner, members):
        return life.make_group(self.place, name=name, owner_id=owner, member_ids=members).room_id

    def rename_by_hand(self, room_id, name, *, by):
        life.rename(self.place.groups.get(room_id=room_id), name, by=by)

    def say(self, room_id, user_id, text, *, reply_to=None):
        group = self.place.groups.get(room_id=room_id)
        return life.say(group, user_id=user_id, text=text, reply_to=reply_to or "").external_id

    def seen(self, room_id):
        said = self.place.occurrences.filter(kind=life.MESSAGE, room_id=room_id, ours=True, redacted_at=None)
        return [
            Said(
                external_id=one.external_id,
                text=one.text,
                files={file.name: bytes(file.content) for file in one.files.all()},
                mentions=frozenset(one.user_ids),
            )
            for one in said.order_by("pk")
        ]

    def break_down(self):
        self._set(down=True)

    def recover(self):
        self._set(down=False)

    def limit(self, wait: timedelta):
        self._set(limited_until=timezone.now() + wait)

    def _set(self, **faults):
        type(self.place).objects.filter(pk=self.place.pk).update(**faults)

    def dead_account(self):
        place = life.place_called(f"dead-{new_id().hex}")
        type(place).objects.filter(pk=place.pk).update(down=True)
        return Account(messenger_id=new_id(), key="dead", settings={"place": place.name})

    service_id = "sales"

    def write(self, text):
        self.chat = life.begin_chat(self.place, service_id="sales", user_id="wx-1", name="刘洋")
        life.say(self.chat, user_id="wx-1", text=text)
        box = Box([self.account])
        self.connector.read_once(box)
        return box.taken

    def got(self):
        return self.seen(self.chat.room_id)

    def shut(self):
        life.leave(self.chat, ["wx-1"], by="wx-1")

    def callback(self, text):
        now = timezone.now()
        told = {"room_id": "sim-1", "external_id": "m-1", "sender_id": "U1", "sender_name": "张伟", "text": text}
        body = json.dumps({**told, "sent_at": now.isoformat()}, ensure_ascii=False).encode()
        stamp = str(int(now.timestamp()))
        headers = {TIMESTAMP: stamp, SIGNATURE: signature("horse-staple", stamp, body)}
        return Callback(method="POST", path="", query={}, headers=headers, body=body, received_at=now)


class TestSimulated(MessengerConformance):
    @pytest.fixture
    def world(self):
        return SimulatedWorld()
