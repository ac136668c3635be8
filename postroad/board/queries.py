"""Reads of the board: targets in force, assessments over a period, trends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from postroad.approvals.models import Request
from postroad.board.models import ControlTarget, Figure
from postroad.board.periods import Days, today
from postroad.board.standard import Bound, Control, StandardSection, controls, sections
from postroad.channels.models import Observability
from postroad.platform.actors import Subject
from postroad.platform.measures import Measure, MeasureFunction, Period, registered_measures

TARGET_REQUEST = "board.target"
TREND_DAYS = 30
HISTORY_DAYS = 90

# Grades of channels that nobody but their owner can vouch for.
UNVERIFIED = (Observability.ATTESTED, Observability.UNSEEN)


class Verdict(models.TextChoices):
    """What the board says of a control."""

    SHORT = "short", pgettext_lazy("verdict", "Falls short")
    MET = "met", pgettext_lazy("verdict", "Met")
    NOTHING = "nothing", pgettext_lazy("verdict", "Nothing to measure")
    UNMEASURED = "unmeasured", pgettext_lazy("verdict", "Not yet measured")

    @property
    def tone(self) -> str:
        return {Verdict.SHORT: "danger", Verdict.MET: "success", Verdict.NOTHING: "info"}.get(self, "secondary")


@dataclass(frozen=True)
class Target:
    """What is demanded of a control now: the standard's own bound (version 0) or the company's."""

    bound: Bound
    number: int = 0

    @property
    def is_own(self) -> bool:
        return self.number > 0


@dataclass(frozen=True)
class Point:
    """One day of a trend."""

    day: date
    value: float | None
    met: bool | None
    sample_size: int
    exceptions: int


@dataclass(frozen=True)
class Assessment:
    """A control over a period: its target, what was found, the verdict, and the days that led there."""

    control: Control
    target: Target
    measure: Measure | None
    verdict: Verdict
    trend: Sequence[Point] = ()

    @property
    def unverified(self) -> list[Observability]:
        """The grades of channels behind the figure which nobody but their owner can vouch for."""
        return [grade for grade in UNVERIFIED if self.measure and grade.value in self.measure.rests_on]


def targets_in_force(at: datetime | None = None) -> dict[str, Target]:
    """The target of every control at a moment (default: now), in one query."""
    versions = (
        ControlTarget.objects.filter(valid_from__lte=at or timezone.now())
        .order_by("control", "-number")
        .distinct("control")
    )
    own = {version.control: version for version in versions}
    return {
        key: Target(bound=control.default.with_value(own[key].value), number=own[key].number)
        if key in own
        else Target(bound=control.default)
        for key, control in controls().items()
    }


def assess(days: Days, *, keys: Iterable[str] | None = None, trend_days: int = TREND_DAYS) -> list[Assessment]:
    """The controls (default: all) over these days, in the order of the standard.

    Two queries beside those of the measures. A verdict goes by the target in force at the end of the period, or now.
    """
    wanted = list(controls() if keys is None else keys)
    targets = targets_in_force(min(days.period.end, timezone.now()))
    trends = trends_of(wanted, since=min(days.last, today()) - timedelta(days=trend_days - 1), until=days.last)
    functions = registered_measures()
    return [
        assess_control(
            controls()[key],
            target=targets[key],
            function=functions.get(key),
            period=days.period,
            trend=trends.get(key, ()),
        )
        for key in wanted
    ]


def assess_control(
    control: Control,
    *,
    target: Target,
    function: MeasureFunction | None,
    period: Period,
    trend: Sequence[Point] = (),
) -> Assessment:
    """One control over a period. Raises ValueError for a measure in another unit than the target's."""
    if function is None:
        return Assessment(control=control, target=target, measure=None, verdict=Verdict.UNMEASURED, trend=trend)
    measure = function(period)
    if measure.unit != target.bound.unit:
        message = f"{control.key} is measured in {measure.unit}, its target is in {target.bound.unit}"
        raise ValueError(message)
    return Assessment(
        control=control, target=target, measure=measure, verdict=verdict_on(measure, target.bound), trend=trend
    )


def verdict_on(measure: Measure, bound: Bound) -> Verdict:
    """The measure's own verdict where it has one, else by the target."""
    if measure.value is None:
        return Verdict.NOTHING
    met = bound.is_met_by(measure.value) if measure.target_met is None else measure.target_met
    return Verdict.MET if met else Verdict.SHORT


def trends_of(keys: Iterable[str], *, since: date, until: date) -> dict[str, list[Point]]:
    """The recorded days of several controls, oldest first, in one query."""
    points: dict[str, list[Point]] = defaultdict(list)
    figures = Figure.objects.filter(day__range=(since, until), control__in=list(keys)).order_by("day")
    for figure in figures:
        points[figure.control].append(
            Point(
                day=figure.day,
                value=figure.value,
                met=figure.met,
                sample_size=figure.sample_size,
                exceptions=figure.exceptions,
            )
        )
    return points


@dataclass(frozen=True)
class AssessedSection:
    section: StandardSection
    assessments: list[Assessment]


def by_section(assessments: Iterable[Assessment]) -> list[AssessedSection]:
    """Assessments under their sections; a section without any is left out."""
    grouped: dict[str, list[Assessment]] = defaultdict(list)
    for assessment in assessments:
        grouped[assessment.control.section].append(assessment)
    return [AssessedSection(section, grouped[section.key]) for section in sections() if section.key in grouped]


def count_verdicts(assessments: Iterable[Assessment]) -> dict[Verdict, int]:
    """How many controls got each verdict; every verdict is there."""
    counts = dict.fromkeys(Verdict, 0)
    for assessment in assessments:
        counts[assessment.verdict] += 1
    return counts


def target_history(control: Control) -> models.QuerySet[ControlTarget]:
    """The company's own targets of a control with the requests that brought them, newest first."""
    return ControlTarget.objects.filter(control=control.key).select_related("request__applicant").order_by("-number")


def subject_of_control(control: Control) -> Subject:
    """What the ledger and approvals know a control as."""
    return Subject("board.control", control.key)


def open_request(control: Control) -> Request | None:
    """The request for another target that is not decided yet."""
    subject = subject_of_control(control)
    return (
        Request.objects.filter(kind=TARGET_REQUEST, subject_type=subject.type, subject_id=subject.id)
        .exclude(state__in=[*Request.CLOSED, Request.State.DRAFT])
        .first()
    )


def falling_short(on: date) -> list[Figure]:
    """The controls whose last figure of this day or the day before misses its target, in the order of the standard."""
    latest = Figure.objects.filter(day__range=(on - timedelta(days=1), on), value__isnull=False)
    latest = latest.order_by("control", "-day").distinct("control")
    order = list(controls())
    short = [figure for figure in latest if figure.met is False and figure.control in controls()]
    return sorted(short, key=lambda figure: order.index(figure.control))
