"""What intake promises: once, in one transaction, in the right thread, whatever the message looks like."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from postroad.channels.protocol import FailedRecipient
from postroad.conversations import registry
from postroad.conversations.actions import intake, retry_handlers
from postroad.conversations.digest import message_digest
from postroad.conversations.models import (
    Attachment,
    Conversation,
    Direction,
    HandlerFailure,
    Message,
    Receipt,
)
from postroad.conversations.tests.factories import attached, incoming, make_channel
from postroad.ledger.queries import history_of
from postroad.org.models import Contact
from postroad.platform import blobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def handler(monkeypatch):
    """A registered handler that remembers its batches; `fails_on` names texts it cannot take."""

    class Handler:
        def __init__(self):
            self.batches, self.fails_on = [], set()

        def __call__(self, taken):
            if self.fails_on & {one.incoming.text for one in taken}:
                raise ValueError("cannot take this")
            self.batches.append(taken)

    handler = Handler()
    monkeypatch.setattr(registry, "_intake_handlers", {"test.handler": handler})
    return handler


def test_a_message_is_stored_with_everything_that_was_said(channel):
    given = incoming(
        channel,
        subject="发票问题",
        text="请帮我开发票",
        html="<p>请帮我开<b>发票</b><script>alert(1)</script></p>",
        attachments=(attached("合同.pdf", b"%PDF-1.4 content", "application/pdf"),),
    )

    [result] = intake([given])

    message = Message.objects.get()
    assert result.created
    assert result.message.pk == message.pk
    assert (message.direction, message.subject, message.text) == (Direction.IN, "发票问题", "请帮我开发票")
    assert message.html == "<p>请帮我开<b>发票</b></p>"
    assert blobs.read(message.raw) == given.raw
    attachment = message.attachments.get()
    assert (attachment.name, attachment.content_type) == ("合同.pdf", "application/pdf")
    assert blobs.read(attachment.blob) == b"%PDF-1.4 content"
    assert message.conversation.contact == message.contact == Contact.objects.get()
    assert message.conversation.message_count == 1


def test_the_same_message_again_is_no_second_one(channel, handler):
    given = incoming(channel)
    first = intake([given])[0]
    # Another way in adds other trace headers, so the original differs while the content does not.
    again = intake(
        [incoming(channel, external_id=given.external_id, text=given.text, raw=b"Received: x\r\n" + given.raw)]
    )[0]

    assert (again.created, again.message.pk) == (False, first.message.pk)
    assert Message.objects.count() == 1
    assert len(handler.batches) == 1


def test_the_same_message_twice_in_one_batch_is_stored_once(channel):
    given = incoming(channel)
    results = intake([given, given])
    assert [result.created for result in results] == [True, False]
    assert results[0].message.pk == results[1].message.pk


def test_another_message_under_a_used_id_is_not_lost(channel):
    first = incoming(channel, external_id="1@broken.test", text="one")
    other = incoming(channel, external_id="1@broken.test", text="two")

    assert [result.created for result in intake([first])] == [True]
    assert [result.created for result in intake([other, other])] == [True, False]
    assert [result.created for result in intake([first, other])] == [False, False]
    assert set(Message.objects.values_list("text", flat=True)) == {"one", "two"}


def test_the_same_message_on_two_channels_is_stored_on_both(company, channel):
    sales = make_channel(company, "sales")
    intake([incoming(channel, external_id="1@customer.test"), incoming(sales, external_id="1@customer.test")])
    assert Message.objects.count() == 2


@pytest.mark.parametrize("replies_first", [False, True])
def test_messages_of_one_batch_find_each_other(channel, replies_first):
    question = incoming(channel, external_id="q@customer.test")
    reply = incoming(channel, external_id="r@customer.test", thread_ids=("q@customer.test",))
    third = incoming(channel, thread_ids=("q@customer.test", "r@customer.test"))
    batch = [third, reply, question] if replies_first else [question, reply, third]

    results = intake(batch)

    conversation = Conversation.objects.get()
    assert {result.conversation.pk for result in results} == {conversation.pk}
    assert conversation.message_count == 3
    assert conversation.subject == question.subject


def test_a_reply_joins_the_conversation_of_the_newest_message_it_refers_to(channel):
    older, newer = incoming(channel), incoming(channel)
    results = intake([older, newer])
    [reply] = intake([incoming(channel, thread_ids=(older.external_id, newer.external_id))])
    assert reply.conversation.pk == results[1].conversation.pk
    assert Conversation.objects.get(pk=reply.conversation.pk).message_count == 2


def test_a_message_that_its_answer_overtook_joins_it(channel):
    first = incoming(channel, external_id="first@customer.test")
    second = incoming(channel, external_id="second@customer.test", thread_ids=("first@customer.test",))
    third = incoming(channel, thread_ids=("second@customer.test",))
    for late_one in (third, second, first):
        intake([late_one])
    assert Conversation.objects.get().message_count == 3


def test_a_stranger_does_not_slip_in_as_the_message_somebody_answered(channel):
    intake([incoming(channel, thread_ids=("seen-elsewhere@x.test",))])
    intake([incoming(channel, external_id="seen-elsewhere@x.test", sender_address="mallory@evil.test")])
    assert Conversation.objects.count() == 2


def test_two_answers_to_a_circular_are_not_joined_by_it(channel):
    circular = incoming(channel, external_id="circular@x.test")
    for _ in range(2):
        intake([incoming(channel, thread_ids=("circular@x.test",))])
    intake([circular])
    assert Conversation.objects.count() == 3


def test_messages_that_answer_each_other_in_a_circle_are_stored_all_the_same(channel):
    results = intake(
        [
            incoming(channel, external_id="a@x.test", thread_ids=("b@x.test",)),
            incoming(channel, external_id="b@x.test", thread_ids=("a@x.test",)),
            incoming(channel, external_id="c@x.test", thread_ids=("c@x.test",)),
        ]
    )
    assert [result.created for result in results] == [True, True, True]
    assert results[0].conversation.pk == results[1].conversation.pk


def test_a_reference_never_crosses_channels(company, channel):
    sales = make_channel(company, "sales")
    question = incoming(channel)
    intake([question])
    [reply] = intake([incoming(sales, thread_ids=(question.external_id,))])
    assert reply.conversation.channel_id == sales.pk


def test_the_same_subject_joins_nobody(channel):
    intake(
        [incoming(channel, subject="Invoice"), incoming(channel, subject="Re: Invoice", sender_address="other@x.test")]
    )
    assert Conversation.objects.count() == 2


@pytest.mark.parametrize(
    ("sender", "joins"),
    [
        ("kunde@customer.test", True),
        ("colleague@customer.test", True),
        ("stranger@elsewhere.test", False),
        ("", False),
    ],
)
def test_a_subject_token_joins_only_who_belongs_to_the_conversation(channel, sender, joins):
    [first] = intake([incoming(channel)])
    Conversation.objects.update(subject_token="PR-7")
    [second] = intake([incoming(channel, subject_token="PR-7", sender_address=sender)])
    assert (second.conversation.pk == first.conversation.pk) is joins


def test_sharing_a_public_mail_service_makes_nobody_a_colleague(channel):
    [first] = intake([incoming(channel, sender_address="a@qq.com")])
    Conversation.objects.update(subject_token="PR-7")
    [second] = intake([incoming(channel, subject_token="PR-7", sender_address="b@qq.com")])
    assert second.conversation.pk != first.conversation.pk


def _statements_for(channel, size, **values):
    batch = [
        incoming(
            channel,
            sender_address=f"new{number}-{size}@customer.test",
            html="<p>x</p>",
            attachments=(attached("a.txt", f"file {number} {size}".encode()), attached("b.txt", b"the same")),
            **values,
        )
        for number in range(size)
    ]
    with CaptureQueriesContext(connection) as statements:
        intake(batch)
    return [statement["sql"].partition("(")[0].partition(' "s')[0] for statement in statements]


def test_a_batch_costs_the_same_number_of_statements_at_3_and_at_30_messages(channel):
    [known] = intake([incoming(channel)])
    _statements_for(channel, 2)  # what is read once per process
    assert _statements_for(channel, 3) == _statements_for(channel, 30)
    references = {"thread_ids": (known.message.external_id,), "subject_token": "PR-9"}
    assert _statements_for(channel, 3, **references) == _statements_for(channel, 30, **references)


def test_handlers_get_the_whole_batch_once(channel, handler):
    known = incoming(channel)
    intake([known])
    intake([incoming(channel), incoming(channel, thread_ids=(known.external_id,))])
    [_, batch] = handler.batches
    assert [one.new_conversation for one in batch] == [True, False]
    assert {one.contact.name for one in batch} == {"客户"}
    assert batch[0].conversation.channel == channel


def test_a_message_a_handler_cannot_take_is_kept_and_tried_again(channel, handler):
    handler.fails_on = {"poison"}
    intake([incoming(channel, text="poison"), incoming(channel, text="fine")])

    assert Message.objects.count() == 2
    assert [[one.incoming.text for one in batch] for batch in handler.batches] == [["fine"]]
    failure = HandlerFailure.objects.get()
    assert failure.error == "ValueError: cannot take this"

    HandlerFailure.objects.update(next_try_at=failure.next_try_at - timedelta(hours=1))
    assert retry_handlers() == 0
    assert HandlerFailure.objects.get().attempts == 2

    handler.fails_on = set()
    HandlerFailure.objects.update(next_try_at=failure.next_try_at - timedelta(hours=1))
    assert retry_handlers() == 1
    [again] = handler.batches[-1]
    assert (again.incoming.text, again.new_conversation) == ("poison", True)
    assert HandlerFailure.objects.get().solved_at is not None
    assert retry_handlers() == 0


def test_what_a_failing_handler_wrote_is_undone(channel, monkeypatch):
    def writes_and_fails(taken):
        Conversation.objects.update(subject="spoilt")
        raise ValueError

    monkeypatch.setattr(registry, "_intake_handlers", {"test.handler": writes_and_fails})
    intake([incoming(channel, subject="kept")])
    assert Conversation.objects.get().subject == "kept"


def test_a_handler_that_finds_the_database_gone_fails_the_batch(channel, monkeypatch):
    from django.db import OperationalError

    def database_gone(taken):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(registry, "_intake_handlers", {"test.handler": database_gone})
    with pytest.raises(OperationalError), transaction.atomic():
        intake([incoming(channel)])
    assert not Message.objects.exists()


def test_bytes_postgresql_cannot_hold_lose_nothing_else(channel):
    intake(
        [
            incoming(
                channel, subject="a\0b", text="x\0y\ud800z", external_id="id\0", sender_name="\udfff", problems=("p\0",)
            )
        ]
    )
    message = Message.objects.get()
    assert message.subject == "a\N{REPLACEMENT CHARACTER}b"
    assert message.text.startswith("x\N{REPLACEMENT CHARACTER}y")


def test_an_endless_external_id_still_names_one_message(channel):
    endless = incoming(channel, external_id="x" * 10_000 + "@broken.test")
    assert [intake([endless])[0].created, intake([endless])[0].created] == [True, False]
    [reply] = intake([incoming(channel, thread_ids=(endless.external_id,))])
    assert Conversation.objects.get() == reply.conversation


def test_content_larger_than_memory_comes_in_pieces(channel):
    pieces = lambda: iter([b"a" * 70_000, b"b" * 70_000])  # noqa: E731
    file = attached("big.bin", b"")
    big = type(file)(name="big.bin", content_type="application/zip", size=140_000, sha256="", content=pieces)
    [result] = intake([incoming(channel, raw=pieces, attachments=(big,))])
    assert blobs.read(result.message.raw) == b"a" * 70_000 + b"b" * 70_000
    assert Attachment.objects.get().size == 140_000


def test_html_too_tangled_to_clean_is_left_out_and_said_so(channel):
    [result] = intake([incoming(channel, html="<div>" * 100_000)])
    message = Message.objects.get(pk=result.message.pk)
    assert message.html == ""
    assert "html-not-shown" in message.problems


def test_a_bounce_has_no_contact(channel):
    intake(
        [
            incoming(
                channel,
                sender_address="mailer-daemon@x.test",
                auto="bounce",
                bounce_of="nobody-knows@x.test",
                failed_recipients=(FailedRecipient("a@x.test", permanent=True),),
            )
        ]
    )
    assert Message.objects.get().contact is None
    assert not Contact.objects.exists()


def test_the_ledger_holds_the_digest_of_what_was_said(channel):
    [result] = intake([incoming(channel, attachments=(attached("a", b"1"),))])
    message = Message.objects.select_related("raw").get(pk=result.message.pk)
    again = message_digest(
        message,
        attachments=[(one.name, one.size, bytes(one.blob.sha256)) for one in message.attachments.all()],
        raw_sha256=bytes(message.raw.sha256),
    )
    [entry] = history_of(message)
    assert entry.data["digest"] == bytes(message.digest).hex() == again.hex()


@pytest.mark.parametrize("column", ["text", "sender_address", "received_at", "digest", "html", "external_id"])
def test_the_database_refuses_to_change_what_was_said(channel, column):
    intake([incoming(channel)])
    other = {"received_at": "now()", "digest": "'\\x00'::bytea"}.get(column, "'forged'")
    with pytest.raises(DatabaseError, match="not changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE conversations_message SET {column} = {other}")


def test_the_database_refuses_to_delete_a_message(channel):
    intake([incoming(channel)])
    with pytest.raises(DatabaseError, match="not deleted"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM conversations_message")


def test_a_message_may_move_to_another_conversation(channel):
    [first], [second] = intake([incoming(channel)]), intake([incoming(channel)])
    Message.objects.filter(pk=first.message.pk).update(conversation=second.conversation)
    assert second.conversation.messages.count() == 2


def test_an_unknown_channel_fails_the_batch_and_keeps_nothing(channel):
    from uuid import uuid4

    with pytest.raises(LookupError), transaction.atomic():
        intake([incoming(channel), incoming(channel, channel_id=uuid4())])
    assert not Receipt.objects.exists()


def test_an_empty_batch_is_nothing(channel, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert intake([]) == []
