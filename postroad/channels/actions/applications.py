"""From an application to a live channel: apply, be approved by two people, pass the probe."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.approvals import actions as approvals
from postroad.approvals.models import Request
from postroad.approvals.queries import PlannedStep, dry_run
from postroad.channels import queries
from postroad.channels.actions.particulars import Particulars, check, plain, seal_secrets
from postroad.channels.actions.states import move
from postroad.channels.events import Event
from postroad.channels.jobs import Job
from postroad.channels.models import Channel, State
from postroad.ledger.actions import record
from postroad.org.models import Person, today
from postroad.platform.actors import Actor, subject_of
from postroad.platform.errors import Conflict
from postroad.platform.jobs import enqueue
from postroad.platform.realtime import publish

REGISTER = "channels.register"


@transaction.atomic
def apply_for_channel(
    *, particulars: Particulars, applicant: Person, actor: Actor, secrets: Mapping[str, str] | None = None
) -> Channel:
    """Write a channel down and ask for its approval.

    Anybody on the staff may apply. Nothing can be said on the channel until it is live. Raises Invalid by
    field, also for a name that breaks the naming rule of its kind.
    """
    channel = Channel(state=State.APPLIED, state_changed_at=timezone.now())
    particulars.on(channel)
    check(channel, changed=set(vars(particulars)), secrets=secrets or {})
    seal_secrets(channel, secrets or {})
    channel.save(force_insert=True)
    record(Event.CHANNEL_APPLIED, actor=actor, subject=channel, data={"key": channel.key, "kind": channel.kind})
    approvals.submit(
        kind=REGISTER,
        flow_key=REGISTER,
        applicant=applicant,
        subject=subject_of(channel),
        title=_("Channel %(name)s") % {"name": channel.name},
        payload=payload_of(channel),
        actor=actor,
    )
    publish("channels", channel=str(channel.pk))
    return channel


@transaction.atomic
def register_approved(*, particulars: Particulars, request: Request, actor: Actor) -> Channel:
    """Write down a channel that an approved request covers already, such as a group of an approved template.

    It is approved, not live, and connected to nothing yet. Its name is what was approved, so no naming rule is asked.
    Raises Invalid by field, Conflict while the request is not approved.
    """
    if request.state != Request.State.APPROVED:
        raise Conflict(_("This request has not been approved."))
    channel = Channel(state=State.APPROVED, state_changed_at=timezone.now())
    particulars.on(channel)
    check(channel, changed={"owner"}, secrets={})
    channel.save(force_insert=True)
    record(Event.CHANNEL_APPROVED, actor=actor, subject=channel, data={"request": str(request.pk)})
    publish("channels", channel=str(channel.pk))
    return channel


def payload_of(channel: Channel) -> dict[str, Any]:
    """What the approvers decide on, fixed at the moment of asking: everything but the connection's settings."""
    written = Particulars.of(channel)
    return {name: plain(value) for name, value in vars(written).items() if name != "connector_settings"}


@transaction.atomic
def open_approved(request: Request, actor: Actor) -> None:
    """The effect of an approved application: live at once, or as soon as the probe of its connector succeeds."""
    channel = locked(request)
    if channel.state != State.APPLIED:
        raise Conflict(_("This application has been decided already."))
    if not channel.owner.is_active_on(today()):
        raise Conflict(_("%(name)s does not work here any more.") % {"name": channel.owner.name})
    move(channel, to=State.APPROVED)
    record(Event.CHANNEL_APPROVED, actor=actor, subject=channel)
    if channel.connector:
        enqueue(Job.PROBE, channel_id=str(channel.pk))
    else:
        go_live(channel=channel, reason=_("approved; there is nothing to connect"), actor=actor)


@transaction.atomic
def close_refused(request: Request, actor: Actor) -> None:
    """The effect of an application that was rejected or withdrawn."""
    channel = locked(request)
    if channel.state != State.APPLIED:
        return
    move(channel, to=State.REFUSED)
    reason = request.get_state_display()
    record(Event.CHANNEL_REFUSED, actor=actor, subject=channel, data={"reason": reason})


@transaction.atomic
def go_live(*, channel: Channel, reason: str, actor: Actor) -> Channel:
    """Put an approved channel into service."""
    move(channel, to=State.LIVE, live_at=timezone.now())
    record(Event.CHANNEL_WENT_LIVE, actor=actor, subject=channel, data={"reason": reason})
    return channel


def locked(request: Request) -> Channel:
    """The channel a request is about, locked for change."""
    return Channel.objects.select_for_update(no_key=True, of=("self",)).get(pk=request.subject_id)


@transaction.atomic
def revise_application(
    *, channel: Channel, particulars: Particulars, actor: Actor, secrets: Mapping[str, str] | None = None
) -> Channel:
    """Change an application that was returned, and submit it again. Raises Invalid by field, Conflict otherwise."""
    channel = Channel.objects.select_for_update(no_key=True, of=("self",)).get(pk=channel.pk)
    request = queries.open_requests(channel).filter(kind=REGISTER, state__in=Request.CHANGEABLE).first()
    if channel.state != State.APPLIED or request is None:
        raise Conflict(_("This application cannot be changed now."))
    changes = particulars.on(channel)
    known = {**queries.secrets_of(channel), **(secrets or {})}
    check(channel, changed=set(changes), secrets=known)
    seal_secrets(channel, secrets or {})
    channel.save()
    names = ", ".join(changes) or _("nothing")
    record(Event.APPLICATION_REVISED, actor=actor, subject=channel, data={"fields": names})
    submit_again(request, payload_of(channel), actor=actor)
    publish("channels", channel=str(channel.pk))
    return channel


def submit_again(request: Request, payload: Mapping[str, Any], *, actor: Actor) -> Request:
    """Submit a returned request with what was changed in it."""
    approvals.revise(request_id=request.pk, title=request.title, payload=payload, actor=actor)
    return approvals.submit_saved(request_id=request.pk, actor=actor)


def planned_steps(*, particulars: Particulars, applicant: Person) -> list[PlannedStep]:
    """Who would be asked, in order, if this were submitted now."""
    channel = Channel(state=State.APPLIED)
    particulars.on(channel)
    return list(dry_run(REGISTER, applicant, payload_of(channel)))
