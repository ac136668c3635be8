"""Keeping up with the organisation: what changed there reaches the groups within the minute."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from postroad.groups import queries
from postroad.groups.actions.comparing import adopt_channels, reconcile
from postroad.groups.actions.declaring import declare_groups, follow_groups
from postroad.groups.actions.succession import look_after_owners
from postroad.groups.jobs import Job
from postroad.platform.jobs import enqueue

MOST_NAMED = 200
"""Above this many people at once, everything is compared: an import, the first directory sync."""


def people_changed(person_ids: Collection[UUID]) -> None:
    """People joined, moved, left, or hold other posts: follow soon. Runs in the transaction of the change."""
    if len(person_ids) > MOST_NAMED:
        enqueue(Job.FOLLOW, once=True)
        return
    touched = sorted(map(str, person_ids))
    enqueue(Job.FOLLOW_PEOPLE, once=True, person_ids=",".join(touched))


def departments_changed(department_ids: Collection[UUID]) -> None:
    """Departments were made, renamed, moved or closed: follow soon."""
    del department_ids
    enqueue(Job.FOLLOW, once=True)


def grants_changed(channel_ids: Collection[UUID]) -> None:
    """Who may be in these channels changed: compare them. Runs in the transaction of the change."""
    reconcile(channel_ids=channel_ids)


@transaction.atomic
def follow_people(*, person_ids: Collection[UUID]) -> None:
    """Bring the groups that these people are in, should be in, or answer for up to date, and no others."""
    declare_groups(department_ids=queries.departments_of_people(person_ids))
    channel_ids = queries.channels_of_people(person_ids)
    if channel_ids:
        follow_groups(channel_ids=channel_ids)
        reconcile(channel_ids=channel_ids)
    look_after_owners(person_ids=person_ids)


@transaction.atomic
def follow_everything() -> None:
    """Bring all groups up to date with organisation, templates and grants; what days bring comes with this, too."""
    adopt_channels()
    declare_groups()
    follow_groups()
    reconcile()
    look_after_owners()
