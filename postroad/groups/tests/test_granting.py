"""What a grant gives in a group is set up by making the group so; IT is not asked to say it by hand."""

import pytest

from postroad.access.models import Grant, PermissionType
from postroad.access.queries import to_configure
from postroad.access.tests.factories import granted
from postroad.connectors.simulated.connector import Simulated
from postroad.groups import actions
from postroad.groups.tests.factories import ACTOR, applied, group_of, room_of
from postroad.messengers.protocol import Feature
from postroad.messengers.queries import people_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_guest_is_set_up_when_the_group_is_as_declared_and_not_before(company, messenger, template):
    applied(messenger)
    channel = group_of(company.sales).channel
    grant = granted(company, channel, company.it, permission=PermissionType.POST)
    manager = granted(company, channel, company.hr, permission=PermissionType.MANAGE)
    assert actions.settle_grants() == []

    actions.apply_messenger(messenger=messenger, actor=ACTOR)
    room = room_of(channel)
    inside = people_in([room])[room.pk]
    assert company.it.pk in inside.people
    assert company.hr.pk in inside.admins
    assert {one.pk for one in actions.settle_grants()} == {grant.pk, manager.pk}
    assert Grant.objects.get(pk=grant.pk).configured_by is None
    assert actions.settle_grants() == []


def test_managing_stays_by_hand_where_the_messenger_does_not_show_administrators(
    company, messenger, template, monkeypatch
):
    monkeypatch.setattr(Simulated, "features", Simulated.features - {Feature.CHANGE_ADMINS})
    applied(messenger)
    channel = group_of(company.sales).channel
    manager = granted(company, channel, company.hr, permission=PermissionType.MANAGE)
    actions.apply_messenger(messenger=messenger, actor=ACTOR)
    assert actions.settle_grants() == []
    assert list(to_configure()) == [manager]
