"""The mirror of a messenger's directory, and who of our people each of its users is."""

from datetime import timedelta

import pytest

from postroad.connectors.simulated import life
from postroad.ledger.models import Entry
from postroad.messengers import actions, queries, registry
from postroad.messengers.models import MessengerUser
from postroad.messengers.protocol import MessengerFault
from postroad.messengers.tests.factories import ACTOR, as_seen, connected_messenger, place_of, user_id_of
from postroad.org.models import today
from postroad.platform.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db


def user_of(messenger, person):
    return messenger.users.get(user_id=user_id_of(person))


def test_users_are_matched_by_staff_number_and_else_by_mail(company, messenger):
    place = place_of(messenger)
    life.hire(
        place, [as_seen(company.owner, staff_no=""), as_seen(company.agent, staff_no="", mail="Agent@Company.test")]
    )
    reading = actions.read_directory_of(messenger=messenger)
    staff = len(company.everybody()) - 1
    assert (reading.people, reading.added, reading.matched) == (staff, staff, staff - 1)
    assert user_of(messenger, company.it).matched_by == MessengerUser.MatchedBy.STAFF_NO
    assert user_of(messenger, company.agent).person == company.agent
    assert user_of(messenger, company.agent).matched_by == MessengerUser.MatchedBy.MAIL
    assert user_of(messenger, company.owner).person is None
    assert queries.user_counts(messenger) == queries.UserCounts(matched=staff - 1, unmatched=1)
    assert queries.users_of(messenger, [company.it.pk, company.owner.pk]) == {company.it.pk: user_id_of(company.it)}


def test_reading_again_changes_nothing_and_costs_no_more_for_many(company, messenger, django_assert_max_num_queries):
    actions.read_directory_of(messenger=messenger)
    entries = Entry.objects.count()
    with django_assert_max_num_queries(20):
        assert actions.read_directory_of(messenger=messenger).added == 0
    assert Entry.objects.count() == entries


def test_two_users_with_one_staff_number_are_left_to_people(company, messenger):
    life.hire(place_of(messenger), [as_seen(company.it, id="another", name="郑伟")])
    actions.read_directory_of(messenger=messenger)
    assert user_of(messenger, company.it).person is None
    assert messenger.users.get(user_id="another").person is None


def test_nobody_is_matched_anew_by_machine(company, messenger):
    actions.read_directory_of(messenger=messenger)
    life.hire(place_of(messenger), [as_seen(company.it, staff_no=company.hr.staff_no)])
    actions.read_directory_of(messenger=messenger)
    assert user_of(messenger, company.it).person == company.it
    assert user_of(messenger, company.hr).person == company.hr


def test_user_ids_are_compared_whatever_their_case(company, messenger):
    actions.read_directory_of(messenger=messenger)
    place = place_of(messenger)
    place.users.filter(user_id=user_id_of(company.it)).update(user_id=user_id_of(company.it).upper())
    reading = actions.read_directory_of(messenger=messenger)
    assert (reading.added, reading.gone) == (0, 0)


def test_who_disappears_is_not_active_and_comes_back_as_who_they_were(company, messenger):
    actions.read_directory_of(messenger=messenger)
    place = place_of(messenger)
    place.users.filter(user_id=user_id_of(company.it)).delete()
    assert actions.read_directory_of(messenger=messenger).gone == 1
    assert not user_of(messenger, company.it).active
    assert queries.users_of(messenger, [company.it.pk]) == {}
    life.hire(place, [as_seen(company.it)])
    actions.read_directory_of(messenger=messenger)
    assert queries.users_of(messenger, [company.it.pk]) == {company.it.pk: user_id_of(company.it)}


def test_by_hand_a_user_becomes_somebody_and_nobody_again(company, messenger, monkeypatch):
    told = []
    monkeypatch.setattr(registry, "_people_listeners", [told.append])
    life.hire(place_of(messenger), [as_seen(company.owner, staff_no="")])
    actions.read_directory_of(messenger=messenger)
    told.clear()
    user = user_of(messenger, company.owner)
    user = actions.match_user(user=user, person=company.owner, actor=company.it.as_actor())
    assert (user.person, user.matched_by) == (company.owner, MessengerUser.MatchedBy.HAND)
    assert actions.unmatch_user(user=user, actor=company.it.as_actor()).person is None
    assert told == [{company.owner.pk}, {company.owner.pk}]
    events = Entry.objects.filter(subject_id=str(user.pk)).order_by("seq").values_list("event", "actor_id")
    actor_id = company.it.as_actor().id
    assert list(events) == [("messengers.user.matched", actor_id), ("messengers.user.unmatched", actor_id)]


def test_one_person_is_one_user(company, messenger):
    life.hire(place_of(messenger), [as_seen(company.owner, id="guest", staff_no="")])
    actions.read_directory_of(messenger=messenger)
    guest = messenger.users.get(user_id="guest")
    with pytest.raises(Conflict):
        actions.match_user(user=guest, person=company.it, actor=ACTOR)
    with pytest.raises(Invalid):
        actions.match_user(user=guest, person=company.leaver, actor=ACTOR)


def test_leavers_are_not_matched_by_machine(company):
    company.stranger.left_on = today() - timedelta(days=1)
    company.stranger.save(update_fields=["left_on"])
    messenger = connected_messenger(company)
    life.hire(place_of(messenger), [as_seen(company.stranger)])
    actions.read_directory_of(messenger=messenger)
    assert user_of(messenger, company.stranger).person is None


def test_a_directory_that_cannot_be_read_changes_nothing_but_the_health(company, messenger):
    actions.read_directory_of(messenger=messenger)
    place = place_of(messenger)
    type(place).objects.update(down=True)
    with pytest.raises(MessengerFault):
        actions.read_directory_of(messenger=messenger)
    messenger.refresh_from_db()
    assert messenger.healthy is False
    assert "switched off" in messenger.health_detail
    assert messenger.users.filter(active=True).count() == len(company.everybody()) - 1
