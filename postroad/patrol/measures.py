"""risk.channel-abuse: what was found in work groups is dealt with on the day of the patrol that shows it."""

from django.db.models import DateField, F, Q
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone

from postroad.clock.models import DutyOccurrence
from postroad.org.models import today
from postroad.patrol.models import Finding
from postroad.platform.measures import Measure, Period


def handled_same_day(period: Period) -> Measure:
    """The share of patrols done and findings dealt with in time, among those that were due in the period."""
    first, last = timezone.localdate(period.start), timezone.localdate(period.end)
    due = Finding.objects.filter(due_on__gte=first, due_on__lt=last)
    due = due.annotate(handled_on=TruncDate("handled_at", output_field=DateField()))
    over = due.filter(Q(due_on__lt=today()) | ~Q(outcome=""))
    late = Q(outcome="") | Q(handled_on__gt=F("due_on"))
    patrols = DutyOccurrence.objects.filter(duty__patrol_round__isnull=False, day__gte=first, day__lt=last)
    ended = patrols.filter(Q(deadline__finished_at__isnull=False) | Q(deadline__missed_at__isnull=False))
    short = over.filter(late).count() + ended.filter(deadline__missed_at__isnull=False).count()
    number = over.count() + ended.count()
    grades = due.values_list("channel__observability", flat=True).union(
        patrols.values_list("duty__patrol_round__channel__observability", flat=True)
    )
    return Measure(
        value=100 * (number - short) / number if number else None,
        unit="percent",
        sample_size=number,
        exceptions=short,
        evidence_url=reverse("patrol:rounds"),
        rests_on=frozenset(grades),
    )
