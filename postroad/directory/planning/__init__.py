"""From what a source says and what is known here to what should be done. Pure: no database, no network.

Nothing is guessed. Where a source and we disagree about who somebody is, or both claim them, the outcome is a
`Found` for a person to settle, and both sides stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable

from postroad.directory.planning.departments import Departments
from postroad.directory.planning.heads import propose_heads
from postroad.directory.planning.known import (
    Decision,
    Digest,
    Known,
    KnownDepartment,
    KnownPerson,
    Link,
    Policy,
    folded,
)
from postroad.directory.planning.people import People
from postroad.directory.planning.steps import DepartmentStep, End, Found, PersonStep, Plan, Quiet
from postroad.messengers.protocol import DirectorySnapshot

__all__ = [
    "Decision",
    "DepartmentStep",
    "End",
    "Found",
    "Known",
    "KnownDepartment",
    "KnownPerson",
    "Link",
    "PersonStep",
    "Plan",
    "Policy",
    "Quiet",
    "folded",
    "plan",
]


def plan(
    snapshot: DirectorySnapshot,
    known: Known,
    policy: Policy,
    *,
    mail_digest: Callable[[str], bytes | None],
    digest: Digest,
) -> Plan:
    """What should be done about `snapshot`. `mail_digest` is None for what is not a mail address.

    Doing it and planning again from the same snapshot gives a plan without steps, apart from entries that are
    taken over unchanged.
    """
    made = Plan()
    if policy.takes_departments:
        Departments(snapshot, known, policy, digest=digest, made=made).plan()
    People(snapshot, known, policy, mail_digest=mail_digest, digest=digest, made=made).plan()
    propose_heads(snapshot, known, digest=digest, made=made)
    return made
