"""A messenger's directory, and who of our people each of its users is.

Found by machine once, by staff number, else by mail address; changed afterwards by hand only.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.ledger.actions import NewEntry, record, record_many
from postroad.ledger.canonical import Json
from postroad.messengers import queries
from postroad.messengers.actions.connections import SYSTEM, locked, report_fault
from postroad.messengers.events import Event
from postroad.messengers.models import Messenger, MessengerUser, Room
from postroad.messengers.protocol import DirectoryPerson, DirectorySnapshot, MessengerFault
from postroad.messengers.registry import tell_of_people, tell_of_rooms
from postroad.org.models import Person, today
from postroad.org.personal import PersonalField, digest, normalise_mail
from postroad.platform.actors import Actor
from postroad.platform.bulk import insert_many, update_many
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.realtime import publish

MatchedBy = MessengerUser.MatchedBy

MOST_SINGLE_ENTRIES = 100
"""Above this many recognised at once (a first reading), the evidence lists them together."""
ENTRY_HOLDS = 1_000


@dataclass(frozen=True, slots=True)
class DirectoryReading:
    """What came of reading a directory."""

    people: int
    added: int
    gone: int
    matched: int


def read_directory_of(*, messenger: Messenger) -> DirectoryReading:
    """Read everybody in the messenger's directory and keep what changed. Raises MessengerFault.

    Who is there for the first time, or still nobody of ours, is matched by staff number, then by mail address; two
    candidates for one person are left for people to decide. Nobody is ever matched anew by machine.
    """
    connector, account = queries.connection_of(messenger)
    asked_at = timezone.now()
    try:
        snapshot = connector.read_directory(account)
    except MessengerFault as fault:
        report_fault(messenger=messenger, fault=fault)
        raise
    with transaction.atomic(durable=True):
        return _keep(locked(messenger), snapshot, asked_at=asked_at)


@transaction.atomic
def match_user(*, user: MessengerUser, person: Person, actor: Actor) -> MessengerUser:
    """Say by hand who a user is. Raises Conflict when that person is another user already, Invalid for a leaver."""
    messenger = locked(user.messenger)
    user = messenger.users.get(pk=user.pk)
    if user.person_id == person.pk:
        return user
    if not person.is_active_on(today()):
        raise Invalid({"person": _("%(name)s does not work here any more.") % {"name": person.name}})
    other = messenger.users.filter(person=person).first()
    if other is not None:
        raise Conflict(
            _("%(name)s is the user “%(user)s” of this messenger already.") % {"name": person.name, "user": other}
        )
    before = user.person_id
    user.person, user.matched_by = person, MatchedBy.HAND
    user.save(update_fields=["person", "matched_by"])
    record_many([_matched(user, actor)])
    _tell(messenger, [user], {person.pk, *([before] if before else [])})
    return user


@transaction.atomic
def unmatch_user(*, user: MessengerUser, actor: Actor) -> MessengerUser:
    """Say that a user is not who they were taken for; doing it twice changes nothing."""
    messenger = locked(user.messenger)
    user = messenger.users.get(pk=user.pk)
    if user.person_id is None:
        return user
    before = user.person_id
    user.person, user.matched_by = None, ""
    user.save(update_fields=["person", "matched_by"])
    record(Event.USER_UNMATCHED, actor=actor, subject=user, data={"person": str(before)})
    _tell(messenger, [user], {before})
    return user


def _keep(messenger: Messenger, snapshot: DirectorySnapshot, *, asked_at: datetime) -> DirectoryReading:
    now = timezone.now()
    shown = {one.id.casefold(): one for one in snapshot.people}
    users = {user.user_id.casefold(): user for user in MessengerUser.objects.filter(messenger=messenger.pk)}
    added = [
        MessengerUser(messenger_id=messenger.pk, user_id=one.id, name=one.name[:255], active=one.active, seen_at=now)
        for folded, one in shown.items()
        if folded not in users
    ]
    changed = [user for folded, user in users.items() if _differs(user, shown.get(folded), complete=snapshot.complete)]
    gone = [user for user in changed if user.user_id.casefold() not in shown]
    everybody = {**users, **{user.user_id.casefold(): user for user in added}}
    matched = _match(everybody, shown)
    insert_many(added)
    new = {user.pk for user in added}
    to_save = {user.pk: user for user in [*changed, *matched] if user.pk not in new}
    if to_save:
        update_many(list(to_save.values()), ["name", "active", "person", "matched_by"])
    unseen = [user.pk for folded, user in users.items() if folded not in shown]
    messenger.users.filter(seen_at__lt=now).exclude(pk__in=unseen).update(seen_at=now)
    messenger.directory_read_at = asked_at
    messenger.save(update_fields=["directory_read_at"])
    reading = DirectoryReading(len(shown), len(added), len(gone), len(matched))
    _put_on_record(messenger, reading, matched)
    touched = {user.person_id for user in [*changed, *matched] if user.person_id}
    _tell(messenger, matched, touched)
    return reading


def _differs(user: MessengerUser, shown: DirectoryPerson | None, *, complete: bool) -> bool:
    """Brings a known user up to what the directory shows; whether anything changed."""
    if shown is None:
        name, active = user.name, user.active and not complete
    else:
        name, active = shown.name[:255], shown.active
    if (user.name, user.active) == (name, active):
        return False
    user.name, user.active = name, active
    return True


# --- who is who ---------------------------------------------------------------------------------------------


def _match(users: dict[str, MessengerUser], shown: dict[str, DirectoryPerson]) -> list[MessengerUser]:
    """Finds the person behind users that are nobody of ours yet; those found carry it, unsaved."""
    taken = {user.person_id for user in users.values() if user.person_id}
    open_ones = [one for folded, one in shown.items() if users[folded].person_id is None and one.active]
    found: list[MessengerUser] = []
    for how, key_of, people_by in (
        (MatchedBy.STAFF_NO, _staff_no, _by_staff_no),
        (MatchedBy.MAIL, _mail_digest, _by_mail),
    ):
        people = _unambiguous([one for one in open_ones if users[one.id.casefold()].person_id is None], key_of)
        persons = people_by(people)
        for key, one in people.items():
            person_id = persons.get(key)
            if person_id and person_id not in taken:
                user = users[one.id.casefold()]
                user.person_id, user.matched_by = person_id, how
                taken.add(person_id)
                found.append(user)
    return found


def _unambiguous(
    people: Sequence[DirectoryPerson], key_of: Callable[[DirectoryPerson], str]
) -> dict[str, DirectoryPerson]:
    """People by what should tell them apart, without those whom it does not."""
    keys = {one.id: key for one in people if (key := key_of(one))}
    shared = Counter(keys.values())
    return {keys[one.id]: one for one in people if one.id in keys and shared[keys[one.id]] == 1}


def _staff_no(one: DirectoryPerson) -> str:
    return one.staff_no.strip().upper()


def _mail_digest(one: DirectoryPerson) -> str:
    try:
        return digest(PersonalField.MAIL, normalise_mail(one.mail)).hex() if one.mail else ""
    except ValidationError:
        return ""


def _working() -> Q:
    return Q(left_on__isnull=True) | Q(left_on__gte=today())


def _by_staff_no(keys: Iterable[str]) -> dict[str, UUID]:
    # An array, not a list of parameters: there are as many as people.
    working = Person.objects.filter(_working()).annotate(key=Upper("staff_no"))
    found = working.filter(RawSQL("UPPER(staff_no) = ANY(%s)", [list(keys)], output_field=BooleanField()))
    return dict(found.values_list("key", "pk"))


def _by_mail(keys: Iterable[str]) -> dict[str, UUID]:
    wanted = [bytes.fromhex(key) for key in keys]
    found = Person.objects.filter(_working(), mail_digest__in=wanted).values_list("mail_digest", "pk")
    return {bytes(mail).hex(): pk for mail, pk in found if mail}


# --- what follows -------------------------------------------------------------------------------------------


def _put_on_record(messenger: Messenger, reading: DirectoryReading, matched: Sequence[MessengerUser]) -> None:
    """The reading, and whom it recognised: each by themselves, or, where they are many, a thousand in one entry."""
    entries = []
    if reading.added or reading.gone or reading.matched:
        data = {"added": reading.added, "gone": reading.gone, "matched": reading.matched}
        entries.append(NewEntry(Event.DIRECTORY_CHANGED, SYSTEM, messenger, data))
    if len(matched) <= MOST_SINGLE_ENTRIES:
        entries += [_matched(user) for user in matched]
    else:
        parts = [matched[start : start + ENTRY_HOLDS] for start in range(0, len(matched), ENTRY_HOLDS)]
        entries += [_matched_together(messenger, part) for part in parts]
    record_many(entries)


def _matched(user: MessengerUser, actor: Actor = SYSTEM) -> NewEntry:
    return NewEntry(Event.USER_MATCHED, actor, user, {"person": str(user.person_id), "how": str(user.matched_by)})


def _matched_together(messenger: Messenger, users: Sequence[MessengerUser]) -> NewEntry:
    people: dict[str, Json] = {str(user.pk): [str(user.person_id), str(user.matched_by)] for user in users}
    return NewEntry(Event.USERS_MATCHED, SYSTEM, messenger, {"count": len(users), "users": people})


def _tell(messenger: Messenger, users: Sequence[MessengerUser], person_ids: Iterable[UUID]) -> None:
    """Rooms with users who have become somebody else look different now, though nothing moved in them."""
    if users:
        folded = [user.user_id.casefold() for user in users]
        rooms = Room.objects.filter(messenger=messenger, gone_at__isnull=True)
        tell_of_rooms(list(rooms.with_members(folded).values_list("pk", flat=True)))
    tell_of_people(set(person_ids))
    publish("messengers", messenger=str(messenger.pk))
