"""The live stream: server-sent events saying which topics of a page have changed.

An event `hint` carries topics, separated by blanks; an event `beat` carries the server's time in milliseconds. Both
carry as their id the position from which a later stream continues without loss.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import psycopg
from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from postroad.platform.authorisation import signed_in
from postroad.platform.errors import Refused
from postroad.platform.realtime import allowed_topics
from postroad.web.hub import Hub, Stream, catch_up, hub_of_this_process

log = logging.getLogger(__name__)

# A page has a handful of topics, a person a few pages.
MOST_TOPICS = 40
MOST_STREAMS = 20
BEAT_SECONDS = 15.0
# A stream ends by itself, so that the next one asks again what this person may hear.
LONGEST_SECONDS = 600.0


@require_safe
@signed_in
async def live(request: HttpRequest) -> HttpResponseBase:
    asked = dict.fromkeys(request.GET.getlist("topic")[:MOST_TOPICS])
    topics = await sync_to_async(allowed_topics)(request.user, asked)
    if not topics:
        raise Refused(_("You may not listen to this."))
    hub, owner = hub_of_this_process(), request.user.pk
    if hub.closing or hub.streams_of(owner) >= MOST_STREAMS:
        return HttpResponse(status=503 if hub.closing else 429, headers={"Retry-After": "10"})
    position = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    stream = Stream(owner=owner, topics=frozenset(topics))
    return StreamingHttpResponse(
        _events(hub, stream, position),
        content_type="text/event-stream",
        # Proxies must hand every event on at once.
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(hub: Hub, stream: Stream, position: str) -> AsyncIterator[str]:
    await sync_to_async(_release_database)()
    try:
        await hub.join(stream)
        await catch_up(stream, position)
        end = time.monotonic() + LONGEST_SECONDS
        yield "retry: 1000\n\n"
        while not hub.closing and time.monotonic() < end:
            for event in _due(stream):
                yield event
            with suppress(TimeoutError):
                await asyncio.wait_for(stream.awake.wait(), timeout=BEAT_SECONDS)
    except (psycopg.OperationalError, TimeoutError) as error:
        # The stream just ends: the browser comes back and continues from its position.
        log.warning("a live stream ends, the database does not answer: %s", error)
    finally:
        hub.leave(stream)


def _due(stream: Stream) -> Iterator[str]:
    """The hint that waits, if any, then a beat; a beat tells a position only when nothing before it is untold."""
    if changed := stream.take():
        yield f"event: hint\nid: {stream.position}\ndata: {' '.join(changed)}\n\n"
    position = "" if stream.changed else f"id: {stream.position}\n"
    yield f"event: beat\n{position}data: {int(time.time() * 1000)}\n\n"


def _release_database() -> None:
    """Gives back the connection with which the person was looked up: a stream lasts, connections are few."""
    if not connection.in_atomic_block:
        connection.close()
