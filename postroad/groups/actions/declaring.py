"""Templates and what follows from them: which groups there are, what they are called, and who owns them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from postroad.approvals import actions as approvals
from postroad.approvals.models import Request
from postroad.channels import actions as channels
from postroad.channels.actions import Particulars
from postroad.channels.models import Audience, Channel, Kind, Observability, Priority
from postroad.channels.naming import BadPattern, check_pattern
from postroad.groups import queries
from postroad.groups.actions.comparing import SYSTEM, TOPIC
from postroad.groups.desired import declared_name, desired_of, governed
from postroad.groups.events import Event
from postroad.groups.facts import read_facts
from postroad.groups.jobs import Job
from postroad.groups.models import Group, GroupTemplate
from postroad.groups.simulate import DeclaredGroup, Place, declared_group, places_of
from postroad.ledger.actions import NewEntry, record, record_many
from postroad.messengers.models import Messenger
from postroad.messengers.protocol import Sight, messenger_of
from postroad.org.models import Department, Person, today
from postroad.platform.actors import Actor, subject_of
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.jobs import enqueue
from postroad.platform.realtime import publish

TEMPLATE = "groups.template"
REVIEW_AFTER = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateValues:
    """What a template says, on paper. `only`: the departments it is limited to; none means all."""

    name: str
    name_en: str
    key: str
    kind: str
    messenger: Messenger
    pattern: str
    purpose: str
    confidentiality: str
    only: tuple[Department, ...] = ()
    include_below: bool = False
    at_least: int = 2
    policy: str = GroupTemplate.Policy.AUTOMATIC
    fix_names: bool = True
    room_settings: Mapping[str, Any] | None = None

    def on(self, template: GroupTemplate) -> GroupTemplate:
        """Write all but `only` onto a row."""
        for one in fields(self):
            if one.name not in {"only", "room_settings"}:
                setattr(template, one.name, getattr(self, one.name))
        template.room_settings = dict(self.room_settings or {})
        return template

    def payload(self) -> dict[str, Any]:
        """As an approval keeps it."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            **plain,
            "messenger": str(self.messenger.pk),
            "only": [str(one.pk) for one in self.only],
            "room_settings": dict(self.room_settings or {}),
        }

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> "TemplateValues":
        return cls(
            **{
                **{one.name: payload[one.name] for one in fields(cls)},
                "messenger": Messenger.objects.get(pk=payload["messenger"]),
                "only": tuple(Department.objects.filter(pk__in=payload["only"]).order_by("code")),
            }
        )


@transaction.atomic
def apply_for_template(*, values: TemplateValues, applicant: Person, actor: Actor) -> GroupTemplate:
    """Ask for a group template. Nothing is made before it is approved. Raises Invalid by field."""
    template = values.on(GroupTemplate(state=GroupTemplate.State.APPLIED))
    _check(template)
    template.save(force_insert=True)
    template.only.set(values.only)
    record(Event.TEMPLATE_APPLIED, actor=actor, subject=template, data={"key": template.key, "kind": template.kind})
    _submit(template, values, applicant=applicant, actor=actor)
    return template


@transaction.atomic
def change_template(*, template: GroupTemplate, values: TemplateValues, applicant: Person, actor: Actor) -> Request:
    """Ask for a change of a template in force; key and kind stay. Raises Invalid by field, Conflict while another
    change waits.
    """
    template = _locked(template.pk)
    if template.state != GroupTemplate.State.IN_FORCE:
        raise Conflict(_("This template is not in force."))
    if queries.open_template_request(template) is not None:
        raise Conflict(_("An earlier change of this template still waits for approval."))
    _check(values.on(template))
    return _submit(template, values, applicant=applicant, actor=actor)


@transaction.atomic
def put_in_force(request: Request, actor: Actor) -> None:
    """The effect of an approved template, or change of one."""
    template = _locked(UUID(request.subject_id))
    if template.state not in {GroupTemplate.State.APPLIED, GroupTemplate.State.IN_FORCE}:
        raise Conflict(_("This template has ended."))
    values = TemplateValues.from_payload(request.payload)
    new = template.state == GroupTemplate.State.APPLIED
    before = values_of(template).payload()
    values.on(template)
    _check(template)
    template.state = GroupTemplate.State.IN_FORCE
    template.save()
    template.only.set(values.only)
    if new:
        record(Event.TEMPLATE_IN_FORCE, actor=actor, subject=template, data={"key": template.key})
    else:
        changed = {name: {"before": before[name], "after": value} for name, value in values.payload().items()}
        changed = {name: pair for name, pair in changed.items() if pair["before"] != pair["after"]}
        data: dict[str, Any] = {"fields": ", ".join(changed), **changed}
        record(Event.TEMPLATE_CHANGED, actor=actor, subject=template, data=data)
    _follow_soon()


@transaction.atomic
def refuse_template(request: Request, actor: Actor) -> None:
    """The effect of a template that was rejected or withdrawn; a change that was refused leaves it as it is."""
    template = _locked(UUID(request.subject_id))
    if template.state == GroupTemplate.State.APPLIED:
        template.state = GroupTemplate.State.REFUSED
        template.save(update_fields=["state"])
    record(Event.TEMPLATE_REFUSED, actor=actor, subject=template, data={"key": template.key})


@transaction.atomic
def end_template(*, template: GroupTemplate, reason: str, actor: Actor) -> GroupTemplate:
    """End a template: its groups stay, with whoever is in them, and are no longer filled by it. Needs a reason."""
    template = _locked(template.pk)
    if template.state != GroupTemplate.State.IN_FORCE:
        raise Conflict(_("This template is not in force."))
    if not reason.strip():
        raise Invalid({"reason": _("Say why, for those who ask later.")})
    template.state = GroupTemplate.State.ENDED
    template.save(update_fields=["state"])
    record(Event.TEMPLATE_ENDED, actor=actor, subject=template, data={"reason": reason.strip()[:300]})
    _follow_soon()
    return template


@transaction.atomic
def name_delegate(*, group: Group, delegate: Person | None, actor: Actor) -> Group:
    """Name who owns a group in place of the department's head or the project's lead; None: the head again."""
    group = Group.objects.select_for_update(no_key=True, of=("self",)).get(pk=group.pk)
    if delegate is not None and (not delegate.is_active_on(today()) or delegate.left_on == today()):
        raise Invalid({"delegate": _("%(name)s does not work here any more.") % {"name": delegate.name}})
    if group.template_id is None:
        raise Conflict(_("This group has no template; hand its channel over instead."))
    before, after = group.delegate_id, delegate.pk if delegate else None
    if before == after:
        return group
    group.delegate = delegate
    group.save(update_fields=["delegate"])
    data: dict[str, Any] = {"delegate": {"before": str(before or ""), "after": str(after or "")}}
    record(Event.DELEGATE_NAMED, actor=actor, subject=group.channel, data=data)
    follow_groups(channel_ids=[group.channel_id])
    return group


# --- what follows from templates ----------------------------------------------------------------------------


@transaction.atomic
def declare_groups(*, department_ids: Collection[UUID] | None = None) -> int:
    """Make the channels and groups that templates in force ask for and that are not there; returns how many.

    Of departments' groups only those of `department_ids`, where given: somebody's move concerns no others.
    """
    templates = list(GroupTemplate.objects.filter(state=GroupTemplate.State.IN_FORCE).select_related("messenger"))
    if not templates:
        return 0
    # One declarer at a time: two would both find a group missing.
    list(GroupTemplate.objects.select_for_update(no_key=True).filter(pk__in=[one.pk for one in templates]))
    there = set(Group.objects.filter(template__isnull=False).values_list("template", "department", "project"))
    missing = [
        (template, place)
        for template in templates
        for place in places_of(template)
        if (template.pk, *place.ids) not in there and _concerns(place, department_ids)
    ]
    if not missing:
        return 0
    facts = read_facts()
    requests = {template.pk: queries.approved_request(template) for template, _place in missing}
    made = []
    for template, place in missing:
        request, wanted = requests[template.pk], declared_group(template, facts, place)
        if request is not None and wanted.owner is not None and wanted.is_large_enough:
            made.append(_declare(template, wanted, request))
    record_many([NewEntry(Event.GROUP_DECLARED, SYSTEM, one.channel, {"template": str(one.template)}) for one in made])
    return len(made)


@transaction.atomic
def follow_groups(*, channel_ids: Collection[UUID] | None = None) -> list[UUID]:
    """Let registered channels follow their templates in name and owner; returns those that changed."""
    groups = list(governed(channel_ids).filter(template__state=GroupTemplate.State.IN_FORCE))
    wanted = desired_of(groups, everything=channel_ids is None)
    owners = Person.objects.in_bulk({one.owner for one in wanted.values() if one.owner})
    changed = []
    for group in groups:
        declared, channel = wanted[group.channel_id], group.channel
        if declared.name != channel.name:
            channels.follow_approved(channel=channel, name=declared.name, actor=SYSTEM)
            changed.append(channel.pk)
        if declared.owner is not None and declared.owner != channel.owner_id and declared.owner in owners:
            reason = _("the template says who owns it")
            channels.hand_over(channel=channel, to=owners[declared.owner], reason=reason, actor=SYSTEM)
            changed.append(channel.pk)
    return changed


def values_of(template: GroupTemplate) -> TemplateValues:
    """What a template says, as it can be changed."""
    names = [one.name for one in fields(TemplateValues) if one.name != "only"]
    return TemplateValues(
        **{name: getattr(template, name) for name in names},
        only=tuple(template.only.order_by("code")) if template.pk and not template._state.adding else (),  # noqa: SLF001 - an unsaved row has none
    )


def _concerns(place: Place, department_ids: Collection[UUID] | None) -> bool:
    return department_ids is None or place.department is None or place.department.pk in department_ids


def _declare(template: GroupTemplate, one: DeclaredGroup, request: Request) -> Group:
    assert one.owner is not None
    owner = Person.objects.select_related("department").get(pk=one.owner)
    place = one.department or (one.project.department if one.project else None) or owner.department
    if place is None:
        raise Conflict(_("%(name)s belongs to no department.") % {"name": owner.name})
    sight = messenger_of(template.messenger.connector).sight
    particulars = Particulars(
        key=_free_key(template, one),
        name=declared_name(template, department=one.department, project=one.project),
        name_en="",
        kind=Kind.GROUP,
        purpose=template.purpose,
        priority=Priority.MUST_USE,
        owner=owner,
        deputy_owner=None,
        department=place,
        audience=Audience.INTERNAL,
        confidentiality=template.confidentiality,
        observability=Observability.API if sight == Sight.ALL_ROOMS else Observability.OWN_ROOMS,
        review_on=today() + REVIEW_AFTER,
    )
    channel = channels.register_approved(particulars=particulars, request=request, actor=SYSTEM)
    group = Group(
        channel=channel,
        messenger=template.messenger,
        template=template,
        department=one.department,
        project=one.project,
    )
    group.save(force_insert=True)
    return group


def _free_key(template: GroupTemplate, one: DeclaredGroup) -> str:
    """A key for people to recognise: the template's and the department's or project's code, as far as it is Latin."""
    code = (one.department.code if one.department else one.project.code if one.project else "").lower()
    code = "-".join(
        part for part in "".join(ch if ch.isascii() and ch.isalnum() else "-" for ch in code).split("-") if part
    )
    key = "-".join(part for part in (template.key, code[:24]) if part)
    if not Channel.objects.filter(key=key).exists():
        return key
    about = one.department_id or one.project_id or template.pk
    return f"{key}-{about.hex[-8:]}"


# --- small parts --------------------------------------------------------------------------------------------


def _check(template: GroupTemplate) -> None:
    """Raises Invalid by field."""
    problems: dict[str, str] = {}
    try:
        template.full_clean(exclude=["room_settings"])
    except ValidationError as error:
        problems = {name: " ".join(messages) for name, messages in error.message_dict.items()}
    try:
        check_pattern(template.pattern)
    except BadPattern as error:
        problems["pattern"] = str(error)
    else:
        fault = queries.pattern_fault(template.kind, template.pattern)
        if fault:
            problems["pattern"] = fault
    if problems:
        raise Invalid(problems)


def _submit(template: GroupTemplate, values: TemplateValues, *, applicant: Person, actor: Actor) -> Request:
    return approvals.submit(
        kind=TEMPLATE,
        flow_key=TEMPLATE,
        applicant=applicant,
        subject=subject_of(template),
        title=_("Group template %(name)s") % {"name": values.name},
        payload=values.payload(),
        actor=actor,
    )


def _locked(template_id: UUID) -> GroupTemplate:
    return (
        GroupTemplate.objects.select_for_update(no_key=True, of=("self",))
        .select_related("messenger")
        .get(pk=template_id)
    )


def _follow_soon() -> None:
    enqueue(Job.FOLLOW, once=True)
    publish(TOPIC)
