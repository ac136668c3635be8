"""The writes of the board: targets asked for and adopted, figures recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.approvals.actions import submit
from postroad.approvals.models import Request
from postroad.board.events import Event
from postroad.board.models import ControlTarget, Figure
from postroad.board.periods import Days, today
from postroad.board.queries import (
    TARGET_REQUEST,
    Verdict,
    assess_control,
    open_request,
    subject_of_control,
    targets_in_force,
)
from postroad.board.standard import HUNDRED_PERCENT, Control, controls, plain
from postroad.ledger.actions import record
from postroad.org.models import Person
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.measures import registered_measures
from postroad.platform.realtime import publish

TOPIC = "board"
TARGET_FLOW = "board-target"
# A promise of 24 hours made before a long weekend is decided after it: so long a day's figure may change.
DAYS_THAT_SETTLE = 10


@transaction.atomic
def propose_target(*, control: Control, value: Decimal, reason: str, proposer: Person, actor: Actor) -> Request:
    """Ask for another target of a control; it takes effect when the request is approved.

    Raises Invalid for a value that cannot be or is in force already, Conflict while another request is open.
    """
    target = targets_in_force()[control.key]
    if control.default.unit == "percent" and value > HUNDRED_PERCENT:
        raise Invalid({"value": _("A share cannot be more than 100 %.")})
    if value == target.bound.value:
        raise Invalid({"value": _("This is the target already.")})
    if open_request(control):
        raise Conflict(_("Another request for this target is waiting for its decision."))
    wanted = target.bound.with_value(value)
    return submit(
        kind=TARGET_REQUEST,
        flow_key=TARGET_FLOW,
        applicant=proposer,
        subject=subject_of_control(control),
        title=_("Target of “%(control)s”: %(before)s → %(after)s")
        % {"control": control.title, "before": target.bound, "after": wanted},
        payload={"control": control.key, "value": str(value), "reason": reason, "replaces": target.number},
        actor=actor,
    )


@transaction.atomic
def adopt_target(request: Request, actor: Actor) -> None:
    """The effect of an approved request: the new target holds from now on.

    Raises Conflict when another target has come into force since the request was made.
    """
    control = controls()[request.payload["control"]]
    before = targets_in_force()[control.key]
    if before.number != request.payload["replaces"]:
        raise Conflict(_overtaken())
    try:
        with transaction.atomic():
            after = ControlTarget.objects.create(
                control=control.key,
                number=before.number + 1,
                value=Decimal(request.payload["value"]),
                reason=request.payload["reason"],
                request=request,
            )
    except IntegrityError as error:  # somebody adopted another in this very moment
        raise Conflict(_overtaken()) from error
    record(
        Event.TARGET_CHANGED,
        actor=actor,
        subject=subject_of_control(control),
        data={
            "control": control.key,
            "value": {"before": plain(before.bound.value), "after": plain(after.value)},
            "unit": control.default.unit,
            "number": after.number,
        },
    )
    publish(TOPIC)


def _overtaken() -> str:
    return _("The target was changed since this was asked for. Please ask anew.")


def record_recent_figures() -> int:
    """Records today and the days before that may still settle; returns how many figures there are of them."""
    last = today()
    return record_figures(days=[last - timedelta(days=back) for back in range(DAYS_THAT_SETTLE)])


def record_figures(*, days: Sequence[date]) -> int:
    """Measures every measured control on each day and keeps the figures, over those kept before.

    A measure that fails does not keep the others from being recorded. Raises ExceptionGroup with what failed, in the
    end.
    """
    figures: list[Figure] = []
    failures: list[Exception] = []
    targets = {day: targets_in_force(min(Days(day, day).period.end, timezone.now())) for day in days}
    for key, function in registered_measures().items():
        for day in days:
            try:
                with transaction.atomic():
                    assessment = assess_control(
                        controls()[key], target=targets[day][key], function=function, period=Days(day, day).period
                    )
            except Exception as error:  # noqa: BLE001 - gathered, and raised together below
                failures.append(error)
                break
            assert assessment.measure is not None
            figures.append(
                Figure(
                    control=key,
                    day=day,
                    value=assessment.measure.value,
                    sample_size=assessment.measure.sample_size,
                    exceptions=assessment.measure.exceptions,
                    met={Verdict.MET: True, Verdict.SHORT: False}.get(assessment.verdict),
                    measured_at=timezone.now(),
                )
            )
    with transaction.atomic():
        Figure.objects.bulk_create(
            figures,
            update_conflicts=True,
            unique_fields=["control", "day"],
            update_fields=["value", "sample_size", "exceptions", "met", "measured_at"],
        )
        publish(TOPIC)
    if failures:
        raise ExceptionGroup("some controls could not be measured", failures)
    return len(figures)
