"""Reads of sources, their readings and conflicts, and everything a plan needs to know, by name."""

import json
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower, Upper
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.channels.protocol import SettingKind
from postroad.directory import guard
from postroad.directory.models import NAMED, Conflict, ScimToken, Source, SourceDepartment, SourcePerson, SyncRun
from postroad.directory.planning import Decision, Known, KnownDepartment, KnownPerson, Link, Policy, folded
from postroad.messengers.models import Messenger
from postroad.messengers.protocol import (
    Account,
    DirectoryDepartment,
    DirectoryPerson,
    DirectorySource,
    directory_sources,
    messengers,
)
from postroad.messengers.queries import account_of as account_of_messenger
from postroad.org.models import Department, Person, Post, today
from postroad.org.roles import Role
from postroad.platform import crypto
from postroad.platform.crypto import open_sealed
from postroad.platform.ids import time_of


def source_of(connector: str) -> DirectorySource:
    """The code that reads a kind of directory. Raises `LookupError`."""
    for one in directory_sources():
        if one.key == connector:
            return one
    message = f"no directory source is registered under {connector!r}"
    raise LookupError(message)


def account_of(source: Source) -> Account:
    """The source as its connector sees it, secrets opened."""
    if source.messenger is not None:
        return account_of_messenger(source.messenger)
    return Account(
        messenger_id=source.pk, key=source.key, settings=source.connector_settings, secrets=secrets_of(source)
    )


def secrets_of(source: Source) -> dict[str, str]:
    """The opened secrets. For connectors only; no page shows them."""
    if source.sealed_secrets is None:
        return {}
    plain: dict[str, str] = json.loads(open_sealed(bytes(source.sealed_secrets), context=secrets_context(source)))
    return plain


def secrets_context(source: Source) -> str:
    return f"directory.source.secrets:{source.pk}"


def reading_context(run: SyncRun) -> str:
    return f"directory.run.reading:{run.pk}"


def conflict_context(conflict: Conflict) -> str:
    return f"directory.conflict:{conflict.pk}"


def resource_context(entry: SourcePerson) -> str:
    return f"directory.person.resource:{entry.pk}"


def connected_messengers() -> QuerySet[Messenger]:
    """Messengers in use whose contacts can be read."""
    able = [one.key for one in messengers()]
    return Messenger.objects.filter(state=Messenger.State.IN_USE, connector__in=able).order_by("name", "id")


# --- for pages -----------------------------------------------------------------------------------------------


def sources_listed() -> QuerySet[Source]:
    """All sources, those in use first, with how many people each answers for and what is open."""
    working = Q(people__owns=True, people__ended_at__isnull=True)
    held = SyncRun.objects.filter(source=OuterRef("pk"), state=SyncRun.State.HELD)
    return (
        Source.objects.select_related("messenger")
        .annotate(people_count=Count("people", filter=working, distinct=True), has_held=Exists(held))
        .annotate(
            conflict_count=Count(
                "conflicts", filter=Q(conflicts__choice="", conflicts__gone_at__isnull=True), distinct=True
            )
        )
        .order_by("state", "name", "id")
    )


def runs_of(source: Source) -> QuerySet[SyncRun]:
    return source.runs.defer("sealed_reading").select_related("started_by", "approved_by")


def held_run_of(source: Source) -> SyncRun | None:
    return runs_of(source).filter(state=SyncRun.State.HELD).first()


def held_runs() -> QuerySet[SyncRun]:
    return SyncRun.objects.defer("sealed_reading").filter(state=SyncRun.State.HELD).select_related("source")


def open_conflicts(source: Source | None = None) -> QuerySet[Conflict]:
    found = Conflict.objects.filter(choice="", gone_at__isnull=True).select_related("source", "person", "department")
    return found.filter(source=source) if source else found


def settled_conflicts(source: Source) -> QuerySet[Conflict]:
    return source.conflicts.exclude(choice="").select_related("source", "person", "department", "chosen_by")


def open_counts(source: Source) -> dict[str, int]:
    """Open conflicts by kind, none left out that has any."""
    found = open_conflicts(source).order_by().values_list("kind").annotate(count=Count("pk"))
    return {str(kind): count for kind, count in found}


def people_by_id(ids: Iterable[str]) -> dict[str, Person]:
    return {str(one.pk): one for one in Person.objects.filter(pk__in=list(ids)).select_related("department")}


def source_answering_for(person: Person) -> Source | None:
    """The source that is authoritative for a person, if one is."""
    return Source.objects.filter(people__person=person, people__owns=True).first()


def tokens_of(source: Source) -> QuerySet[ScimToken]:
    return source.tokens.select_related("made_by").order_by("-id")


def title_of(source: Source) -> str:
    """What kind of directory it is, in words."""
    if source.is_pushed:
        return _("SCIM 2.0: your identity platform writes to us")
    if source.messenger is not None:
        return _("Contacts of %(name)s") % {"name": source.messenger.name}
    try:
        return str(source_of(source.connector).title)
    except LookupError:
        return source.connector


def connection_shown(source: Source) -> list[tuple[str, str]]:
    """How a source is reached, as label and value; a secret only as being there."""
    if source.is_pushed or source.messenger is not None:
        return []
    try:
        settings = source_of(source.connector).directory_settings
    except LookupError:
        return []
    known = secrets_of(source)
    shown = []
    for setting in settings:
        value = source.connector_settings.get(setting.name)
        if setting.kind == SettingKind.SECRET:
            value = _("kept") if known.get(setting.name) else ""
        elif setting.choices:
            value = str(dict(setting.choices).get(str(value), value or ""))
        elif isinstance(value, bool):
            value = _("yes") if value else _("no")
        if value not in ("", None, 0):
            shown.append((str(setting.label), str(value)))
    return shown


# --- for the guard -------------------------------------------------------------------------------------------


def working_people(source: Source) -> int:
    """How many people who work here the source answers for."""
    return source.people.filter(owns=True, ended_at__isnull=True).exclude(person__left_on__lt=today()).count()


def ended_lately(source: Source, *, now: datetime | None = None) -> int:
    """How many the source ended within a day without anybody having looked."""
    since = (now or timezone.now()) - guard.WITHIN
    if source.guarded_since and source.guarded_since > since:
        since = source.guarded_since
    return source.people.filter(ended_at__gt=since).count()


def was_applied(source: Source) -> bool:
    return source.runs.filter(state=SyncRun.State.APPLIED).exists()


# --- for planning --------------------------------------------------------------------------------------------


def policy_of(source: Source) -> Policy:
    return Policy(
        takes_departments=source.takes_departments,
        below=source.below_id,
        adopts=source.adopts,
        takes_user_id=source.takes_user_id,
    )


def known_to(
    source: Source, *, only: Collection[DirectoryPerson] | None = None, mail_digest: Callable[[str], bytes | None]
) -> Known:
    """What a plan has to know, in a constant number of queries; with `only`, of the people these entries could be."""
    people = Person.objects.filter(erased_at__isnull=True)
    links = source.people.filter(gone_at__isnull=True).annotate(key=Lower("external_id"))
    if only is not None:
        people = people.filter(pk__in=_candidates(source, list(only), mail_digest))
        links = links.filter(Q(key__in=[entry.id.lower() for entry in only]) | Q(owns=True, person__in=people))
    return Known(
        source_id=source.pk,
        people=_people(people),
        links={
            key: Link(person_id=person_id, owns=owns, ended=ended_at is not None)
            for key, person_id, owns, ended_at in links.values_list("key", "person_id", "owns", "ended_at")
        },
        departments=_departments(),
        heads=_heads(),
        places=_places(source),
        decisions=_decisions(source),
    )


def _candidates(
    source: Source, entries: Collection[DirectoryPerson], mail_digest: Callable[[str], bytes | None]
) -> set[UUID]:
    """People with the number or the mail address of one of these entries, or tied to one already."""
    keys = [entry.id.lower() for entry in entries]
    numbers = {number.upper() for entry in entries for number in (entry.staff_no.strip(), entry.id)}
    mails = [mail for entry in entries if entry.mail and (mail := mail_digest(entry.mail))]
    alike = Person.objects.annotate(number=Upper("staff_no")).filter(Q(number__in=numbers) | Q(mail_digest__in=mails))
    tied = source.people.annotate(key=Lower("external_id")).filter(key__in=keys, person__isnull=False)
    return {*alike.values_list("pk", flat=True), *(pk for pk in tied.values_list("person", flat=True) if pk)}


def _people(people: QuerySet[Person]) -> dict[UUID, KnownPerson]:
    """People with their authoritative source. Leavers: the last day is over, or a source ended them today."""
    day = today()
    entries = SourcePerson.objects.filter(person=OuterRef("pk"))
    rows = people.annotate(
        owner=Subquery(entries.filter(owns=True).values("source")), ended=Exists(entries.filter(ended_at__isnull=False))
    ).values_list("pk", "staff_no", "name", "name_en", "left_on", "mail_digest", "owner", "ended")
    return {
        pk: KnownPerson(
            id=pk,
            staff_no=staff_no,
            names=frozenset(folded(one) for one in (name, name_en) if one),
            left=left_on is not None and (left_on < day or (ended and left_on == day)),
            mail=bytes(mail) if mail else None,
            owner=owned_by,
        )
        for pk, staff_no, name, name_en, left_on, mail, owned_by, ended in rows
    }


def _departments() -> dict[UUID, KnownDepartment]:
    rows = Department.objects.filter(ended_on__isnull=True).values_list("pk", "name", "parent_id")
    return {pk: KnownDepartment(id=pk, name=name, parent_id=parent_id) for pk, name, parent_id in rows}


def _heads() -> dict[UUID, UUID]:
    posts = Post.objects.held_on(today()).filter(role=Role.DEPARTMENT_HEAD, department__isnull=False)
    return {place: person for place, person in posts.values_list("department_id", "person_id") if place}


def _decisions(source: Source) -> dict[tuple[str, str], Decision]:
    rows = source.conflicts.exclude(choice="").values_list("kind", "external_id", "choice", "entry_digest")
    return {
        (kind, external_id.lower()): Decision(Conflict.Choice(choice), bytes(digest))
        for kind, external_id, choice, digest in rows
    }


def _places(source: Source) -> dict[str, UUID | None]:
    rows = source.departments.filter(gone_at__isnull=True).values_list("external_id", "department_id")
    return {external_id.lower(): department_id for external_id, department_id in rows}


# --- for pushing sources -------------------------------------------------------------------------------------


def login_digest(user_name: str) -> bytes:
    """What an entry is found by; user names are compared without case (RFC 7643, section 4.1.1)."""
    return crypto.digest(user_name.strip().casefold(), context="directory.login")


def pushed_digest(external_id: str) -> bytes:
    """What an entry is found by when the pusher knows only its own id for it."""
    return crypto.digest(external_id, context="directory.pushed-id")


def department_entry(entry: SourceDepartment) -> DirectoryDepartment:
    return DirectoryDepartment(id=entry.external_id, name=entry.name)


def token_of(secret: str) -> ScimToken | None:
    """The token that is valid now, with its source; None for anything else."""
    digest = sha256(secret.encode()).digest()
    found = ScimToken.objects.select_related("source").filter(digest=digest).first()
    return found if found is not None and found.is_valid else None


def pushed_people(source: Source) -> QuerySet[SourcePerson]:
    """The users a pushing source has with us, oldest first."""
    return source.people.filter(gone_at__isnull=True, sealed_resource__isnull=False).order_by("pk")


def pushed_groups(source: Source) -> QuerySet[SourceDepartment]:
    """The groups a pushing source has with us, oldest first; departments known by name only are none."""
    return source.departments.filter(gone_at__isnull=True).exclude(external_id__startswith=NAMED).order_by("pk")


def members_of(source: Source, group: SourceDepartment) -> QuerySet[SourcePerson]:
    return pushed_people(source).filter(department_ids__contains=[group.external_id])


def groups_by_id(source: Source, ids: Iterable[str]) -> dict[str, SourceDepartment]:
    return {one.external_id: one for one in pushed_groups(source).filter(external_id__in=list(ids))}


def made_at(entry: SourcePerson | SourceDepartment) -> datetime:
    return time_of(entry.pk)
