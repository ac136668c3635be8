"""The daily patrol of work groups: found when it is said, dealt with by the group's owner, on record, on the board."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from postroad.channels import actions as channels
from postroad.clock.models import Duty
from postroad.clock.tests.factories import make_calendar
from postroad.connectors.simulated import life
from postroad.conversations.models import Delivery, Message
from postroad.ledger.queries import history_of
from postroad.messengers import actions as messengers
from postroad.messengers.inbox import DatabaseInbox
from postroad.messengers.protocol import RoomMessage
from postroad.messengers.queries import account_of
from postroad.messengers.tests.factories import ACTOR, connected_messenger, place_of, registered_room, user_id_of
from postroad.org.models import today
from postroad.org.tests.cast import sign_in
from postroad.patrol import actions, queries
from postroad.patrol.measures import handled_same_day
from postroad.patrol.models import Finding, Kind, Round
from postroad.patrol.permissions import get_finding_for
from postroad.platform.errors import Conflict, Invalid, NotFound
from postroad.platform.measures import Period

pytestmark = pytest.mark.django_db


@pytest.fixture
def messenger(company):
    messenger = connected_messenger(company)
    messengers.read_directory_of(messenger=messenger)
    return messenger


@pytest.fixture
def room(company, messenger):
    return registered_room(messenger, company, company.owner, company.stranger)


@pytest.fixture
def words():
    actions.set_words(kind=Kind.ADVERTISING, words=["加微信", "限时优惠"], actor=ACTOR)
    actions.set_words(kind=Kind.IDLE, words=["八卦"], actor=ACTOR)


def say(room, person, text, *, name="m-1", at=None):
    message = RoomMessage(
        room_id=room.room_id,
        external_id=name,
        sender_id=user_id_of(person),
        sender_name=person.name,
        sent_at=at or datetime.now(UTC),
        text=text,
        raw=text.encode(),
    )
    DatabaseInbox("simulated").take(account_of(room.messenger), [message])
    return Message.objects.get(external_id=f"{room.room_id}/{name}")


@pytest.fixture
def found(company, room, words):
    """Advertising by a colleague."""
    message = say(room, company.stranger, "加微信领取限时优惠")
    return Finding.objects.get(message=message)


def test_what_points_to_abuse_is_found_as_it_is_said_and_kept_once_by_kind(company, room, words):
    message = say(room, company.stranger, "加微信，聊聊八卦，限时优惠")
    assert list(message.patrol_findings.order_by("kind").values_list("kind", "places")) == [
        ("advertising", [[0, 3], [9, 13]]),
        ("idle", [[6, 8]]),
    ]
    say(room, company.stranger, "明天九点开会", name="m-2")
    assert Finding.objects.count() == 2


def test_what_is_said_costs_the_same_number_of_statements_however_much(
    company, room, words, django_assert_max_num_queries
):
    say(room, company.stranger, "warm up")
    with django_assert_max_num_queries(60):
        DatabaseInbox("simulated").take(
            account_of(room.messenger),
            [
                RoomMessage(
                    room_id=room.room_id,
                    external_id=f"many-{number}",
                    sender_id=user_id_of(company.stranger),
                    sender_name="x",
                    sent_at=datetime.now(UTC),
                    text="加微信",
                    raw=str(number).encode(),
                )
                for number in range(80)
            ],
        )
    assert Finding.objects.count() == 80


def test_each_live_group_is_a_daily_duty_of_whoever_owns_it(company, room):
    make_calendar()
    assert actions.keep_rounds() == 1
    assert actions.keep_rounds() == 0
    duty = Duty.objects.get()
    assert (duty.responsible, duty.frequency) == (room.channel.owner, Duty.Frequency.DAILY)

    channels.hand_over(channel=room.channel, to=company.it, reason="moves", actor=ACTOR)
    actions.keep_rounds()
    duty.refresh_from_db()
    assert duty.responsible == company.it

    channels.suspend_channel(channel=room.channel, reason="holiday", actor=ACTOR)
    actions.keep_rounds()
    duty.refresh_from_db()
    assert duty.ends_on == today()


def test_a_reminder_names_the_author_in_the_group_and_is_on_record(company, found):
    actions.remind(finding=found, person=company.owner, reason="请把本群用于工作。")
    delivery = Delivery.objects.select_related("message").get()
    assert delivery.message.text == "请把本群用于工作。"
    assert [one["address"] for one in delivery.message.recipients] == [found.message.sender_address]
    found.refresh_from_db()
    assert (found.outcome, found.handled_by) == ("reminded", company.owner)
    assert "patrol.finding.reminded" in [entry.event for entry in history_of(found.message)]


def test_a_message_is_taken_back_in_the_messenger_and_stays_here(company, messenger, room, words):
    group = place_of(messenger).groups.get(room_id=room.room_id)
    line = life.say(group, user_id=user_id_of(company.stranger), text="加微信")
    finding = Finding.objects.get(message=say(room, company.stranger, "加微信", name=line.external_id))
    actions.redact(finding=finding, person=company.owner, reason="广告")
    line.refresh_from_db()
    assert line.redacted_at is not None
    assert Message.objects.get().text == "加微信"


def test_an_author_can_be_removed_and_the_owner_cannot(company, room, found):
    actions.remove_author(finding=found, person=company.owner, reason="再三提醒无效")
    assert user_id_of(company.stranger) not in {one.user_id for one in room.members.all()}
    own = Finding.objects.get(message=say(room, company.owner, "加微信", name="m-2"))
    with pytest.raises(Conflict):
        actions.remove_author(finding=own, person=company.owner, reason="x")
    own.refresh_from_db()
    assert own.is_open


def test_without_a_reason_and_twice_nothing_is_done(company, found):
    for deal in (actions.dismiss, actions.remind, actions.redact, actions.remove_author):
        with pytest.raises(Invalid):
            deal(finding=found, person=company.owner, reason="  ")
    actions.dismiss(finding=found, person=company.owner, reason="客户的原话")
    for deal in (actions.dismiss, actions.remind, actions.redact, actions.remove_author):
        with pytest.raises(Conflict):
            deal(finding=found, person=company.owner, reason="again")
    assert Delivery.objects.count() == 0


def test_a_group_is_patrolled_when_yesterdays_findings_are_dealt_with(company, room, words, time_machine, client):
    time_machine.move_to(datetime(2026, 11, 23, 2, tzinfo=UTC))  # a Monday
    make_calendar()
    actions.keep_rounds()
    from postroad.clock.actions import open_duties

    open_duties()
    round_ = Round.objects.select_related("channel", "duty").get()
    finding = Finding.objects.get(
        message=say(room, company.stranger, "加微信", at=datetime(2026, 11, 20, 2, tzinfo=UTC))
    )
    assert finding.due_on.isoformat() == "2026-11-23"
    with pytest.raises(Conflict):
        actions.finish(round_=round_, person=company.owner)
    sign_in(client, company.owner)
    occurrence = queries.occurrences_today([round_.duty_id])[round_.duty_id]
    assert client.post(reverse("clock:complete_duty", args=[occurrence.pk])).status_code == 409  # not by saying so
    actions.dismiss(finding=finding, person=company.owner, reason="ok")
    actions.finish(round_=round_, person=company.owner)
    assert queries.standings(company.owner)[0].is_done


def test_the_board_counts_what_was_not_dealt_with_in_time(company, room, words, time_machine):
    time_machine.move_to(datetime(2026, 11, 23, 2, tzinfo=UTC))
    make_calendar()
    late = Finding.objects.get(
        message=say(room, company.stranger, "加微信", name="m-1", at=datetime(2026, 11, 18, 2, tzinfo=UTC))
    )
    Finding.objects.get(
        message=say(room, company.stranger, "加微信", name="m-2", at=datetime(2026, 11, 18, 2, tzinfo=UTC))
    )
    fine = Finding.objects.get(
        message=say(room, company.stranger, "加微信", name="m-3", at=datetime(2026, 11, 20, 2, tzinfo=UTC))
    )
    actions.dismiss(finding=late, person=company.owner, reason="late")
    actions.dismiss(finding=fine, person=company.owner, reason="in time")
    november = Period(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    measure = handled_same_day(november)
    assert (measure.sample_size, measure.exceptions) == (3, 2)
    assert measure.value == pytest.approx(100 / 3)
    december = Period(datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC) + timedelta(days=31))
    assert handled_same_day(december).value is None


def test_only_who_answers_for_a_group_patrols_it(company, found, client):
    get_finding_for(company.owner, found.pk)
    with pytest.raises(NotFound):
        get_finding_for(company.stranger, found.pk)
    sign_in(client, company.stranger)
    assert (
        client.post(reverse("patrol:deal", args=[found.pk]), {"outcome": "dismissed", "reason": "x"}).status_code == 404
    )
    found.refresh_from_db()
    assert found.is_open


def test_the_page_shows_the_day_with_what_was_found_marked_and_deals_with_it(company, room, found, client):
    make_calendar()
    actions.keep_rounds()
    sign_in(client, company.owner)
    page = client.get(reverse("patrol:channel", args=[room.channel_id]), {"day": today().isoformat()}).content.decode()
    assert "<mark>加微信</mark>" in page
    refused = client.post(reverse("patrol:deal", args=[found.pk]), {"outcome": "dismissed", "reason": ""}, follow=True)
    assert refused.status_code == 200
    found.refresh_from_db()
    assert found.is_open
    client.post(reverse("patrol:deal", args=[found.pk]), {"outcome": "dismissed", "reason": "fine"})
    found.refresh_from_db()
    assert found.outcome == "dismissed"
    for nonsense in ("2026-13-45", "yesterday", "9999-12-31"):
        assert client.get(reverse("patrol:channel", args=[room.channel_id]), {"day": nonsense}).status_code == 200


def test_words_are_kept_by_those_who_may_and_tried_on_a_sentence(company, words, client):
    sign_in(client, company.administration_head)
    page = client.get(reverse("patrol:words"), {"text": "加微信吧"}).content.decode()
    assert "<mark>加微信</mark>" in page
    answer = client.post(reverse("patrol:words"), {"advertising": "加微信\n扫码领", "idle": "a"})
    assert answer.status_code == 200  # one letter is refused, at its field
    client.post(reverse("patrol:words"), {"advertising": "加微信\n扫码领"})
    assert queries.word_lists()[Kind.ADVERTISING] == ["加微信", "扫码领"]
    sign_in(client, company.stranger)
    assert client.get(reverse("patrol:words")).status_code == 403


def test_the_channels_page_shows_members_and_patrol_to_those_who_keep_it(company, room, found, client):
    make_calendar()
    actions.keep_rounds()
    address = reverse("channels:channel", args=[room.channel_id])
    sign_in(client, company.owner)
    page = client.get(address).content.decode()
    assert 'id="panel-patrol"' in page
    assert 'id="panel-messengers-members"' in page
    assert company.stranger.name in page
    sign_in(client, company.agent)
    page = client.get(address).content.decode()
    assert 'id="panel-patrol"' not in page
    assert 'id="panel-messengers-members"' not in page
