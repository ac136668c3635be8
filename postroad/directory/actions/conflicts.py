"""What a source says and we do not, kept until a person settles it or the source stops saying it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.directory import queries
from postroad.directory.actions.following import follow_again
from postroad.directory.events import Event
from postroad.directory.models import CHOICES, Conflict, Source
from postroad.ledger.actions import NewEntry, record_many
from postroad.org.actions import end_post, open_post
from postroad.org.models import Person, Post, today
from postroad.org.roles import Role
from postroad.platform.errors import Conflict as Clash
from postroad.platform.errors import Invalid

Choice = Conflict.Choice


@transaction.atomic
def settle_conflict(*, conflict: Conflict, choice: Choice, reason: str, chooser: Person) -> Conflict:
    """Choose for one conflict; the source is followed again at once.

    Raises Invalid for a choice that makes no sense here, and the refusal of the same name when it is settled or gone.
    """
    [settled] = _settle(Conflict.objects.filter(pk=conflict.pk), choice, reason, chooser)
    return settled


@transaction.atomic
def settle_alike(*, source: Source, kind: Conflict.Kind, choice: Choice, reason: str, chooser: Person) -> int:
    """Choose the same for all open conflicts of one kind; returns how many. Raises like `settle_conflict`."""
    alike = queries.open_conflicts(source).filter(kind=kind)
    return len(_settle(alike, choice, reason, chooser))


def _settle(wanted: Iterable[Conflict], choice: Choice, reason: str, chooser: Person) -> list[Conflict]:
    ids = [conflict.pk for conflict in wanted]
    conflicts = list(
        Conflict.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk__in=ids, choice="", gone_at__isnull=True)
        .select_related("source", "person", "department")
        .order_by("pk")
    )
    if not conflicts:
        raise Clash(_("This has been settled meanwhile, or the directory does not say it any more."))
    if any(choice not in CHOICES[Conflict.Kind(one.kind)] or _makes_no_sense(one, choice) for one in conflicts):
        raise Invalid({"choice": _("This cannot be chosen here.")})
    for one in conflicts:
        if one.kind == Conflict.Kind.HEAD_DIFFERS and choice == Choice.TAKE:
            _make_head(one, chooser)
    now = timezone.now()
    Conflict.objects.filter(pk__in=[one.pk for one in conflicts]).update(
        choice=choice, chosen_by=chooser, chosen_at=now, chosen_reason=reason.strip()
    )
    record_many(
        [
            NewEntry(
                Event.CONFLICT_SETTLED,
                chooser.as_actor(),
                one,
                {"kind": one.kind, "choice": str(choice), "reason": reason.strip()},
            )
            for one in conflicts
        ]
    )
    for source in {one.source for one in conflicts}:
        entries = [one.external_id for one in conflicts if one.source_id == source.pk]
        follow_again(source=source, external_ids=entries)
    return list(Conflict.objects.filter(pk__in=ids))


def _make_head(conflict: Conflict, chooser: Person) -> None:
    """From today the department has the proposed head. Raises Refused unless the chooser may give this post."""
    assert conflict.person is not None
    held = Post.objects.held_on(today()).filter(role=Role.DEPARTMENT_HEAD, department=conflict.department)
    for post in held:
        end_post(post=post, ends_on=today() - timedelta(days=1), actor=chooser.as_actor())
    open_post(
        person=conflict.person,
        role=Role.DEPARTMENT_HEAD,
        department=conflict.department,
        starts_on=today(),
        actor=chooser.as_actor(),
    )


def _makes_no_sense(conflict: Conflict, choice: Choice) -> bool:
    return choice in {Choice.SAME, Choice.KEEP} and conflict.person_id is None and conflict.department_id is None
