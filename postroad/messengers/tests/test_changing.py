"""Making, changing and closing rooms: once, on record, and right whatever crashes in between."""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connections
from django.utils import timezone

from postroad.channels import actions as channel_actions
from postroad.connectors.simulated import life
from postroad.connectors.simulated.connector import Simulated
from postroad.ledger.models import Entry
from postroad.messengers import actions, queries, registry
from postroad.messengers.models import Messenger, RoomIntent
from postroad.messengers.protocol import MessengerFault, RoomChange, RoomSetting, RoomSpec
from postroad.messengers.tests.factories import (
    ACTOR,
    connected_messenger,
    group_channel,
    place_of,
    registered_room,
    seen_room,
    user_id_of,
)
from postroad.platform.errors import Conflict

pytestmark = pytest.mark.django_db


def spec_for(company, **changes):
    people = [company.department_head, company.owner, company.stranger]
    given = {
        "key": "sales-daily",
        "name": "销售部-日常工作群",
        "owner_id": user_id_of(people[0]),
        "member_ids": frozenset(user_id_of(one) for one in people),
        "settings": {RoomSetting.MANAGING_RESTRICTED: True},
    }
    return RoomSpec(**{**given, **changes})


def events_of(room):
    return list(Entry.objects.filter(subject_id=str(room.pk)).order_by("seq").values_list("event", flat=True))


def test_a_room_is_made_for_its_channel_and_the_channel_runs_in_it(company, messenger):
    channel = group_channel(company)
    room = actions.make_room(messenger=messenger, spec=spec_for(company), channel=channel, actor=ACTOR)
    channel.refresh_from_db()
    assert (channel.connector, channel.address) == ("simulated", room.room_id)
    assert channel.connector_settings == {"messenger": messenger.key}
    assert (room.channel, room.spec_key, room.member_count) == (channel, "sales-daily", 3)
    assert room.settings == {"managing-restricted": True}
    assert not RoomIntent.objects.exists()
    again = actions.make_room(messenger=messenger, spec=spec_for(company), channel=channel, actor=ACTOR)
    assert again.pk == room.pk
    assert place_of(messenger).groups.count() == 1


@pytest.mark.parametrize("step", ["before the call", "after the call"])
def test_a_crash_while_making_is_finished_later_without_a_second_room(company, messenger, monkeypatch, step):
    channel = group_channel(company)
    make = Simulated.make_room

    def crash(self, account, spec):
        if step == "after the call":
            make(self, account, spec)
        raise KeyboardInterrupt

    monkeypatch.setattr(Simulated, "make_room", crash)
    with pytest.raises(KeyboardInterrupt):
        actions.make_room(messenger=messenger, spec=spec_for(company), channel=channel, actor=ACTOR)
    monkeypatch.undo()
    actions.read_rooms(messenger=messenger)
    assert actions.finish_rooms() == 0
    RoomIntent.objects.update(asked_at=timezone.now() - timedelta(minutes=5))
    assert actions.finish_rooms() == 1
    room = messenger.rooms.get()
    assert (room.channel, room.spec_key) == (channel, "sales-daily")
    assert place_of(messenger).groups.count() == 1
    assert not RoomIntent.objects.exists()


def test_a_passing_fault_is_tried_again_and_a_lasting_one_is_given_up(company, messenger):
    place = place_of(messenger)
    type(place).objects.filter(pk=place.pk).update(down=True)
    with pytest.raises(MessengerFault):
        actions.make_room(messenger=messenger, spec=spec_for(company), channel=None, actor=ACTOR)
    assert RoomIntent.objects.count() == 1
    type(place).objects.filter(pk=place.pk).update(down=False)
    bad = spec_for(company, key="bad", member_ids=frozenset({"nobody"}))
    with pytest.raises(MessengerFault, match="nobody"):
        actions.make_room(messenger=messenger, spec=bad, channel=None, actor=ACTOR)
    assert list(RoomIntent.objects.values_list("spec_key", flat=True)) == ["sales-daily"]
    assert Entry.objects.filter(event="messengers.change.failed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_make_one_room_at_once_make_one(company, monkeypatch):
    messenger = connected_messenger(company)
    make = Simulated.make_room
    outcomes = []

    def somebody_else():
        try:
            actions.make_room(messenger=messenger, spec=spec_for(company), channel=None, actor=ACTOR)
        except Conflict as conflict:
            outcomes.append(conflict.message)
        finally:
            connections.close_all()

    def slow(self, account, spec):
        other = Thread(target=somebody_else)
        other.start()
        other.join()
        return make(self, account, spec)

    monkeypatch.setattr(Simulated, "make_room", slow)
    actions.make_room(messenger=messenger, spec=spec_for(company), channel=None, actor=ACTOR)
    assert len(outcomes) == 1
    assert place_of(messenger).groups.count() == 1


def test_a_change_is_on_record_before_and_after_and_the_mirror_shows_it(company, messenger, monkeypatch):
    actions.read_directory_of(messenger=messenger)
    room = seen_room(messenger, company.it, company.hr)
    told = []
    monkeypatch.setattr(registry, "_room_listeners", [lambda ids: told.append(set(ids))])
    change = RoomChange(
        name="信息部-日常工作群",
        owner_id=user_id_of(company.administrator),
        remove_ids=frozenset({user_id_of(company.hr)}),
        settings={RoomSetting.TOPIC: "值班"},
    )
    room = actions.change_room(room=room, change=change, actor=company.it.as_actor())
    assert (room.name, room.owner_user_id) == ("信息部-日常工作群", user_id_of(company.administrator))
    assert queries.people_in([room])[room.pk].people == {company.it.pk, company.administrator.pk}
    assert (told, room.stale_at) == ([{room.pk}], None)
    assert events_of(room)[1:3] == ["messengers.change.begun", "messengers.change.done"]
    done = Entry.objects.get(event="messengers.change.done")
    assert done.actor_id == company.it.as_actor().id
    assert done.data["name"] == {"before": "周五聚餐", "after": "信息部-日常工作群"}
    assert done.data["removed"] == [str(messenger.users.get(person=company.hr).pk)]


def test_a_change_that_fails_is_on_record_with_what_was_done_of_it(company, messenger, monkeypatch):
    room = seen_room(messenger, company.it, company.hr)

    def half(self, account, room_id, change):
        life.rename(place_of(messenger).groups.get(), change.name, by="x")
        raise MessengerFault("too many at once", code="45009")

    monkeypatch.setattr(Simulated, "change_room", half)
    with pytest.raises(MessengerFault):
        actions.change_room(room=room, change=RoomChange(name="改了一半"), actor=ACTOR)
    room.refresh_from_db()
    assert room.name == "改了一半"
    assert "45009" in Entry.objects.get(event="messengers.change.failed").data["reason"]


def test_a_crash_in_the_middle_of_a_change_leaves_it_begun_and_the_room_to_be_read(company, messenger, monkeypatch):
    room = seen_room(messenger, company.it, company.hr)

    def crash(self, account, room_id, change):
        raise KeyboardInterrupt

    monkeypatch.setattr(Simulated, "change_room", crash)
    with pytest.raises(KeyboardInterrupt):
        actions.change_room(room=room, change=RoomChange(name="没改成"), actor=ACTOR)
    room.refresh_from_db()
    assert room.stale_at is not None
    assert events_of(room)[-1] == "messengers.change.begun"
    assert list(queries.with_stale_rooms()) == [messenger]


def test_a_closed_room_is_gone(company, messenger):
    room = seen_room(messenger, company.it, company.hr)
    assert actions.close_room(room=room, actor=ACTOR).gone_at is not None


def test_a_message_is_taken_back_with_a_reason(company, messenger):
    room = seen_room(messenger, company.it, company.hr)
    group = place_of(messenger).groups.get()
    said = life.say(group, user_id=user_id_of(company.hr), text="转发：抽奖")
    kept = actions.kept_id(room.room_id, said.external_id)
    actions.redact_message(room=room, external_id=kept, reason="广告", actor=company.it.as_actor())
    said.refresh_from_db()
    assert said.redacted_at is not None
    assert Entry.objects.get(event="messengers.message.redacted").data["reason"] == "广告"


def test_nothing_is_changed_in_a_messenger_that_is_suspended(company, messenger):
    room = seen_room(messenger, company.it, company.hr)
    actions.suspend_messenger(messenger=messenger, reason="升级", actor=ACTOR)
    room.messenger.refresh_from_db()
    with pytest.raises(Conflict):
        actions.change_room(room=room, change=RoomChange(name="x"), actor=ACTOR)
    assert place_of(messenger).groups.get().name == "周五聚餐"


def test_a_room_is_one_channels_and_a_channel_has_one_room(company, messenger):
    room = registered_room(messenger, company, company.it, company.hr)
    other = seen_room(messenger, company.it, company.agent, name="另一个群")
    with pytest.raises(Conflict):
        actions.register_room(room=room, channel=group_channel(company), actor=ACTOR)
    with pytest.raises(Conflict):
        actions.register_room(room=other, channel=room.channel, actor=ACTOR)
    assert list(queries.strays()) == [other]
    with pytest.raises(Conflict, match="1"):
        actions.retire_messenger(messenger=messenger, reason="不用了", actor=ACTOR)


def test_a_channel_connected_by_hand_gets_its_room_when_it_is_probed(company, messenger):
    room = seen_room(messenger, company.it, company.hr)
    channel = group_channel(company)
    channel_actions.connect_channel(
        channel=channel,
        address=room.room_id,
        connector="simulated",
        settings={"messenger": messenger.key},
        secrets={},
        actor=ACTOR,
    )
    check = channel_actions.probe_channel(channel_id=channel.pk)
    assert check is not None
    assert check.ok is True, check.detail
    room.refresh_from_db()
    assert room.channel == channel
    life.close(place_of(messenger).groups.get(), by="x")
    actions.read_rooms(messenger=messenger)
    check = channel_actions.probe_channel(channel_id=channel.pk)
    assert check is not None
    assert check.ok is False
    assert Messenger.objects.get().state == "in-use"
