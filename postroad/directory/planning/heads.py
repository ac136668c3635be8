"""Whom a directory calls the head of a department: only ever a proposal, for a head may sign."""

from __future__ import annotations

from uuid import UUID

from postroad.directory.planning.known import Choice, Digest, Kind, Known, chosen
from postroad.directory.planning.steps import Found, Plan
from postroad.messengers.protocol import DirectoryDepartment, DirectorySnapshot


def propose_heads(snapshot: DirectorySnapshot, known: Known, *, digest: Digest, made: Plan) -> None:
    """Notes each department of ours whose head is none of those the directory names; the first of them is proposed.

    Departments that are new in this very plan come with the next reading.
    """
    for entry in snapshot.departments:
        place = known.places.get(entry.id.lower())
        named = _people(entry, known)
        if place is None or place not in known.departments or not named or known.heads.get(place) in named:
            continue
        if chosen(known.decisions, Kind.HEAD_DIFFERS, entry.id, digest(entry)) in (Choice.KEEP, Choice.IGNORE):
            continue
        found = Found(
            kind=Kind.HEAD_DIFFERS, entry=entry, digest=digest(entry), person_id=named[0], department_id=place
        )
        made.conflicts.append(found)


def _people(entry: DirectoryDepartment, known: Known) -> list[UUID]:
    """Those of ours whom an entry calls heads, who work here."""
    links = (known.links.get(user_id.lower()) for user_id in entry.head_ids)
    found = [link.person_id for link in links if link is not None and link.person_id is not None]
    return [one for one in found if one in known.people and not known.people[one].left]
