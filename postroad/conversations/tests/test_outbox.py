"""What the outbox promises: everything said is sent, at least once, under one name; what fails is seen."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from postroad.channels import protocol
from postroad.channels.protocol import FailedRecipient, Recipient, RecipientRole, SendFailed, SendResult
from postroad.conversations import registry
from postroad.conversations.actions import NewAttachment, flush_outbox, intake, retry_delivery, say
from postroad.conversations.actions.outbox import LEASE
from postroad.conversations.models import Delivery, DeliveryState, Message
from postroad.conversations.tests.factories import incoming
from postroad.ledger.queries import history_of
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db(transaction=True)

DESK = Actor.system("test")
CUSTOMER = Recipient(RecipientRole.TO, "客户", "kunde@customer.test")


class FakeConnector:
    """Takes everything, or fails as told; remembers what it was given and in which state of the connection."""

    key = "fake"
    title = "Fake"
    capabilities = frozenset()
    settings = ()

    def __init__(self):
        self.sent, self.outcomes = [], []

    def send(self, endpoint, message):
        self.sent.append((endpoint, message))
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome or SendResult(f"{message.message_id}@company.test", datetime.now(UTC))


@pytest.fixture
def connector(monkeypatch):
    fake = FakeConnector()
    monkeypatch.setitem(protocol._connectors, "fake", fake)
    return fake


@pytest.fixture
def told(monkeypatch):
    told = []
    monkeypatch.setattr(registry, "_delivery_handlers", {"test": lambda done: told.extend(one.state for one in done)})
    return told


@pytest.fixture
def question(channel):
    return intake([incoming(channel, external_id="q@customer.test", thread_ids=("p@customer.test",), subject="发票")])[
        0
    ]


def answer(question, **values):
    return say(
        **{"conversation": question.conversation, "actor": DESK, "person": None, "text": "好的", "to": [CUSTOMER]}
        | values
    )


def delivery_of(message):
    return Delivery.objects.get(message=message)


def due_now():
    Delivery.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))


def test_an_answer_goes_out_in_the_thread(connector, company, question):
    said = answer(
        question,
        person=company.agent,
        subject_token="PR-7",
        attachments=[NewAttachment("a.txt", "text/plain", b"hello")],
    )
    assert delivery_of(said).state == DeliveryState.QUEUED

    assert flush_outbox() == 1

    [(endpoint, message)] = connector.sent
    assert endpoint.address == question.conversation.channel.address
    assert (message.message_id, message.subject, message.subject_token) == (said.pk, "Re: 发票", "PR-7")
    assert message.thread_ids == ("p@customer.test", "q@customer.test")
    assert message.sender_name == company.agent.name
    assert [b"".join(one.content()) for one in message.attachments] == [b"hello"]
    assert delivery_of(said).state == DeliveryState.SENT
    assert flush_outbox() == 0


def test_the_answer_to_our_answer_finds_the_thread_and_a_copy_of_ours_is_nothing_new(connector, question, channel):
    said = answer(question)
    flush_outbox()
    ours = delivery_of(said).external_id

    [reply] = intake([incoming(channel, thread_ids=(ours,), sender_address="third@elsewhere.test")])
    [copy] = intake([incoming(channel, external_id=ours)])

    assert reply.conversation.pk == question.conversation.pk
    assert (copy.created, copy.message.pk) == (False, said.pk)
    assert answer(question).thread_ids[-1] == reply.message.external_id


def test_what_is_sent_when_nobody_else_wrote_refers_to_our_own_last_message(connector, question):
    answer(question)
    flush_outbox()
    first = Delivery.objects.get()
    assert answer(question).thread_ids[-1] == first.external_id


def test_sending_happens_outside_any_transaction(connector, question, monkeypatch):
    open_transactions = []
    send = connector.send
    main = connection
    monkeypatch.setattr(
        connector, "send", lambda *given: (open_transactions.append(main.in_atomic_block), send(*given))[1]
    )
    answer(question)
    flush_outbox()
    assert open_transactions == [False]


def test_a_passing_failure_is_tried_again_under_the_same_name(connector, question):
    connector.outcomes = [SendFailed("421 busy", permanent=False), ConnectionResetError("gone")]
    said = answer(question)

    for attempt, error in ((1, "421 busy"), (2, "ConnectionResetError: gone")):
        due_now()
        assert flush_outbox() == 0
        delivery = delivery_of(said)
        assert (delivery.state, delivery.attempts, delivery.error) == (DeliveryState.QUEUED, attempt, error)
        assert delivery.next_try_at > timezone.now() + timedelta(seconds=20)

    due_now()
    assert flush_outbox() == 1
    assert {message.message_id for _, message in connector.sent} == {said.pk}
    assert delivery_of(said).attempts == 3


def test_a_permanent_failure_is_told_and_recorded_and_may_be_sent_again_by_hand(connector, question, told):
    connector.outcomes = [SendFailed("550 no such user", permanent=True)]
    said = answer(question)
    flush_outbox()

    delivery = delivery_of(said)
    assert (delivery.state, delivery.error) == (DeliveryState.FAILED, "550 no such user")
    assert told == [DeliveryState.FAILED]
    assert next(entry.event for entry in history_of(said)) == "conversations.message.failed"

    retry_delivery(delivery=delivery, actor=DESK)
    assert flush_outbox() == 1
    assert told == [DeliveryState.FAILED, DeliveryState.SENT]
    with pytest.raises(Conflict):
        retry_delivery(delivery=delivery_of(said), actor=DESK)


def test_after_three_days_of_passing_failures_the_message_has_failed(connector, question):
    connector.outcomes = [SendFailed("421 busy", permanent=False)]
    answer(question)
    with connection.cursor() as cursor:  # an old message: its id carries its time
        cursor.execute("ALTER TABLE conversations_message DISABLE TRIGGER conversations_message_unaltered")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE conversations_message SET id = overlay(id::text placing '0190' from 1 for 4)::uuid WHERE direction = 'out' RETURNING id"
        )
        cursor.execute("UPDATE conversations_delivery SET message_id = %s", [cursor.fetchone()[0]])
        cursor.execute("SET session_replication_role = DEFAULT")
    flush_outbox()
    assert Delivery.objects.get().state == DeliveryState.FAILED


def test_a_message_whose_worker_died_is_taken_over_after_the_lease(connector, question):
    said = answer(question)
    now = timezone.now()
    Delivery.objects.update(
        state=DeliveryState.SENDING, worker="dead", claimed_at=now, next_try_at=now + LEASE, attempts=1
    )
    assert flush_outbox() == 0
    due_now()
    assert flush_outbox() == 1
    assert delivery_of(said).state == DeliveryState.SENT


def test_a_late_outcome_of_a_claim_that_was_taken_over_changes_nothing(connector, question, monkeypatch):
    said = answer(question)
    send = connector.send

    def overtaken(endpoint, message):
        Delivery.objects.update(worker="another")
        connection.close()  # this thread's own
        return send(endpoint, message)

    monkeypatch.setattr(connector, "send", overtaken)
    assert flush_outbox() == 0
    assert (delivery_of(said).state, delivery_of(said).worker) == (DeliveryState.SENDING, "another")


def test_two_workers_never_send_the_same_message(connector, question):
    for number in range(40):
        answer(question, text=f"answer {number}")

    def work():
        try:
            flush_outbox()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(connector.sent) == 40
    assert Delivery.objects.filter(state=DeliveryState.SENT).count() == 40


def test_a_bounce_turns_what_was_sent_into_a_failure(connector, question, channel, told):
    said = answer(question)
    flush_outbox()
    ours = delivery_of(said).external_id

    later = FailedRecipient("kunde@customer.test", permanent=False, status="4.4.1")
    intake([incoming(channel, auto="bounce", bounce_of=ours, failed_recipients=(later,))])
    assert delivery_of(said).state == DeliveryState.SENT

    gone = FailedRecipient("kunde@customer.test", permanent=True, diagnostic="550 no such user")
    [bounce] = intake([incoming(channel, auto="bounce", bounce_of=ours, failed_recipients=(gone,))])
    assert delivery_of(said).state == DeliveryState.FAILED
    assert "550 no such user" in delivery_of(said).error
    assert told == [DeliveryState.SENT, DeliveryState.FAILED]
    assert bounce.conversation.pk == question.conversation.pk


def test_refused_addressees_are_shown_on_a_sent_message(connector, question):
    refused = FailedRecipient("cc@customer.test", permanent=True, diagnostic="550 unknown")
    connector.outcomes = [SendResult("1@company.test", datetime.now(UTC), (refused,))]
    said = answer(question)
    flush_outbox()
    assert (delivery_of(said).state, delivery_of(said).error) == (DeliveryState.SENT, "cc@customer.test: 550 unknown")


def test_a_channel_without_a_connector_says_so(question, told):
    said = answer(question)
    flush_outbox()
    assert delivery_of(said).state == DeliveryState.FAILED


@pytest.mark.parametrize(("values", "field"), [({"text": "  "}, "text"), ({"to": []}, "to")])
def test_there_must_be_something_to_say_and_somebody_to_say_it_to(question, values, field):
    with pytest.raises(Invalid) as refusal:
        answer(question, **values)
    assert field in refusal.value.fields
    assert Message.objects.count() == 1


def test_a_handler_that_breaks_does_not_undo_the_outcome(connector, question, monkeypatch):
    monkeypatch.setattr(registry, "_delivery_handlers", {"test": lambda done: 1 / 0})
    said = answer(question)
    flush_outbox()
    assert delivery_of(said).state == DeliveryState.SENT
