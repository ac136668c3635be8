"""The sink and the directory that running connectors get."""

import pytest
from django.db import DataError, OperationalError

from postroad.channels import actions, protocol
from postroad.channels.actions import ChannelDirectory, take_in
from postroad.channels.models import ConnectorCursor
from postroad.channels.protocol import Cursor, EndpointState, TemporarilyUnavailable
from postroad.channels.tests.factories import ACTOR, apply, incoming, live_channel
from postroad.conversations.models import Message

pytestmark = pytest.mark.django_db
MAIL = {
    "connector": "mail",
    "connector_settings": {
        "inbound": "listener",
        "smtp_host": "localhost",
        "smtp_port": 25,
        "smtp_security": "plain",
    },
}


@pytest.fixture
def channel(company):
    return live_channel(company, **MAIL)


def test_messages_and_the_place_behind_them_are_committed_together(channel):
    messages = [incoming(channel.pk), incoming(channel.pk)]
    receipts = take_in(messages, cursors=[Cursor(channel.pk, "imap:INBOX", {"next_uid": 3})])
    assert [receipt.created for receipt in receipts] == [True, True]
    assert {receipt.message_id for receipt in receipts} == set(Message.objects.values_list("pk", flat=True))
    assert ChannelDirectory("mail").cursor(channel.pk, "imap:INBOX") == {"next_uid": 3}
    [again, new] = take_in(
        [messages[0], incoming(channel.pk)], cursors=[Cursor(channel.pk, "imap:INBOX", {"next_uid": 4})]
    )
    assert (again.created, again.message_id, new.created) == (False, receipts[0].message_id, True)
    assert ConnectorCursor.objects.get().value == {"next_uid": 4}


@pytest.mark.django_db(transaction=True)
def test_when_the_messages_cannot_be_stored_the_place_is_not_moved(company, monkeypatch):
    channel = live_channel(company, **MAIL)

    def broken(batch):
        Message.objects.count()
        raise DataError("cannot be stored")

    monkeypatch.setattr(protocol, "_intake", broken)
    with pytest.raises(DataError):
        take_in([incoming(channel.pk)], cursors=[Cursor(channel.pk, "imap:INBOX", {"next_uid": 3})])
    assert not ConnectorCursor.objects.exists()


@pytest.mark.parametrize("fault", [OperationalError("the database is away"), OSError(28, "No space left on device")])
def test_our_own_passing_faults_are_told_from_those_of_the_message(channel, monkeypatch, fault):
    def broken(batch):
        raise fault

    monkeypatch.setattr(protocol, "_intake", broken)
    with pytest.raises(TemporarilyUnavailable):
        take_in([incoming(channel.pk)])


def test_a_strangers_probe_header_is_a_message_like_any_other(channel):
    [receipt] = take_in([incoming(channel.pk, probe="not-a-token-of-ours")])
    assert receipt.created
    assert Message.objects.count() == 1


def test_the_directory_lists_what_is_approved_live_or_suspended(company, channel):
    apply(company, **MAIL)
    suspended = live_channel(company, **MAIL)
    actions.suspend_channel(channel=suspended, reason="x", actor=ACTOR)
    retired = live_channel(company, **MAIL)
    actions.retire_channel(channel=retired, reason="x", actor=ACTOR)
    found = {one.channel_id: one.state for one in ChannelDirectory("mail").endpoints()}
    assert found == {channel.pk: EndpointState.OPEN, suspended.pk: EndpointState.DEFERRED}
    assert ChannelDirectory("other").endpoints() == ()
    assert ChannelDirectory("mail").cursor(channel.pk, "nothing") is None
