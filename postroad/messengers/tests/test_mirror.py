"""The mirror of a messenger's rooms: what changed only, on record, at a constant cost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from postroad.connectors.simulated import life
from postroad.connectors.simulated.connector import Simulated
from postroad.ledger.models import Entry
from postroad.ledger.queries import history_of
from postroad.messengers import actions, queries, registry
from postroad.messengers.actions.keeping import keep_states
from postroad.messengers.models import Room
from postroad.messengers.protocol import MessengerFault, RoomState
from postroad.messengers.tests.factories import group_in, place_of, seen_room, user_id_of
from postroad.platform.actors import subject_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch):
    """What the listeners of rooms are told, call by call."""
    calls = []
    monkeypatch.setattr(registry, "_room_listeners", [lambda ids: calls.append(set(ids))])
    return calls


def events_of(room):
    return list(Entry.objects.filter(subject_id=str(room.pk)).order_by("seq").values_list("event", flat=True))


def test_rooms_are_found_with_their_people(company, messenger, told):
    actions.read_directory_of(messenger=messenger)
    life.hire(place_of(messenger), [])
    group = group_in(messenger, company.it, company.hr, name="网络割接")
    life.join(group, ["robot"], by="robot")
    told.clear()
    reading = actions.read_rooms(messenger=messenger)
    room = messenger.rooms.get()
    assert (reading.rooms, reading.changed) == (1, (room.pk,))
    assert told == [{room.pk}]
    assert (room.name, room.member_count, room.owner_user_id) == ("网络割接", 3, user_id_of(company.it))
    people = queries.people_in([room])[room.pk]
    assert people.people == {company.it.pk, company.hr.pk}
    assert (people.strangers, people.owner) == ({"robot"}, company.it.pk)
    assert list(queries.strays()) == [room]
    assert events_of(room) == ["messengers.room.found"]


def test_reading_again_tells_and_records_nothing(company, messenger, told):
    room = seen_room(messenger, company.it, company.hr)
    told.clear()
    entries = Entry.objects.count()
    seen_before = room.seen_at
    assert actions.read_rooms(messenger=messenger).changed == ()
    room.refresh_from_db()
    assert room.seen_at > seen_before
    assert (told, Entry.objects.count()) == ([], entries)


def test_what_changed_is_on_record_without_names_of_people(company, messenger, told):
    actions.read_directory_of(messenger=messenger)
    room = seen_room(messenger, company.it, company.hr, company.agent)
    group = place_of(messenger).groups.get()
    life.rename(group, "改了名", by=user_id_of(company.it))
    life.leave(group, [user_id_of(company.it)], by=user_id_of(company.it))
    life.join(group, [user_id_of(company.owner), "outsider@elsewhere"], by=user_id_of(company.hr))
    told.clear()
    assert actions.refresh_room(room=room).name == "改了名"
    assert told == [{room.pk}]
    assert events_of(room)[1:] == [
        "messengers.room.renamed",
        "messengers.room.owner-changed",
        "messengers.room.members-changed",
    ]
    change = Entry.objects.get(event="messengers.room.members-changed").data
    assert (change["joined_count"], change["left_count"]) == (2, 1)
    assert str(messenger.users.get(person=company.owner).pk) in change["joined"]
    everything = str(list(Entry.objects.filter(subject_id=str(room.pk)).values_list("data", flat=True)))
    assert "outsider" not in everything
    assert user_id_of(company.it) not in everything
    assert all(entry.sentence for entry in history_of(subject_of(room)))


def test_a_room_that_closed_is_gone_and_nobody_is_in_it(company, messenger, told):
    room = seen_room(messenger, company.it, company.hr)
    group = place_of(messenger).groups.get()
    life.close(group, by="x")
    told.clear()
    assert actions.read_rooms(messenger=messenger).changed == (room.pk,)
    room.refresh_from_db()
    assert room.gone_at is not None
    assert queries.people_in([room])[room.pk].people == frozenset()
    assert list(queries.strays()) == []
    type(group).objects.update(closed_at=None)
    actions.read_rooms(messenger=messenger)
    room.refresh_from_db()
    assert (room.gone_at, room.member_count) == (None, 2)
    assert events_of(room)[1:] == [
        "messengers.room.gone",
        "messengers.room.returned",
        "messengers.room.members-changed",
    ]


def test_a_fault_in_the_middle_keeps_what_was_read_and_loses_nothing(company, messenger, monkeypatch):
    rooms = [seen_room(messenger, company.it, company.hr, name=f"群{number}") for number in range(3)]
    connector, _account = queries.connection_of(messenger)

    def one_and_then_a_fault(_account, *, known):
        yield connector.read_room(_account, rooms[0].room_id)
        raise MessengerFault("gone away in the middle")

    monkeypatch.setattr(
        type(connector), "rooms", lambda self, account, known: one_and_then_a_fault(account, known=known)
    )
    with pytest.raises(MessengerFault):
        actions.read_rooms(messenger=messenger)
    assert not Room.objects.filter(gone_at__isnull=False).exists()
    messenger.refresh_from_db()
    assert messenger.healthy is False


def test_what_was_read_earlier_does_not_overwrite_what_was_read_later(company, messenger):
    room = seen_room(messenger, company.it, company.hr, name="现在的名字")
    old = RoomState(id=room.room_id, name="从前的名字", owner_id=None, members=frozenset())
    assert keep_states(messenger, [old], asked_at=room.seen_at - timedelta(seconds=1)) == []
    room.refresh_from_db()
    assert room.name == "现在的名字"


def test_only_what_is_stale_is_read_and_a_change_during_the_reading_stays_stale(company, messenger, monkeypatch):
    rooms = [seen_room(messenger, company.it, name=f"群{number}") for number in range(3)]
    Room.objects.filter(pk=rooms[1].pk).update(stale_at=timezone.now())
    assert actions.read_stale_rooms(messenger=messenger).rooms == 1
    assert not Room.objects.filter(stale_at__isnull=False).exists()
    later = timezone.now() + timedelta(seconds=30)
    Room.objects.filter(pk=rooms[1].pk).update(stale_at=later)
    actions.read_rooms(messenger=messenger)
    assert Room.objects.get(stale_at__isnull=False).pk == rooms[1].pk


def test_many_rooms_cost_as_many_statements_as_few(company, messenger):
    actions.read_directory_of(messenger=messenger)

    def statements(states):
        with CaptureQueriesContext(connection) as queries_made:
            keep_states(messenger, states, asked_at=timezone.now())
        return len(queries_made)

    def states(count, name, members):
        return [
            RoomState(id=f"r{number}", name=f"{name}{number}", owner_id=members[0], members=frozenset(members))
            for number in range(count)
        ]

    some = [user_id_of(one) for one in (company.it, company.hr, company.agent)]
    others = [user_id_of(one) for one in (company.owner, company.hr)]
    statements(states(100, "新群", some))
    few, many = statements(states(3, "改名", others)), statements(states(90, "又改名", some))
    assert many == few
    assert many < 20
    assert statements(states(90, "又改名", some)) < many


def test_rooms_are_all_read_again_as_often_as_the_messenger_can_bear(messenger, time_machine, monkeypatch):
    assert queries.due_to_be_read() == [messenger]
    actions.read_rooms(messenger=messenger)
    assert queries.due_to_be_read() == []
    time_machine.move_to(timezone.now() + timedelta(minutes=26))
    assert queries.due_to_be_read() == [messenger]
    monkeypatch.setattr(Simulated, "rooms_every", lambda *_args, **_how: timedelta(days=3))
    assert queries.due_to_be_read() == []


def test_a_messenger_that_only_asks_to_be_left_alone_for_a_while_has_not_failed(messenger, monkeypatch):
    actions.read_rooms(messenger=messenger)
    busy = MessengerFault("the month's calls are used up", retry_after=timedelta(hours=3))
    monkeypatch.setattr(Simulated, "rooms", raising(busy))
    with pytest.raises(MessengerFault):
        actions.read_rooms(messenger=messenger)
    messenger.refresh_from_db()
    assert messenger.healthy


def raising(fault):
    def rooms(*_args, **_how):
        raise fault

    return rooms
