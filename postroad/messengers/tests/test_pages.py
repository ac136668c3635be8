"""The pages of messengers, as a plain client without JavaScript uses them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from postroad.connectors.simulated import life
from postroad.messengers import actions
from postroad.messengers.models import Messenger
from postroad.messengers.tests.factories import ACTOR, as_seen, place_of, registered_room, seen_room, user_id_of
from postroad.org.tests.cast import sign_in
from postroad.platform.ids import new_id

pytestmark = pytest.mark.django_db


def page(name, *args):
    return reverse(f"messengers:{name}", args=args)


@pytest.fixture
def it(client, company):
    return sign_in(client, company.it)


def jobs():
    return set(ProcrastinateJob.objects.values_list("task_name", flat=True))


# --- connecting ------------------------------------------------------------------------------------------------


TYPED = {"connector": "simulated", "name": "试验通讯", "key": "trial", "setting_place": "trial"}


def test_it_connects_a_messenger_and_it_is_read_soon(it):
    assert it.get(page("connect")).status_code == 200
    fields = it.post(page("connection_fields"), {"connector": "simulated"})
    assert b"setting_place" in fields.content
    response = it.post(page("connect"), TYPED | {"setting_callback_secret": "horse-42"}, follow=True)
    messenger = Messenger.objects.get()
    assert response.redirect_chain[-1][0] == messenger.get_absolute_url()
    assert messenger.connector_settings == {"place": "trial"}
    assert jobs() >= {"messengers.check", "messengers.read-directory", "messengers.read-rooms"}
    for name in ("messenger", "edit"):
        assert "horse-42" not in it.get(page(name, messenger.pk)).content.decode()


def test_mistakes_are_shown_where_they_are_and_nothing_typed_is_lost(it, messenger):
    response = it.post(page("connect"), TYPED | {"key": messenger.key, "setting_place": ""})
    assert response.status_code == 422
    assert "试验通讯" in response.content.decode()
    assert set(response.context["form"].errors) == {"setting_place"}
    response = it.post(page("connect"), TYPED | {"key": messenger.key})
    assert set(response.context["form"].errors) == {"key"}
    assert Messenger.objects.count() == 1


def test_a_messenger_is_changed_and_a_secret_left_empty_stays(it, messenger):
    place = messenger.connector_settings["place"]
    it.post(page("edit", messenger.pk), {"name": "新名字", "setting_place": place, "setting_callback_secret": ""})
    messenger.refresh_from_db()
    assert messenger.name == "新名字"
    assert actions.connections.queries.secrets_of(messenger) == {"callback_secret": "horse-staple"}


def test_a_messenger_is_suspended_resumed_and_retired(it, messenger):
    assert it.get(page("suspend", messenger.pk)).status_code == 200
    assert it.post(page("suspend", messenger.pk), {"reason": ""}).status_code == 422
    it.post(page("suspend", messenger.pk), {"reason": "升级"})
    assert Messenger.objects.get().state == "suspended"
    it.post(page("resume", messenger.pk))
    assert Messenger.objects.get().state == "in-use"
    assert it.post(page("resume", messenger.pk)).status_code == 409
    it.post(page("retire", messenger.pk), {"reason": "换了"})
    assert Messenger.objects.get().state == "retired"


def test_what_still_carries_channels_is_not_retired(it, messenger, company):
    registered_room(messenger, company, company.it, company.hr)
    response = it.post(page("retire", messenger.pk), {"reason": "换了"})
    assert response.status_code == 422
    assert Messenger.objects.get().state == "in-use"


def test_checking_and_reading_are_done_in_the_background(it, messenger):
    ProcrastinateJob.objects.all().delete()
    it.post(page("check", messenger.pk))
    assert jobs() == {"messengers.check"}
    it.post(page("read", messenger.pk))
    assert jobs() == {"messengers.check", "messengers.read-directory", "messengers.read-rooms"}


# --- looking ---------------------------------------------------------------------------------------------------


def test_the_page_says_in_words_what_can_be_seen_and_done(it, messenger, company):
    seen_room(messenger, company.it, company.hr, name="周五聚餐")
    shown = it.get(messenger.get_absolute_url())
    assert shown.context["rooms"].stray == 1
    text = shown.content.decode()
    assert str(shown.context["sight"]) in text
    assert f"/messengers/{messenger.key}/callback/" in text
    assert it.get(page("messenger_overview", messenger.pk)).status_code == 200
    assert messenger.name in it.get(page("messengers")).content.decode()


def test_groups_are_listed_and_filtered(it, messenger, company):
    room = registered_room(messenger, company, company.it, name="网络割接")
    seen_room(messenger, company.it, company.hr, name="周五聚餐")
    everything = it.get(page("rooms", messenger.pk)).content.decode()
    assert "网络割接" in everything
    assert "周五聚餐" in everything
    strays = it.get(page("rooms_results", messenger.pk), {"which": "stray"}).content.decode()
    assert "网络割接" not in strays
    assert str(room.channel) in it.get(page("rooms", messenger.pk), {"which": "registered"}).content.decode()
    assert "周五聚餐" not in it.get(page("rooms", messenger.pk), {"q": "割接"}).content.decode()


def test_one_group_shows_who_is_in_it_and_what_happened(it, messenger, company):
    actions.read_directory_of(messenger=messenger)
    room = seen_room(messenger, company.it, company.hr)
    group = place_of(messenger).groups.get()
    life.join(group, ["robot-7"], by="x")
    life.rename(group, "改了名", by="x")
    actions.refresh_room(room=room)
    text = it.get(room.get_absolute_url()).content.decode()
    for expected in (company.it.name, company.hr.name, "robot-7", "改了名", "周五聚餐"):
        assert expected in text
    it.post(page("room_read", room.pk))
    assert "messengers.read-room" in jobs()


def test_the_list_of_groups_costs_the_same_for_few_and_many(it, messenger, company):
    def statements(count):
        for number in range(count):
            life.make_group(place_of(messenger), name=f"群{number}", owner_id=user_id_of(company.it), member_ids=[])
        actions.read_rooms(messenger=messenger)
        with CaptureQueriesContext(connection) as made:
            assert it.get(page("rooms", messenger.pk)).status_code == 200
        return len(made)

    few = statements(3)
    assert statements(30) == few


# --- who is who ------------------------------------------------------------------------------------------------


def test_a_user_is_recognised_by_hand_and_forgotten_again(it, messenger, company):
    life.hire(place_of(messenger), [as_seen(company.owner, staff_no="", name="小赵")])
    actions.read_directory_of(messenger=messenger)
    user = messenger.users.get(user_id=user_id_of(company.owner))
    listed = it.get(page("users", messenger.pk), {"which": "unmatched"}).content.decode()
    assert "小赵" in listed
    assert company.it.name not in it.get(page("users_results", messenger.pk), {"which": "unmatched"}).content.decode()
    assert it.get(page("match", messenger.pk, user.pk)).status_code == 200
    assert it.post(page("match", messenger.pk, user.pk), {"person": "没有这个人"}).status_code == 422
    assert it.post(page("match", messenger.pk, user.pk), {"person": company.it.staff_no}).status_code == 422
    it.post(page("match", messenger.pk, user.pk), {"person": company.owner.staff_no})
    user.refresh_from_db()
    assert user.person == company.owner
    it.post(page("unmatch", messenger.pk, user.pk))
    user.refresh_from_db()
    assert user.person is None


# --- who may ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "looks", "keeps"),
    [
        ("it", 200, 200),
        ("administrator", 200, 200),
        ("administration_head", 200, 403),
        ("administration_clerk", 200, 403),
        ("auditor", 200, 403),
        ("stranger", 403, 403),
        ("executive", 403, 403),
    ],
)
def test_it_keeps_messengers_and_others_only_look(client, company, messenger, *, who, looks, keeps):
    room = seen_room(messenger, company.it)
    sign_in(client, getattr(company, who))
    for address in (
        page("messengers"),
        messenger.get_absolute_url(),
        page("messenger_overview", messenger.pk),
        page("rooms", messenger.pk),
        page("users", messenger.pk),
        room.get_absolute_url(),
    ):
        assert client.get(address).status_code == looks, address
    for name in ("connect", "edit", "suspend", "retire"):
        args = [] if name == "connect" else [messenger.pk]
        assert client.get(page(name, *args)).status_code == keeps, name


def test_what_is_not_there_is_not_found(it, messenger):
    for address in (
        page("messenger", new_id()),
        page("room", new_id()),
        page("match", messenger.pk, new_id()),
    ):
        assert it.get(address).status_code == 404


def test_a_retired_messenger_is_not_changed(it, messenger):
    actions.retire_messenger(messenger=messenger, reason="换了", actor=ACTOR)
    typed = {"name": "又来", "setting_place": messenger.connector_settings["place"]}
    assert it.post(page("edit", messenger.pk), typed).status_code == 422
    assert Messenger.objects.get().name != "又来"
