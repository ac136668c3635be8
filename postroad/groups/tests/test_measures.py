"""What groups show on the board."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from postroad.access.tests.factories import granted
from postroad.channels.actions import set_naming_rule
from postroad.channels.tests.factories import live_channel
from postroad.connectors.simulated import life
from postroad.groups import actions
from postroad.groups.measures import MEASURES
from postroad.groups.models import Difference, Field
from postroad.groups.tests.factories import ACTOR, applied, group_of, room_of
from postroad.messengers import actions as messengers
from postroad.messengers.tests.factories import group_in, place_of, user_id_of
from postroad.org.actions import update_person
from postroad.org.models import today
from postroad.platform.measures import Period, registered_measures

LATELY = timedelta(days=2)
MONTH = Period(datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC))


def measured(key):
    return MEASURES[key](MONTH)


def figures(*keys):
    return [(measured(key).value, measured(key).exceptions) for key in keys]


def test_every_measure_is_registered():
    assert {key: registered_measures()[key] for key in MEASURES} == MEASURES


@pytest.mark.django_db
def test_without_channels_and_messengers_there_is_nothing_to_measure():
    assert {measured(key).value for key in MEASURES} == {None}


@pytest.mark.django_db(transaction=True)
def test_what_people_change_in_the_messenger_shows_in_the_figures(company, messenger, template):
    applied(messenger)
    keys = ("internal.im-unified", "internal.im-naming", "internal.im-owner", "access.least-privilege")
    assert figures(*keys) == [(0, 0), (100, 0), (100, 0), (0, 0)]
    assert measured("internal.im-unified").rests_on == {"api"}

    room = place_of(messenger).groups.get(room_id=room_of(group_of(company.sales).channel).room_id)
    life.rename(room, "吃瓜群", by=user_id_of(company.owner))
    life.hand_over(room, user_id_of(company.owner), by=user_id_of(company.department_head))
    life.join(room, [user_id_of(company.agent)], by=user_id_of(company.owner))
    group_in(messenger, company.agent, company.agent2)
    messengers.read_rooms(messenger=messenger)
    groups = measured("internal.im-naming").sample_size
    share = 100 * (groups - 1) / groups
    assert figures(*keys) == [(1, 1), (share, 1), (share, 1), (2, 1)]


@pytest.mark.django_db(transaction=True)
def test_what_is_changed_in_the_messenger_without_an_application_counts_against_the_written_ones(
    company, messenger, template
):
    applied(messenger)
    channel = group_of(company.sales).channel
    granted(company, channel, company.stranger)
    actions.apply_messenger(messenger=messenger, actor=ACTOR)
    measure, now = registered_measures()["access.change-request"], timezone.now()
    period = Period(now - LATELY, now + LATELY)
    before = measure(period)
    assert (before.value, before.sample_size) == (100, 1)
    room = place_of(messenger).groups.get(room_id=room_of(channel).room_id)
    life.join(room, [user_id_of(company.agent)], by=user_id_of(company.owner))
    life.set_administrators(room, promote=[user_id_of(company.owner)], by=user_id_of(company.department_head))
    messengers.read_rooms(messenger=messenger)
    after = measure(period)
    assert (round(after.value, 1), after.sample_size, after.exceptions) == (33.3, 3, 2)
    assert "groups" in after.evidence_url


@pytest.mark.django_db(transaction=True)
def test_what_the_organisation_moves_is_no_change_in_the_messenger(company, messenger, template):
    applied(messenger)
    update_person(person=company.owner, department=company.service, actor=ACTOR)
    actions.follow_everything()
    assert Difference.objects.filter(field=Field.EXTRA).exists()
    assert not Difference.objects.filter(by_messenger=True).exists()


@pytest.mark.django_db
def test_groups_that_nobody_sees_are_measured_by_the_naming_rule(company):
    for name in ("销售部-日常工作群", "随便聊聊"):
        live_channel(company, kind="group", name=name, department=company.sales, address="", observability="attested")
    assert measured("internal.im-naming").value is None, "without a rule no name is wrong, and none is right"
    set_naming_rule(kind="group", pattern="{department}-日常工作群", reserved_words=[], max_length=50, actor=ACTOR)
    assert figures("internal.im-naming") == [(50, 1)]
    assert measured("internal.im-naming").rests_on == {"attested"}


@pytest.mark.django_db
def test_a_channel_whose_owner_left_falls_short(company):
    live_channel(company, kind="group", owner=company.department_head, address="")
    orphan = live_channel(company, kind="group", owner=company.agent, address="")
    assert figures("internal.im-owner", "risk.accountability") == [(100, 0), (100, 0)]
    orphan.owner.left_on = today() - timedelta(days=1)
    orphan.owner.save(update_fields=["left_on"])
    assert figures("internal.im-owner", "risk.accountability") == [(50, 1), (50, 1)]
