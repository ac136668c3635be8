"""Who is taken over, who is new, who left, and who cannot be told from somebody else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from postroad.directory.planning.known import (
    LONGEST_NAME,
    LONGEST_STAFF_NO,
    Choice,
    Digest,
    Kind,
    Known,
    KnownPerson,
    Link,
    Policy,
    chosen,
    same_name,
)
from postroad.directory.planning.steps import End, Found, PersonStep, Plan, Quiet
from postroad.messengers.protocol import DirectoryPerson, DirectorySnapshot


class People:
    def __init__(
        self,
        snapshot: DirectorySnapshot,
        known: Known,
        policy: Policy,
        *,
        mail_digest: Callable[[str], bytes | None],
        digest: Digest,
        made: Plan,
    ) -> None:
        self._snapshot, self._known, self._policy = snapshot, known, policy
        self._mail_digest, self._digest, self._made = mail_digest, digest, made
        self._by_staff_no = {one.staff_no.upper(): one for one in known.people.values()}
        self._by_mail = {one.mail: one for one in known.people.values() if one.mail and not one.left}
        self._links_by_person = {
            link.person_id: key for key, link in known.links.items() if link.person_id and link.owns
        }
        self._present = {one.id.lower() for one in snapshot.people}
        self._claimed: set[UUID] = set()

    def plan(self) -> None:
        active = [entry for entry in self._snapshot.people if entry.active]
        doubtful = self._twice(active)
        for entry in active:
            if entry.id.lower() not in doubtful:
                self._settle(entry)
        self._end()

    def _twice(self, entries: Iterable[DirectoryPerson]) -> set[str]:
        """Entries that share a staff number or mail address, but for the one that is settled."""
        doubtful: set[str] = set()
        for keys in (self._grouped(entries, self._staff_key), self._grouped(entries, self._mail_key)):
            for group in keys:
                settled = [one for one in group if self._chose(Kind.TWICE, one) == Choice.TAKE]
                settled = settled or [one for one in group if self._owned_link(one)]
                keeps = settled[0] if len(settled) == 1 else None
                for one in group:
                    if one is keeps:
                        continue
                    doubtful.add(one.id.lower())
                    if keeps is None or self._chose(Kind.TWICE, keeps) != Choice.TAKE:
                        other = next(entry for entry in group if entry is not one)
                        self._found(Kind.TWICE, one, other=other, fields=_shared(one, other))
        return doubtful

    @staticmethod
    def _grouped(
        entries: Iterable[DirectoryPerson], key_of: Callable[[DirectoryPerson], object]
    ) -> list[list[DirectoryPerson]]:
        groups: dict[object, list[DirectoryPerson]] = {}
        for entry in entries:
            if key := key_of(entry):
                groups.setdefault(key, []).append(entry)
        return [group for group in groups.values() if len(group) > 1]

    def _staff_key(self, entry: DirectoryPerson) -> str:
        return self._staff_no(entry).upper()

    def _mail_key(self, entry: DirectoryPerson) -> bytes | None:
        return self._mail_digest(entry.mail) if entry.mail else None

    def _staff_no(self, entry: DirectoryPerson) -> str:
        return entry.staff_no.strip() or (entry.id if self._policy.takes_user_id else "")

    def _owned_link(self, entry: DirectoryPerson) -> bool:
        link = self._known.links.get(entry.id.lower())
        return link is not None and link.owns

    def _settle(self, entry: DirectoryPerson) -> None:
        name = entry.name.strip()
        if not name or len(name) > LONGEST_NAME or len(self._staff_no(entry)) > LONGEST_STAFF_NO:
            self._found(
                Kind.BAD_VALUE, entry, fields=("staff_no",) if name and len(name) <= LONGEST_NAME else ("name",)
            )
            return
        link = self._known.links.get(entry.id.lower())
        person = self._known.people.get(link.person_id) if link and link.person_id else None
        if link is None or person is None:
            self._place(entry)
        elif link.owns:
            self._update(entry, person, link)

    def _update(self, entry: DirectoryPerson, person: KnownPerson, link: Link) -> None:
        returns = link.ended or person.left
        if returns and self._open(Kind.RETURNED, entry, person, yes=Choice.TAKE):
            return
        staff_no = self._staff_no(entry) or person.staff_no
        renumbered = staff_no.upper() != person.staff_no.upper()
        if renumbered and staff_no.upper() in self._by_staff_no:
            self._found(Kind.STAFF_NO_TAKEN, entry, self._by_staff_no[staff_no.upper()], fields=("staff_no",))
            staff_no, renumbered = person.staff_no, False
        self._take(entry, person, staff_no if renumbered else person.staff_no, returns=returns)

    def _place(self, entry: DirectoryPerson) -> None:
        """Finds out who an entry is that stands for nobody yet."""
        staff_no = self._staff_no(entry)
        mail = self._mail_key(entry)
        namesake = self._by_mail.get(mail) if mail else None
        if not staff_no:
            self._without_number(entry, namesake)
            return
        person = self._by_staff_no.get(staff_no.upper())
        if person is not None:
            self._meet(entry, person)
        elif namesake is not None:
            if not self._open(Kind.MAIL_TAKEN, entry, namesake, yes=Choice.SAME, fields=("staff_no",)):
                self._take(entry, namesake, staff_no)
        else:
            self._made.people.append(PersonStep(entry, staff_no))

    def _without_number(self, entry: DirectoryPerson, namesake: KnownPerson | None) -> None:
        if not self._open(Kind.NO_STAFF_NO, entry, namesake, yes=Choice.SAME) and namesake is not None:
            self._take(entry, namesake, namesake.staff_no)

    def _meet(self, entry: DirectoryPerson, person: KnownPerson) -> None:
        """An entry with the staff number of one of our people."""
        agreed = False
        if not same_name(entry.name, person.names):
            if self._open(Kind.NAME_DIFFERS, entry, person, yes=Choice.SAME, fields=("name",)):
                return
            agreed = True
        if person.left:
            if self._open(Kind.RETURNED, entry, person, yes=Choice.TAKE):
                return
            self._take(entry, person, person.staff_no, returns=True)
            return
        if person.owner == self._known.source_id:
            earlier = self._links_by_person[person.id]
            if earlier in self._present or not self._snapshot.complete:
                self._found(Kind.TWICE, entry, person, fields=("staff_no",))
                return
        elif person.owner is not None:
            if self._open(Kind.OWNED_ELSEWHERE, entry, person, yes=Choice.TAKE):
                return
        elif not agreed and not self._policy.adopts and self._open(Kind.OWNED_BY_HAND, entry, person, yes=Choice.TAKE):
            return
        self._take(entry, person, person.staff_no)

    def _take(self, entry: DirectoryPerson, person: KnownPerson, staff_no: str, *, returns: bool = False) -> None:
        if person.id in self._claimed:
            self._found(Kind.TWICE, entry, person, fields=("staff_no",))
            return
        self._claimed.add(person.id)
        renumbered = staff_no.upper() != person.staff_no.upper()
        self._made.people.append(PersonStep(entry, staff_no, person.id, renumbered=renumbered, returns=returns))

    def _end(self) -> None:
        """People whom this source answers for and calls inactive, or, having shown everybody, does not show."""
        inactive = {entry.id.lower() for entry in self._snapshot.people if not entry.active}
        for key, link in self._known.links.items():
            if link.person_id is None or not link.owns or link.ended or link.person_id in self._claimed:
                continue
            missing = self._snapshot.complete and key not in self._present
            if key in inactive or missing:
                self._made.ends.append(End(key, link.person_id))

    def _open(
        self,
        kind: Kind,
        entry: DirectoryPerson,
        person: KnownPerson | None,
        *,
        yes: Choice,
        fields: tuple[str, ...] = (),
    ) -> bool:
        """Whether the entry has to wait: nobody chose `yes`. KEEP ties it to the person without saying anything."""
        choice = self._chose(kind, entry)
        if choice == yes:
            return False
        link = self._known.links.get(entry.id.lower())
        if choice == Choice.KEEP and person is not None and (link is None or link.person_id is None):
            self._made.quiet.append(Quiet(entry.id, person.id))
        elif choice is None:
            self._found(kind, entry, person, fields=fields)
        return True

    def _chose(self, kind: Kind, entry: DirectoryPerson) -> Choice | None:
        return chosen(self._known.decisions, kind, entry.id, self._digest(entry))

    def _found(
        self,
        kind: Kind,
        entry: DirectoryPerson,
        person: KnownPerson | None = None,
        *,
        other: DirectoryPerson | None = None,
        fields: tuple[str, ...] = (),
    ) -> None:
        if self._chose(kind, entry) is None:
            self._made.conflicts.append(
                Found(
                    kind=kind,
                    entry=entry,
                    digest=self._digest(entry),
                    person_id=person.id if person else None,
                    other=other,
                    fields=fields,
                )
            )


def _shared(one: DirectoryPerson, other: DirectoryPerson) -> tuple[str, ...]:
    """What two entries have in common that only one may have."""
    same_number = one.staff_no and one.staff_no.upper() == other.staff_no.upper()
    same_mail = one.mail and one.mail.strip().lower() == other.mail.strip().lower()
    return (*(["staff_no"] if same_number else []), *(["mail"] if same_mail else []))
