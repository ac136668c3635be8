"""A messenger calls us: verified by its connector, taken in, answered; or refused and counted."""

import logging
from datetime import timedelta
from hashlib import sha256

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from postroad.messengers import queries
from postroad.messengers.actions.happenings import take_happenings
from postroad.messengers.models import Messenger, SeenCallback
from postroad.messengers.protocol import Callback, CallbackRefused, CallbackReply, Feature
from postroad.org.models import today

log = logging.getLogger(__name__)

REMEMBERED = timedelta(hours=1)
REPLAYED = gettext_noop("replayed")


def receive_callback(*, messenger: Messenger, callback: Callback) -> CallbackReply:
    """Verify a callback, take in what it tells, and return the answer. Raises CallbackRefused, after counting it.

    A genuine callback that comes again, be it the messenger's own retry or somebody's replay, is counted and answered
    like the first, and nothing of it is stored.
    """
    try:
        reply = _read(messenger, callback)
    except CallbackRefused as refusal:
        refuse_callback(messenger=messenger, reason=refusal.reason)
        raise
    if reply.happenings:
        with transaction.atomic():
            if _is_new(messenger, callback):
                take_happenings(messenger=messenger, happenings=reply.happenings)
            else:
                refuse_callback(messenger=messenger, reason=REPLAYED)
    return reply


def refuse_callback(*, messenger: Messenger, reason: str) -> None:
    """Count a refused callback under the day and the reason; nothing else of it is kept."""
    log.warning("a callback of the messenger %s was refused: %s", messenger.key, reason)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO messengers_refusedcallback AS kept (messenger_id, day, reason, count, last_at)
            VALUES (%s, %s, %s, 1, now())
            ON CONFLICT (messenger_id, day, reason) DO UPDATE SET count = kept.count + 1, last_at = now()
            """,
            [messenger.pk, today(), reason[:100]],
        )


def forget_callbacks() -> int:
    """Forget which callbacks came more than an hour ago: connectors refuse what is that old. Returns how many."""
    return SeenCallback.objects.filter(at__lt=timezone.now() - REMEMBERED).delete()[0]


def _read(messenger: Messenger, callback: Callback) -> CallbackReply:
    connector, account = queries.connection_of(messenger)
    if Feature.CALLBACKS not in connector.features or messenger.state != Messenger.State.IN_USE:
        raise CallbackRefused(gettext_noop("not expected"), status=404)
    return connector.read_callback(account, callback)


def _is_new(messenger: Messenger, callback: Callback) -> bool:
    query = (f"{name}={value}" for name, value in sorted(callback.query.items()))
    parts = [str(messenger.pk), callback.method, callback.path, *query]
    digest = sha256("\0".join(parts).encode() + b"\0" + callback.body).digest()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messengers_seencallback (digest, at) VALUES (%s, now()) ON CONFLICT DO NOTHING", [digest]
        )
        return bool(cursor.rowcount == 1)
