"""What people do in a simulated messenger: join the company, make groups, rename them, chat, leave.

Everything that happens in one place happens one after the other (its row is locked), so that the numbers of
occurrences never overtake each other.
"""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from postroad.channels.protocol import OutgoingAttachment, chunks_of
from postroad.connectors.simulated.models import Department, File, Group, Membership, Occurrence, Place, User
from postroad.messengers.protocol import DirectoryDepartment, DirectoryPerson, RoomEventKind
from postroad.platform.ids import new_id

MESSAGE = "message"
DIRECTORY = "directory"
KEPT = timedelta(days=31)


def place_called(name: str) -> Place:
    """The simulated messenger of this name, made when first asked for."""
    return Place.objects.get_or_create(name=name)[0]


# --- the company --------------------------------------------------------------------------------------------


@transaction.atomic
def set_departments(place: Place, departments: Iterable[DirectoryDepartment]) -> None:
    """The directory's departments are these from now on."""
    _lock(place)
    place.departments.all().delete()
    Department.objects.bulk_create(
        Department(
            place=place,
            code=one.id,
            name=one.name,
            parent_code=one.parent_id or "",
            head_ids=list(one.head_ids),
        )
        for one in departments
    )
    _happen(place, DIRECTORY)


@transaction.atomic
def hire(place: Place, people: Iterable[DirectoryPerson]) -> None:
    """People appear in the directory; whoever is there already becomes as given."""
    _lock(place)
    users = [
        User(
            place=place,
            user_id=one.id,
            name=one.name,
            name_en=one.name_en,
            staff_no=one.staff_no,
            mail=one.mail,
            title=one.title,
            department_codes=list(one.department_ids),
            active=one.active,
        )
        for one in people
    ]
    User.objects.bulk_create(
        users,
        update_conflicts=True,
        unique_fields=["place", "user_id"],
        update_fields=["name", "name_en", "staff_no", "mail", "title", "department_codes", "active"],
        batch_size=1000,
    )
    _happen(place, DIRECTORY, user_ids=[one.user_id for one in users][:100])


@transaction.atomic
def dismiss(place: Place, user_id: str) -> None:
    """Somebody's account is closed; like in real life they stay in their groups until somebody removes them."""
    _lock(place)
    place.users.filter(user_id=user_id).update(active=False)
    _happen(place, DIRECTORY, user_ids=[user_id])


# --- groups -------------------------------------------------------------------------------------------------


@transaction.atomic
def make_group(
    place: Place, *, name: str, owner_id: str, member_ids: Collection[str], key: str = "", settings: Any = None
) -> Group:
    """A group with these people in it, its maker the owner; one made under the same `key` before is that one."""
    _lock(place)
    made = place.groups.filter(key=key).first() if key else None
    if made is not None:
        return made
    group = Group.objects.create(
        place=place,
        room_id=f"sim-{new_id().hex}",
        key=key,
        name=name,
        owner_id=owner_id,
        creator_id="" if key else owner_id,
        settings=settings or {},
        made_at=timezone.now(),
    )
    Membership.objects.bulk_create(Membership(group=group, user_id=one) for one in {owner_id, *member_ids})
    _happen(place, RoomEventKind.MADE, room=group, user_id=group.creator_id)
    return group


@transaction.atomic
def rename(group: Group, name: str, *, by: str) -> None:
    """The group has another name; its own again is no event."""
    _lock(group.place)
    if _is_so(group, name=name):
        return
    Group.objects.filter(pk=group.pk).update(name=name)
    _happen(group.place, RoomEventKind.RENAMED, room=group, user_id=by)


@transaction.atomic
def join(group: Group, user_ids: Collection[str], *, by: str) -> None:
    """People come into the group; who is in it stays in it."""
    _lock(group.place)
    inside = set(group.memberships.filter(user_id__in=list(user_ids)).values_list("user_id", flat=True))
    new = sorted(set(user_ids) - inside)
    if new:
        Membership.objects.bulk_create(Membership(group=group, user_id=one) for one in new)
        _happen(group.place, RoomEventKind.JOINED, room=group, user_id=by, user_ids=new)


@transaction.atomic
def leave(group: Group, user_ids: Collection[str], *, by: str) -> None:
    """People leave the group, or are removed. An owner who leaves hands it to whoever has been in it longest."""
    _lock(group.place)
    here = group.memberships.filter(user_id__in=list(user_ids))
    gone = sorted(here.values_list("user_id", flat=True))
    if not gone:
        return
    here.delete()
    _happen(group.place, RoomEventKind.LEFT, room=group, user_id=by, user_ids=gone)
    set_administrators(group, demote=gone, by=by)
    owner_id = Group.objects.values_list("owner_id", flat=True).get(pk=group.pk)
    if owner_id in gone:
        heir = group.memberships.order_by("pk").first()
        hand_over(group, heir.user_id if heir else "", by=by)


@transaction.atomic
def hand_over(group: Group, owner_id: str, *, by: str) -> None:
    """The group has another owner, who is in it already."""
    _lock(group.place)
    if _is_so(group, owner_id=owner_id):
        return
    Group.objects.filter(pk=group.pk).update(owner_id=owner_id)
    _happen(group.place, RoomEventKind.OWNER_CHANGED, room=group, user_id=by, user_ids=[owner_id])


@transaction.atomic
def set_administrators(group: Group, *, promote: Collection[str] = (), demote: Collection[str] = (), by: str) -> None:
    """Members become administrators beside the owner, or cease to be."""
    _lock(group.place)
    before = set(Group.objects.values_list("admin_ids", flat=True).get(pk=group.pk))
    inside = set(group.memberships.filter(user_id__in=list(promote)).values_list("user_id", flat=True))
    after = (before | inside) - set(demote)
    if after != before:
        Group.objects.filter(pk=group.pk).update(admin_ids=sorted(after))
        _happen(group.place, RoomEventKind.SETTINGS_CHANGED, room=group, user_id=by)


@transaction.atomic
def set_settings(group: Group, settings: dict[str, Any], *, by: str) -> None:
    _lock(group.place)
    before = Group.objects.values_list("settings", flat=True).get(pk=group.pk)
    after = {**before, **settings}
    if after != before:
        Group.objects.filter(pk=group.pk).update(settings=after)
        _happen(group.place, RoomEventKind.SETTINGS_CHANGED, room=group, user_id=by)


@transaction.atomic
def close(group: Group, *, by: str) -> None:
    _lock(group.place)
    if Group.objects.filter(pk=group.pk, closed_at=None).update(closed_at=timezone.now()):
        _happen(group.place, RoomEventKind.CLOSED, room=group, user_id=by)


def _is_so(group: Group, **values: str) -> bool:
    """Whether the group is like this already."""
    return Group.objects.filter(pk=group.pk, **values).exists()


@transaction.atomic
def begin_chat(place: Place, *, service_id: str, user_id: str, name: str) -> Group:
    """Somebody outside opens their chat with a service account; it stays the same one."""
    _lock(place)
    User.objects.update_or_create(place=place, user_id=user_id, defaults={"name": name, "outside": True})
    chat, made = place.groups.get_or_create(
        service_id=service_id,
        owner_id=user_id,
        closed_at=None,
        defaults={"room_id": f"chat-{new_id().hex}", "made_at": timezone.now()},
    )
    if made:
        Membership.objects.create(group=chat, user_id=user_id)
    return chat


# --- chat ---------------------------------------------------------------------------------------------------


@transaction.atomic
def say(
    group: Group,
    *,
    user_id: str,
    text: str,
    reply_to: str = "",
    external_id: str = "",
    mentions: Collection[str] = (),
    files: Iterable[OutgoingAttachment] = (),
    ours: bool = False,
) -> Occurrence:
    """Something is said in the group; under an `external_id` that was used before nothing is said again."""
    _lock(group.place)
    said = group.place.occurrences.filter(kind=MESSAGE, room_id=group.room_id, external_id=external_id).first()
    if external_id and said is not None:
        return said
    message = _happen(
        group.place,
        MESSAGE,
        room=group,
        user_id=user_id,
        user_ids=sorted(mentions),
        external_id=external_id or f"m-{new_id().hex}",
        text=text,
        reply_to=reply_to,
        ours=ours,
    )
    File.objects.bulk_create(
        File(occurrence=message, name=one.name, content_type=one.content_type, content=b"".join(chunks_of(one.content)))
        for one in files
    )
    Group.objects.filter(pk=group.pk).update(last_said_at=message.at)
    return message


@transaction.atomic
def take_back(message: Occurrence, *, by: str) -> None:
    """A message disappears from the group; it is taken back once."""
    _lock(message.place)
    if Occurrence.objects.filter(pk=message.pk, redacted_at=None).update(redacted_at=timezone.now()):
        _happen(
            message.place,
            RoomEventKind.MESSAGE_REDACTED,
            room_id=message.room_id,
            user_id=by,
            external_id=message.external_id,
        )


@transaction.atomic
def forget_what_happened() -> int:
    """Remove what happened more than a month ago: a demo may run for long. Returns how many rows."""
    return Occurrence.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]


def _lock(place: Place) -> None:
    Place.objects.select_for_update(no_key=True).get(pk=place.pk)


def _happen(place: Place, kind: str, *, room: Group | None = None, **values: Any) -> Occurrence:
    if room is not None:
        values["room_id"] = room.room_id
    return Occurrence.objects.create(place=place, kind=str(kind), at=timezone.now(), **values)
