"""Partitions: made ahead, never missed, and what was not foreseen is put right."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from postroad.conversations.actions import intake, prepare_partitions
from postroad.conversations.models import Attachment, Message
from postroad.conversations.tests.factories import attached, incoming

pytestmark = pytest.mark.django_db


def partitions():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'conversations_message'::regclass"
        )
        return {row[0] for row in cursor.fetchall()}


def stored_in(message):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM conversations_message WHERE id = %s", [message.pk])
        return cursor.fetchone()[0]


def test_this_month_and_the_next_three_have_room():
    prepare_partitions(now=datetime(2031, 11, 30, tzinfo=UTC))
    names = {f"conversations_message_{month}" for month in ("2031_11", "2031_12", "2032_01", "2032_02")}
    assert names <= partitions()
    assert prepare_partitions(now=datetime(2031, 11, 30, tzinfo=UTC)) == []


def test_migrating_makes_room_for_today():
    assert f"conversations_message_{datetime.now(UTC):%Y_%m}" in partitions()


def test_a_message_of_a_month_without_room_comes_in_and_is_moved_later(channel):
    month = f"conversations_message_{datetime.now(UTC):%Y_%m}"
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE conversations_message DETACH PARTITION {month}; DROP TABLE {month}")
    result, other = intake([incoming(channel, attachments=(attached("a", b"1"),)), incoming(channel)])
    assert stored_in(result.message) == stored_in(other.message) == "conversations_message_default"
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as the commit does

    assert month in prepare_partitions()

    assert stored_in(result.message) == stored_in(other.message) == month
    assert Attachment.objects.get().message == result.message
    with pytest.raises(DatabaseError, match="not changed"), transaction.atomic():
        Message.objects.update(text="forged")
