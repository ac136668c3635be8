"""Intake by several processes at once, each on a connection of its own."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from postroad.conversations.actions import intake
from postroad.conversations.models import Conversation, Message
from postroad.conversations.tests.factories import incoming

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works):
    """Run `works` in threads that start together; returns their results, raises the first failure."""
    results, failures = [None] * len(works), []
    gate = threading.Barrier(len(works))

    def run(index, work):
        try:
            connection.ensure_connection()
            gate.wait()
            results[index] = work()
        except Exception as failure:  # noqa: BLE001 - carried to the test's own thread
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results


def test_the_same_messages_on_two_ways_in_at_once_are_stored_once(channel):
    for _ in range(5):
        mails = [incoming(channel) for _ in range(30)]
        first, second = at_once(lambda mails=mails: intake(mails), lambda mails=mails: intake(mails[::-1]))
        assert [one.message.pk for one in first] == [one.message.pk for one in second[::-1]]
    assert Message.objects.count() == 150
    assert Conversation.objects.count() == 150


def test_answers_to_the_same_conversations_at_once_neither_block_nor_miscount(channel):
    questions = intake([incoming(channel) for _ in range(10)])

    def answers(order):
        return lambda: intake([incoming(channel, thread_ids=(questions[i].message.external_id,)) for i in order])

    at_once(answers(range(10)), answers(reversed(range(10))), answers([5, 1, 9, 0, 2, 8, 3, 7, 4, 6]))
    assert set(Conversation.objects.values_list("message_count", flat=True)) == {4}
