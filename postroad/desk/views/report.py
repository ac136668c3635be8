"""The promises behind each figure."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from postroad.desk import queries
from postroad.desk.permissions import Permission, sight_of
from postroad.desk.queries import Ended, Promise
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.measures import Period

DAYS = 30


@require_safe
@requires(Permission.REPORT_VIEW)
def promises(request: StaffRequest) -> HttpResponse:
    """The promises behind a figure; what the reader may not see of a case is left out, the promise itself is not."""
    promise = _named(request.GET.get("promise", ""))
    period = _period_asked(request)
    how = next((one for one in Ended if one.value == request.GET.get("ended")), None)
    found = queries.of_period(start=period.start, end=period.end, promise=promise)
    page, evidence = queries.evidence_page(
        queries.ended(found, how), sight=sight_of(request.person), cursor=request.GET.get("cursor")
    )
    return render(
        request,
        "desk/promises.html",
        {
            "promise": promise,
            "period": period,
            "ended": how,
            "choices": list(Ended),
            "counts": queries.counts_by_end(found),
            "page": page,
            "evidence": evidence,
        },
    )


def _named(name: str) -> Promise:
    return next((promise for promise in Promise if promise.name.lower() == name), Promise.FIRST_REPLY)


def _period_asked(request: StaffRequest) -> Period:
    """The period as a figure's link names it, in moments; what is malformed falls back to the last thirty days."""
    start, end = (_moment(request.GET.get(name, "")) for name in ("since", "until"))
    if start and end and start < end:
        return Period(start=start, end=end)
    midnight = datetime.combine(timezone.localdate(), time.min, tzinfo=timezone.get_current_timezone())
    return Period(start=midnight - timedelta(days=DAYS - 1), end=midnight + timedelta(days=1))


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is None or timezone.is_aware(moment) else timezone.make_aware(moment)
