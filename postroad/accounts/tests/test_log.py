"""The contact log fills itself from messages and calls, and what the manager does begins the rhythm anew."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from postroad.accounts import actions, queries
from postroad.accounts.models import Medium, Touch
from postroad.accounts.tests.factories import MONDAY, TEST, make_account, make_customer, sent
from postroad.channels.protocol import Recipient, RecipientRole
from postroad.clock import actions as clock
from postroad.conversations import actions as conversations
from postroad.conversations.models import Delivery, DeliveryState
from postroad.conversations.permissions import get_message_for
from postroad.conversations.tests.factories import incoming, make_channel
from postroad.hotline.tests.factories import MOBILE, event, make_hotline, take
from postroad.org.actions import create_organisation
from postroad.platform.errors import Conflict, Invalid, NotFound

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def travelling():
    with time_machine.travel(MONDAY, tick=False) as clock_:
        yield clock_


@pytest.fixture
def contact():
    return make_customer(phone=MOBILE)


@pytest.fixture
def account(company, contact, travelling):
    return make_account(company, contact=contact)


@pytest.fixture
def mailbox(company):
    return make_channel(company)


def due(account, medium):
    [standing] = queries.standings([account])
    return next(one.deadline for one in standing.beats if one.rhythm.medium == medium)


def told(account):
    return list(account.touches.order_by("at", "id").values_list("medium", "direction", "counts"))


def write_to(mailbox, contact, *people):
    """A question of the customer's, and the answers of some people of ours, sent."""
    [result] = conversations.intake([incoming(mailbox, sender_address="majun@lanhai.example")])
    for person in people:
        answer = conversations.say(
            conversation=result.conversation,
            actor=person.as_actor(),
            person=person,
            text="您好",
            to=[Recipient(RecipientRole.TO, contact.name, "majun@lanhai.example")],
        )
        sent(answer)
    return result


def test_a_mail_of_the_manager_that_was_sent_counts_and_begins_the_rhythm_anew(
    company, account, mailbox, contact, travelling
):
    before = due(account, Medium.MAIL)
    travelling.shift(3 * DAY)
    write_to(mailbox, contact, company.owner)
    assert told(account) == [("mail", "in", False), ("mail", "out", True)]
    before.refresh_from_db()
    assert (before.state, due(account, Medium.MAIL).due_at) == ("met", datetime(2026, 5, 28, 10, 0, tzinfo=UTC))


def test_what_is_only_written_and_not_sent_is_no_contact(company, account, mailbox, contact, travelling):
    travelling.shift(DAY)
    result = write_to(mailbox, contact)
    conversations.say(
        conversation=result.conversation,
        actor=company.owner.as_actor(),
        person=company.owner,
        text="您好",
        to=[Recipient(RecipientRole.TO, "", "majun@lanhai.example")],
    )
    assert told(account) == [("mail", "in", False)]


def test_colleagues_are_in_the_log_and_only_the_manager_and_the_deputy_count(
    company, account, mailbox, contact, travelling
):
    travelling.shift(DAY)
    before = due(account, Medium.MAIL)
    write_to(mailbox, contact, company.agent)
    assert due(account, Medium.MAIL) == before
    write_to(mailbox, contact, company.department_head)
    assert sorted(told(account)) == [
        ("mail", "in", False), ("mail", "in", False), ("mail", "out", False), ("mail", "out", True)
    ]  # fmt: skip
    assert due(account, Medium.MAIL) != before


def test_a_mail_that_bounces_afterwards_is_marked_and_counts_no_more(company, account, mailbox, contact, travelling):
    travelling.shift(DAY)
    write_to(mailbox, contact, company.owner)
    delivery = Delivery.objects.get()
    delivery.state = DeliveryState.FAILED
    actions.delivered([delivery])
    assert account.touches.filter(undelivered=True, counts=False).count() == 1


def test_machines_and_strangers_leave_no_line(account, mailbox, travelling):
    conversations.intake([incoming(mailbox, sender_address="majun@lanhai.example", auto="reply"), incoming(mailbox)])
    assert told(account) == []


def test_logging_costs_the_same_however_many_messages_come(account, mailbox, django_assert_num_queries):
    def queries_of(number):
        batch = [incoming(mailbox, sender_address="majun@lanhai.example") for _ in range(number)]
        taken = []
        from postroad.conversations import registry

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(registry, "_intake_handlers", {"test": taken.extend})
            conversations.intake(batch)
        return taken

    for number in (1, 12):
        taken = queries_of(number)
        # The contacts' accounts, the accounts, the touches, and a hint to open pages (two).
        with django_assert_num_queries(5):
            actions.take_in(taken)
    assert Touch.objects.count() == 13


def test_a_spoken_call_is_logged_once_with_who_answered(company, account, travelling):
    hotline = make_hotline(company)
    take(
        hotline,
        event("ringing", MONDAY),
        event("answered", MONDAY + timedelta(seconds=8)),
        event("hungup", MONDAY + timedelta(seconds=90)),
    )
    take(hotline, event("hungup", MONDAY + timedelta(seconds=95)))
    [touch] = account.touches.all()
    assert (touch.medium, touch.source, touch.person, touch.counts) == ("phone", "call", company.agent, False)


def test_a_missed_call_is_no_contact(company, account, travelling):
    take(make_hotline(company), event("ringing", MONDAY), event("missed", MONDAY + timedelta(seconds=30)))
    assert told(account) == []


def test_a_call_of_the_manager_meets_the_telephone_rhythm(company, account, travelling):
    hotline = make_hotline(company)
    from postroad.hotline import actions as hotlines

    hotlines.set_extension(channel=hotline, number="6009", person=company.owner, actor=TEST)
    travelling.shift(2 * DAY)
    at = MONDAY + 2 * DAY
    outgoing = {"direction": "out", "extension": "6009"}
    take(
        hotline,
        event("ringing", at, **outgoing),
        event("answered", at + timedelta(seconds=5), **outgoing),
        event("hungup", at + timedelta(seconds=50), **outgoing),
    )
    assert told(account) == [("phone", "both", True)]
    assert due(account, Medium.PHONE).started_at == at + timedelta(seconds=5)


def test_a_visit_is_entered_with_its_day_and_its_words(company, account, contact, travelling):
    travelling.shift(5 * DAY)
    visited = MONDAY + 4 * DAY
    actions.enter_contact(
        account=account, person=company.owner, medium=Medium.MEETING, at=visited, words="看了新生产线", contact=contact
    )
    assert due(account, Medium.MEETING).started_at == visited
    [line] = queries.lines(queries.touches_of(account))
    assert (line.words, line.newest.contact) == ("看了新生产线", contact)


def test_what_was_before_the_last_contact_is_logged_and_changes_nothing(company, account, travelling):
    travelling.shift(5 * DAY)
    before = due(account, Medium.PHONE)
    actions.enter_contact(
        account=account, person=company.owner, medium=Medium.PHONE, at=MONDAY - 3 * DAY, words="电话沟通"
    )
    assert due(account, Medium.PHONE) == before
    assert account.touches.count() == 1


def test_a_late_contact_is_late_and_the_next_counts_from_it(company, account, travelling):
    travelling.shift(20 * DAY)
    clock.fire_due()
    late = due(account, Medium.PHONE)
    assert late.state == "missed"
    actions.enter_contact(
        account=account, person=company.owner, medium=Medium.PHONE, at=MONDAY + 19 * DAY, words="电话沟通"
    )
    late.refresh_from_db()
    assert (late.state, late.finished_at) == ("missed", MONDAY + 19 * DAY)
    assert due(account, Medium.PHONE).state == "running"


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"at": MONDAY + DAY}, "at"), ({"at": MONDAY - 400 * DAY}, "at"), ({"words": "  "}, "words")],
)
def test_an_entry_that_cannot_be_is_refused_at_its_field(company, account, changes, field):
    usual = {"medium": Medium.MEETING, "at": MONDAY - DAY, "words": "拜访"}
    with pytest.raises(Invalid) as refusal:
        actions.enter_contact(account=account, person=company.owner, **(usual | changes))
    assert list(refusal.value.fields) == [field]


def test_somebody_of_another_organisation_is_refused(company, account):
    stranger = make_customer("别的公司", mail="x@other.example")
    with pytest.raises(Invalid):
        actions.enter_contact(
            account=account,
            person=company.owner,
            medium=Medium.MEETING,
            at=MONDAY - DAY,
            words="拜访",
            contact=stranger,
        )


def test_nothing_is_entered_once_the_account_has_ended(company, account):
    actions.end_account(account=account, reason="合同终止", actor=TEST)
    with pytest.raises(Conflict):
        actions.enter_contact(
            account=account, person=company.owner, medium=Medium.MEETING, at=MONDAY - DAY, words="拜访"
        )


def test_messages_of_a_conversation_and_a_day_are_one_line(company, account, mailbox, contact, travelling):
    write_to(mailbox, contact, company.owner, company.owner, company.agent)
    shown = queries.lines(account.touches.order_by("-at", "-id"))
    assert sorted((one.number, one.newest.person) for one in shown if one.newest.person == company.owner) == [
        (2, company.owner)
    ]


def test_the_manager_reads_the_messages_of_the_account_and_a_colleague_does_not(company, account, contact):
    other = make_channel(company, "elsewhere", owner=company.it)
    [result] = conversations.intake([incoming(other, sender_address="majun@lanhai.example")])
    assert get_message_for(company.owner, result.message.pk) == result.message
    with pytest.raises(NotFound):
        get_message_for(company.stranger, result.message.pk)


def test_organisations_without_an_account_are_left_alone(company, mailbox, travelling):
    create_organisation(name="普通客户", actor=TEST)
    make_customer("普通客户", mail="majun@lanhai.example")
    conversations.intake([incoming(mailbox, sender_address="majun@lanhai.example")])
    assert not Touch.objects.exists()
