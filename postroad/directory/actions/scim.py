"""What a SCIM client writes. Each request is one transaction: the resource is kept, and what follows for people is
planned and guarded like any other reading. A request that would end too many is refused as a whole, and held.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from scim2_models import ConflictException, InvalidValueException, UniquenessException

from postroad.directory import queries
from postroad.directory.actions.applying import actor_of, carry_out, close_departments, lock_people
from postroad.directory.actions.following import hold_ends, hold_pushed
from postroad.directory.actions.keeping import keep_conflicts
from postroad.directory.actions.pushed import seal_resource, snapshot_of
from postroad.directory.models import ScimToken, Source, SourceDepartment, SourcePerson
from postroad.directory.planning import plan
from postroad.directory.readings import entry_digests, mail_digests
from postroad.directory.scim.reading import AnyUser
from postroad.directory.scim.resources import Group
from postroad.messengers.protocol import DirectoryDepartment, DirectorySnapshot
from postroad.platform.ids import new_id

USED_AGAIN_AFTER = timedelta(minutes=1)
HELD = (
    "This would end more than 5 % of the people this source answers for, and at least two, within a day. Nothing was "
    "changed; a person has to approve it in Postroad. Try again afterwards."
)
TAKEN = "Another user has this userName."


class _WouldEndTooMany(Exception):  # noqa: N818 - reads as what it says
    """Rolls the request back; carries who was to end."""

    def __init__(self, external_ids: list[str]) -> None:
        super().__init__(HELD)
        self.external_ids = external_ids


def push_user(*, source: Source, user: AnyUser, entry: SourcePerson | None = None) -> SourcePerson:
    """Keep a user, new or changed, and follow it.

    Raises `UniquenessException` for a userName that another has, `ConflictException` when the guard holds it.
    """
    try:
        with transaction.atomic():
            _lock(source)
            kept = _keep(source, user, entry)
            _follow(source, snapshot_of(source, [kept]))
            return SourcePerson.objects.get(pk=kept.pk)
    except _WouldEndTooMany as held:
        raise _held(source, held) from held
    except IntegrityError as error:
        if "directory_login_once" in str(error):
            raise UniquenessException(detail=TAKEN) from error
        raise


def withdraw_user(*, source: Source, entry: SourcePerson) -> None:
    """Forget a user, whose person ends. Raises `ConflictException` when the guard holds it."""
    try:
        with transaction.atomic():
            _lock(source)
            SourcePerson.objects.filter(pk=entry.pk).update(ending_since=timezone.now())
            entry.refresh_from_db()
            _follow(source, snapshot_of(source, [entry]))
            now = timezone.now()
            SourcePerson.objects.filter(pk=entry.pk).update(
                gone_at=now,
                changed_at=now,
                owns=False,
                sealed_resource=None,
                login_digest=None,
                pushed_digest=None,
                ending_since=None,
                department_ids=[],
            )
    except _WouldEndTooMany as held:
        raise _held(source, held) from held


@transaction.atomic
def push_group(*, source: Source, group: Group, entry: SourceDepartment | None = None) -> SourceDepartment:
    """Keep a group and its members, and follow it. Raises `InvalidValueException` for a member that is no user."""
    _lock(source)
    if entry is None:
        key = new_id()
        entry = SourceDepartment(pk=key, source=source, external_id=str(key))
    entry.name, entry.pushed_id = (group.display_name or "")[:255], group.external_id or ""
    entry.changed_at = timezone.now()
    entry.save()
    moved = _move_members(source, entry, {str(one.value) for one in group.members or () if one.value})
    _follow(source, _with(snapshot_of(source, moved), queries.department_entry(entry)))
    return SourceDepartment.objects.get(pk=entry.pk)


@transaction.atomic
def withdraw_group(*, source: Source, entry: SourceDepartment) -> None:
    """Forget a group; its department is closed once nobody is in it any more."""
    _lock(source)
    moved = _move_members(source, entry, set())
    _follow(source, snapshot_of(source, moved))
    close_departments(source, [entry.external_id.lower()], actor=actor_of(source))
    source.departments.filter(pk=entry.pk).update(gone_at=timezone.now(), changed_at=timezone.now())


def note_use(*, token: ScimToken) -> None:
    """Remember when a token was used last, to the minute."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > USED_AGAIN_AFTER:
        ScimToken.objects.filter(pk=token.pk).update(last_used_at=now)


def _keep(source: Source, user: AnyUser, entry: SourcePerson | None) -> SourcePerson:
    if entry is None:
        key = new_id()
        entry = SourcePerson(pk=key, source=source, external_id=str(key))
        seal_resource(entry, user)
        entry.save(force_insert=True)
        return entry
    entry = SourcePerson.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    seal_resource(entry, user)
    entry.changed_at, entry.ending_since = timezone.now(), None
    entry.save(update_fields=["sealed_resource", "login_digest", "pushed_digest", "changed_at", "ending_since"])
    return entry


def _lock(source: Source) -> None:
    """One request of a source at a time; and none beside an import."""
    Source.objects.select_for_update(no_key=True, of=("self",)).get(pk=source.pk)
    lock_people()


def _follow(source: Source, snapshot: DirectorySnapshot) -> None:
    """Plans and carries out what these entries mean. Raises `_WouldEndTooMany`."""
    digest, mail_digest = entry_digests(), mail_digests()
    known = queries.known_to(source, only=snapshot.people, mail_digest=mail_digest)
    made = plan(snapshot, known, queries.policy_of(source), mail_digest=mail_digest, digest=digest)
    ending = [end for end in made.ends if end.person_id in known.people and not known.people[end.person_id].left]
    if ending and hold_ends(source, ending=len(ending)):
        raise _WouldEndTooMany([end.external_id for end in ending])
    outcome = carry_out(source, made, digest=digest)
    about = {*(one.id.lower() for one in snapshot.people), *(one.id.lower() for one in snapshot.departments)}
    keep_conflicts(source, outcome.conflicts, about=about)


def _with(snapshot: DirectorySnapshot, department: DirectoryDepartment) -> DirectorySnapshot:
    return DirectorySnapshot((department, *snapshot.departments), snapshot.people, complete=snapshot.complete)


def _move_members(source: Source, group: SourceDepartment, wanted: set[str]) -> list[SourcePerson]:
    """Makes exactly these users members; returns whose membership changed. Who joins stands here from now on."""
    members = {one.external_id: one for one in queries.members_of(source, group)}
    joining = wanted - members.keys()
    found = list(queries.pushed_people(source).filter(external_id__in=joining))
    if unknown := joining - {one.external_id for one in found}:
        raise InvalidValueException(detail=f"There is no user {min(unknown)}.")
    for one in found:
        one.department_ids = [group.external_id, *one.department_ids]
    leaving = [one for key, one in members.items() if key not in wanted]
    for one in leaving:
        one.department_ids = [key for key in one.department_ids if key != group.external_id]
    moved = [*found, *leaving]
    for one in moved:
        one.changed_at = timezone.now()
    SourcePerson.objects.bulk_update(moved, ["department_ids", "changed_at"])
    return moved


def _held(source: Source, held: _WouldEndTooMany) -> ConflictException:
    """The request is undone; what it wanted waits for a person. Returns the answer."""
    waiting = source.people.filter(external_id__in=held.external_ids, ending_since__isnull=True)
    with transaction.atomic():
        waiting.update(ending_since=timezone.now())
        hold_pushed(source=source)
    return ConflictException(detail=HELD)
