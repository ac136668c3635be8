"""What groups show on the board. As things stand now, whatever the period, but for hand-overs."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils import timezone

from postroad.access.registry import Uncovered
from postroad.channels import queries as channels
from postroad.channels.models import Channel, Kind, Observability
from postroad.groups import queries
from postroad.groups.models import Difference, Field, Group, HandOver
from postroad.messengers import queries as messengers
from postroad.messengers.protocol import Sight, messenger_of
from postroad.org.models import today
from postroad.platform.measures import Measure, MeasureFunction, Period


def groups_registered(period: Period) -> Measure:
    """internal.im-unified: how many groups in the messengers are registered nowhere; the target is none.

    Rests on what the messengers let us see: where that is only our own rooms, the figure says so.
    """
    del period
    connected = list(messengers.in_use())
    found = messengers.strays().count()
    seen = Group.objects.filter(channel__room__gone_at__isnull=True, channel__room__isnull=False).count()
    sights = {messenger_of(one.connector).sight for one in connected}
    grades = {Sight.ALL_ROOMS: Observability.API, Sight.OWN_ROOMS: Observability.OWN_ROOMS}
    return Measure(
        value=float(found) if connected else None,
        unit="count",
        sample_size=seen + found if connected else 0,
        exceptions=found,
        target_met=found == 0 if connected else None,
        evidence_url=reverse("groups:strays"),
        rests_on=frozenset(str(grades[one]) for one in sights),
    )


def groups_named_by_rule(period: Period) -> Measure:
    """internal.im-naming: the share of registered groups that are called as declared.

    Groups kept in a messenger count by the name seen there; others by their registered name and the rule for groups.
    """
    del period
    everything = list(channels.in_use(kind=Kind.GROUP))
    kept = set(Group.objects.values_list("channel_id", flat=True))
    wrong = set(_open(Field.NAME).values_list("channel_id", flat=True))
    stored = channels.naming_rules().get(Kind.GROUP)
    others = [one for one in everything if one.pk not in kept]
    if stored is not None:
        wrong |= {one.pk for one in channels.breaking(channels.rule_of(stored), others).breaking}
    else:
        everything = [one for one in everything if one.pk in kept]
    return _share(everything, wrong, evidence=f"{reverse('groups:differences')}?field={Field.NAME}")


def groups_owned(period: Period) -> Measure:
    """internal.im-owner: the share of registered groups whose owner works here and is, in the messenger, who was
    declared: the department's head, the project's lead, or a named delegate.
    """
    del period
    everything = list(channels.in_use(kind=Kind.GROUP))
    day = today()
    wrong = {one.pk for one in everything if not one.owner.is_active_on(day)}
    wrong |= set(_open(Field.OWNER).values_list("channel_id", flat=True))
    return _share(everything, wrong, evidence=f"{reverse('groups:differences')}?field={Field.OWNER}")


def differences_open(period: Period) -> Measure:
    """access.least-privilege: how many members and settings are really other than approved; the target is none."""
    del period
    counted = [Field.MISSING, Field.EXTRA, Field.STRANGER, Field.SETTING, Field.OWNER, Field.ADMIN]
    found = Difference.objects.filter(state=Difference.State.OPEN, field__in=counted)
    kept = list(Group.objects.select_related("channel"))
    wrong = found.count()
    return Measure(
        value=float(wrong) if kept else None,
        unit="count",
        sample_size=len(kept),
        exceptions=found.values("channel").distinct().count(),
        target_met=wrong == 0 if kept else None,
        evidence_url=reverse("groups:differences"),
        rests_on=_grades(one.channel for one in kept),
    )


def changed_in_the_messenger(period: Period) -> Uncovered:
    """What people changed of who may do what in the messengers themselves, with no application, in a period."""
    about = [Field.OWNER, Field.MISSING, Field.EXTRA, Field.STRANGER, Field.ADMIN, Field.SETTING]
    found = Difference.objects.filter(by_messenger=True, field__in=about, since__gte=period.start, since__lt=period.end)
    return Uncovered(found.count(), reverse("groups:differences"))


def channels_answered_for(period: Period) -> Measure:
    """risk.accountability: the share of channels in use with somebody who answers for them and works here.

    A channel falls short while its owner has left, after a hand-over that nobody settled in time in the period, and
    while a channel that rests on its owner's word was not confirmed last month.
    """
    everything = list(channels.in_use())
    day = today()
    wrong = {one.pk for one in everything if not one.owner.is_active_on(day)}
    end = min(period.end, timezone.now())
    late = HandOver.objects.filter(state=HandOver.State.PASSED, closed_at__gte=period.start, closed_at__lt=end)
    wrong |= set(late.values_list("channel_id", flat=True))
    wrong |= set(queries.unconfirmed_last_month().values_list("pk", flat=True))
    return _share(everything, wrong, evidence=reverse("groups:hand_overs"))


def _open(field: Field) -> Any:
    return Difference.objects.filter(state=Difference.State.OPEN, field=field)


def _share(everything: list[Channel], wrong: Iterable[Any], *, evidence: str) -> Measure:
    short = set(wrong) & {one.pk for one in everything}
    return Measure(
        value=100 * (len(everything) - len(short)) / len(everything) if everything else None,
        unit="percent",
        sample_size=len(everything),
        exceptions=len(short),
        evidence_url=evidence,
        rests_on=_grades(everything),
    )


def _grades(found: Iterable[Channel]) -> frozenset[str]:
    return frozenset(one.observability for one in found)


MEASURES: dict[str, MeasureFunction] = {
    "internal.im-unified": groups_registered,
    "internal.im-naming": groups_named_by_rule,
    "internal.im-owner": groups_owned,
    "access.least-privilege": differences_open,
    "risk.accountability": channels_answered_for,
}
