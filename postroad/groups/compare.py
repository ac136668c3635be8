"""How a group as seen differs from the group as declared. Pure: no database, no network, no clock."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from postroad.groups.models import Field, Obstacle
from postroad.messengers.protocol import Feature, MessengerConnector, RoomChange, RoomSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredRoom:
    """A group as declared. `members` are all that belong in it; with `closed_list` nobody else does, without it
    only those must go who have left. `admins` are members who administer it beside the owner.
    """

    channel_id: UUID
    messenger_id: UUID
    room_key: str
    name: str
    owner: UUID | None
    members: frozenset[UUID]
    closed_list: bool
    automatic: bool
    fix_names: bool
    admins: frozenset[UUID] = frozenset()
    settings: Mapping[str, Any] = field(default_factory=dict)
    ending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRoom:
    """A room as last seen. User ids are case-folded; `gone`: it was there and is not any more."""

    name: str
    owner_id: str
    members: frozenset[str]
    admins: frozenset[str] = frozenset()
    settings: Mapping[str, Any] = field(default_factory=dict)
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Who is whom in a messenger: user ids by person as the messenger writes them, persons by case-folded user id.

    `left` are those of `persons` who work here no more; `strangers` are the names of users who are nobody of ours.
    """

    users: Mapping[UUID, str]
    persons: Mapping[str, UUID]
    names: Mapping[UUID, str] = field(default_factory=dict)
    left: frozenset[UUID] = frozenset()
    strangers: Mapping[str, str] = field(default_factory=dict)

    def name_of(self, person: UUID | None) -> str:
        return self.names.get(person, "") if person else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """What a messenger lets us do."""

    features: frozenset[Feature]
    settings: frozenset[str]
    longest_name: int
    largest_room: int

    @classmethod
    def of(cls, connector: MessengerConnector) -> "Ability":
        return cls(
            features=connector.features,
            settings=frozenset(map(str, connector.room_settings)),
            longest_name=connector.longest_name,
            largest_room=connector.largest_room,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One difference. `user_id` is whom the messenger has to be told about, as it writes them."""

    field: Field
    subject: str = ""
    person: UUID | None = None
    user_id: str = ""
    declared: str = ""
    observed: str = ""
    obstacle: Obstacle = Obstacle.NONE

    @property
    def repairable(self) -> bool:
        """Whether applying can mend it, if only after a click."""
        return self.obstacle in {Obstacle.NONE, Obstacle.BY_HAND}

    @property
    def by_itself(self) -> bool:
        """Whether applying may mend it without anybody looking."""
        return self.obstacle == Obstacle.NONE


def compare(wanted: DesiredRoom, seen: SeenRoom | None, directory: Directory, ability: Ability) -> tuple[Found, ...]:
    """All differences, in a lasting order."""
    if wanted.ending:
        return (Found(field=Field.ENDING, obstacle=Obstacle.BY_HAND),) if seen and not seen.gone else ()
    unreachable = tuple(_unreachable(wanted, directory))
    if seen is None:
        return (_missing_room(wanted, directory, ability), *unreachable)
    if seen.gone:
        return (Found(field=Field.CLOSED, observed=seen.name, obstacle=Obstacle.BY_HAND), *unreachable)
    return (
        *_name(wanted, seen, ability),
        *_owner(wanted, seen, directory, ability),
        *_members(wanted, seen, directory, ability),
        *unreachable,
        *_admins(wanted, seen, directory, ability),
        *_settings(wanted, seen, ability),
    )


def _missing_room(wanted: DesiredRoom, directory: Directory, ability: Ability) -> Found:
    obstacle = Obstacle.NONE
    if wanted.owner is None:
        obstacle = Obstacle.NOBODY_ANSWERS
    elif wanted.owner not in directory.users:
        obstacle = Obstacle.OWNER_NOT_IN_DIRECTORY
    elif len(wanted.name) > ability.longest_name:
        obstacle = Obstacle.TOO_LONG
    return Found(field=Field.ROOM, declared=wanted.name, obstacle=obstacle)


def _unreachable(wanted: DesiredRoom, directory: Directory) -> Iterator[Found]:
    # Not `members - users.keys()`: that would look at every user of the messenger for each group.
    unknown = {person for person in wanted.members if person not in directory.users}
    for person in _ordered(unknown, directory):
        yield Found(
            field=Field.MISSING,
            subject=str(person),
            person=person,
            declared=directory.name_of(person),
            obstacle=Obstacle.NOT_IN_DIRECTORY,
        )


def _name(wanted: DesiredRoom, seen: SeenRoom, ability: Ability) -> Iterator[Found]:
    if wanted.name != seen.name:
        obstacle = Obstacle.NONE if wanted.fix_names else Obstacle.BY_HAND
        if len(wanted.name) > ability.longest_name:
            obstacle = Obstacle.TOO_LONG
        yield Found(field=Field.NAME, declared=wanted.name, observed=seen.name, obstacle=obstacle)


def _owner(wanted: DesiredRoom, seen: SeenRoom, directory: Directory, ability: Ability) -> Iterator[Found]:
    if not seen.owner_id:
        return  # this messenger does not tell
    actual = directory.persons.get(seen.owner_id)
    if wanted.owner is not None and actual == wanted.owner:
        return
    obstacle = Obstacle.NONE
    if wanted.owner is None:
        obstacle = Obstacle.NOBODY_ANSWERS
    elif wanted.owner not in directory.users:
        obstacle = Obstacle.OWNER_NOT_IN_DIRECTORY
    elif Feature.CHANGE_OWNER not in ability.features:
        obstacle = Obstacle.NOT_OFFERED
    yield Found(
        field=Field.OWNER,
        person=actual,
        user_id=directory.users.get(wanted.owner, "") if wanted.owner else "",
        declared=directory.name_of(wanted.owner),
        observed=directory.name_of(actual) or seen.owner_id,
        obstacle=obstacle,
    )


def _members(wanted: DesiredRoom, seen: SeenRoom, directory: Directory, ability: Ability) -> Iterator[Found]:
    present = {directory.persons[user_id] for user_id in seen.members if user_id in directory.persons}
    missing = {person for person in wanted.members if person in directory.users and person not in present}
    room_left = ability.largest_room - len(seen.members)
    for number, person in enumerate(_ordered(missing, directory)):
        yield Found(
            field=Field.MISSING,
            subject=str(person),
            person=person,
            user_id=directory.users[person],
            declared=directory.name_of(person),
            obstacle=Obstacle.NONE if number < room_left else Obstacle.FULL,
        )
    extra = present - wanted.members
    if not wanted.closed_list:
        extra &= directory.left
    can_remove = Feature.REMOVE_MEMBER in ability.features
    user_ids = {directory.persons[user_id]: user_id for user_id in seen.members if user_id in directory.persons}
    for person in _ordered(extra, directory):
        yield Found(
            field=Field.EXTRA,
            subject=str(person),
            person=person,
            user_id=directory.users.get(person, user_ids[person]),
            observed=directory.name_of(person) or user_ids[person],
            obstacle=Obstacle.NONE if can_remove else Obstacle.NOT_OFFERED,
        )
    unknown = {user_id for user_id in seen.members if user_id not in directory.persons}
    for user_id in sorted(unknown) if wanted.closed_list else ():
        yield Found(
            field=Field.STRANGER,
            subject=user_id,
            user_id=user_id,
            observed=directory.strangers.get(user_id, user_id),
            obstacle=Obstacle.BY_HAND if can_remove else Obstacle.NOT_OFFERED,
        )


def _admins(wanted: DesiredRoom, seen: SeenRoom, directory: Directory, ability: Ability) -> Iterator[Found]:
    """Owners are administrators anyway, and who must go ceases to be one by going."""
    if Feature.CHANGE_ADMINS not in ability.features:
        return
    owners = {wanted.owner}
    if wanted.owner not in directory.users or Feature.CHANGE_OWNER not in ability.features:
        owners.add(directory.persons.get(seen.owner_id))  # stays the owner for now
    present = {directory.persons[user_id] for user_id in seen.admins if user_id in directory.persons} - owners
    missing = {one for one in wanted.admins - present - owners if one in directory.users}
    extra = {one for one in present - wanted.admins if one in wanted.members} if wanted.closed_list else set()
    for person in _ordered(missing | extra, directory):
        declared, observed = ("admin", "member") if person in missing else ("member", "admin")
        yield Found(
            field=Field.ADMIN,
            subject=str(person),
            person=person,
            user_id=directory.users.get(person, ""),
            declared=declared,
            observed=observed,
            obstacle=Obstacle.NONE if person in directory.users else Obstacle.NOT_IN_DIRECTORY,
        )


def _settings(wanted: DesiredRoom, seen: SeenRoom, ability: Ability) -> Iterator[Found]:
    for name, value in sorted(wanted.settings.items()):
        if name not in ability.settings:
            yield Found(field=Field.SETTING, subject=name, declared=_text(value), obstacle=Obstacle.NOT_OFFERED)
        elif name in seen.settings and seen.settings[name] != value:
            yield Found(field=Field.SETTING, subject=name, declared=_text(value), observed=_text(seen.settings[name]))


def _ordered(people: frozenset[UUID] | set[UUID], directory: Directory) -> list[UUID]:
    return sorted(people, key=lambda person: (directory.name_of(person), person))


def _text(value: object) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


# --- what to ask of the messenger ---------------------------------------------------------------------------


def spec_of(wanted: DesiredRoom, directory: Directory, ability: Ability) -> RoomSpec:
    """The room to be made. Its owner is in the directory; members beyond the messenger's limit are left out."""
    assert wanted.owner is not None
    owner_id = directory.users[wanted.owner]
    known = {person for person in wanted.members if person in directory.users}
    others = [directory.users[person] for person in _ordered(known, directory)]
    kept = [user_id for user_id in others if user_id != owner_id][: ability.largest_room - 1]
    return RoomSpec(
        key=wanted.room_key,
        name=wanted.name,
        owner_id=owner_id,
        member_ids=frozenset({owner_id, *kept}),
        settings={name: value for name, value in wanted.settings.items() if name in ability.settings},
    )


def change_of(wanted: DesiredRoom, differences: tuple[Found, ...]) -> RoomChange:
    """What to change of a room so that these differences, all repairable, are gone."""

    def of(kind: Field) -> list[Found]:
        return [one for one in differences if one.field == kind]

    return RoomChange(
        name=wanted.name if of(Field.NAME) else None,
        owner_id=next((one.user_id for one in of(Field.OWNER)), None),
        add_ids=frozenset(one.user_id for one in of(Field.MISSING)),
        remove_ids=frozenset(one.user_id for one in (*of(Field.EXTRA), *of(Field.STRANGER))),
        promote_ids=frozenset(one.user_id for one in of(Field.ADMIN) if one.declared == "admin"),
        demote_ids=frozenset(one.user_id for one in of(Field.ADMIN) if one.declared != "admin"),
        settings={one.subject: wanted.settings[one.subject] for one in of(Field.SETTING)},
    )
