"""The question how satisfied a visitor was, put into their chat and answered there."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from postroad.livechat.models import Visit
from postroad.livechat.queries import topic_of
from postroad.livechat.ratings import ratings
from postroad.platform import realtime
from postroad.platform.errors import NotFound


@transaction.atomic
def ask_for_rating(*, visit: Visit, until: datetime) -> None:
    """Show the question in the visitor's chat until then."""
    Visit.objects.filter(pk=visit.pk).update(asked_until=until, rated=None)
    realtime.publish(topic_of(visit.pk))


@transaction.atomic
def rate(*, visit: Visit, score: int, words: str) -> None:
    """Hand the answer to who keeps it. Raises NotFound where nothing was asked, and what `Ratings.rate` does."""
    keeper = ratings()
    if keeper is None or visit.asked_until is None:
        raise NotFound(_("There is nothing to rate here."))
    keeper.rate(visit, score=score, words=words)
    Visit.objects.filter(pk=visit.pk).update(rated=score)
    realtime.publish(topic_of(visit.pk))
