"""Many rows changed in one statement."""

import pytest
from django.utils import timezone

from postroad.messengers.models import Messenger, Room
from postroad.platform.bulk import insert_many, update_many


@pytest.mark.django_db
def test_each_row_gets_its_own_values_of_every_sort(django_assert_num_queries):
    messenger = Messenger(key="m", name="m", connector="simulated")
    messenger.save()
    now = timezone.now()
    rooms = [Room(messenger=messenger, room_id=f"r{n}", name="a", first_seen_at=now, seen_at=now) for n in range(3)]
    insert_many(rooms)
    for number, room in enumerate(rooms):
        room.name, room.settings, room.admin_user_ids = f"名{number}", {"a": number}, [str(number)]
        room.gone_at = now if number else None
        room.member_count = number
    untouched = Room.objects.get(pk=rooms[0].pk)
    assert untouched.name == "a"
    with django_assert_num_queries(1):
        update_many(rooms, ["name", "settings", "admin_user_ids", "gone_at", "member_count"])
    for room in rooms:
        kept = Room.objects.get(pk=room.pk)
        assert (kept.name, kept.settings, kept.admin_user_ids, kept.gone_at, kept.member_count) == (
            room.name, room.settings, room.admin_user_ids, room.gone_at, room.member_count,
        )  # fmt: skip
