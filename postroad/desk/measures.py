"""What the desk shows on the board: how many promises of each kind were kept, of those decided in the period.

Counted are promises that ended met or missed. Left out, and stated on the evidence page, are those that were dropped
with a reason (spam, merged, closed as needing no answer) and mail from robots, on which nothing is promised.
"""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from postroad.desk import queries
from postroad.desk.queries import Ended, Promise
from postroad.hotline.queries import answered as calls_answered
from postroad.platform.measures import Measure, Period


def first_reply_on_time(period: Period) -> Measure:
    """`external.sla-mail`: the share of first replies that the mail server took in time."""
    return _share_kept(Promise.FIRST_REPLY, period)


def chat_answered_on_time(period: Period) -> Measure:
    """`external.sla-chat`: the share of live chats in which a person wrote back in time."""
    return _share_kept(Promise.CHAT_REPLY, period)


def called_in_time(period: Period) -> Measure:
    """`external.sla-phone`: the share of callers who were answered, or called back, within the promised time.

    Counted are calls that were answered, by when they began, and callers who reached nobody, each once however often
    they tried, as the promise of calling back ended. A missed call with a withheld number is one not kept.
    """
    calls = calls_answered(start=period.start, end=period.end)
    found = queries.of_period(start=period.start, end=period.end, promise=Promise.CALL_BACK)
    counted = queries.counts_by_end(found)
    kept = calls.in_time + counted[Ended.MET]
    failed = calls.late + calls.nameless + counted[Ended.MISSED]
    return Measure(
        value=100 * kept / (kept + failed) if kept + failed else None,
        sample_size=kept + failed,
        unit="percent",
        exceptions=failed,
        evidence_url=evidence_url(Promise.CALL_BACK, period, ended=Ended.MISSED if counted[Ended.MISSED] else None),
        rests_on=queries.observabilities(found) | queries.observabilities_of(calls.channels),
    )


def answered_on_time(period: Period) -> Measure:
    """`external.response-24h`: the share of customer questions answered in time."""
    return _share_kept(Promise.ANSWER, period)


def _share_kept(promise: Promise, period: Period) -> Measure:
    found = queries.of_period(start=period.start, end=period.end, promise=promise)
    counted = queries.counts_by_end(found)
    met, missed = counted[Ended.MET], counted[Ended.MISSED]
    return Measure(
        value=100 * met / (met + missed) if met + missed else None,
        sample_size=met + missed,
        unit="percent",
        exceptions=missed,
        evidence_url=evidence_url(promise, period, ended=Ended.MISSED if missed else None),
        rests_on=queries.observabilities(found),
    )


def evidence_url(promise: Promise, period: Period, *, ended: Ended | None = None) -> str:
    """The page that lists the promises behind a figure."""
    asked = {"promise": promise.name.lower(), "since": period.start.isoformat(), "until": period.end.isoformat()}
    return f"{reverse('desk:promises')}?{urlencode(asked | ({'ended': ended.value} if ended else {}))}"
