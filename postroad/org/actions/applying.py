"""Writing a batch of planned people: a constant number of statements, whatever the number of people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from secrets import token_hex
from uuid import UUID

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, UNUSABLE_PASSWORD_SUFFIX_LENGTH
from django.db.models import Q

from postroad.ledger.actions import NewEntry, record_many
from postroad.org.actions.people import close_accounts, end_posts_of_leavers
from postroad.org.actions.planning import PlannedRow
from postroad.org.events import Event
from postroad.org.models import Account, Person, Post, today
from postroad.org.registry import people_changed
from postroad.org.roles import ROLES_OF_A_DEPARTMENT
from postroad.org.sheet import Column
from postroad.platform.actors import Actor

WRITTEN = (
    "name", "name_en", "department", "title", "language", "joined_on", "left_on", "mail_sealed", "mail_digest",
    "phone_sealed", "phone_digest", "address_sealed",
)  # fmt: skip


def write_people(planned: Sequence[PlannedRow], *, actor: Actor) -> None:
    """Store people as planned, with their accounts, posts and ledger entries, inside the caller's transaction."""
    if not planned:
        return
    _free_moving_mails(planned)
    Person.objects.bulk_create(
        [entry.person for entry in planned], update_conflicts=True, unique_fields=["id"], update_fields=WRITTEN
    )
    _open_accounts([entry.person for entry in planned if entry.is_new])
    _close_leavers([entry.person for entry in planned if Column.LEFT_ON in entry.changed], actor=actor)
    replaced = _hand_over([post for entry in planned for post in entry.posts])
    record_many([_entry(entry, actor) for entry in planned] + _post_entries(planned, actor))
    people_changed([entry.person.pk for entry in planned] + replaced)


def _free_moving_mails(planned: Sequence[PlannedRow]) -> None:
    """Two people may swap their addresses in one file; unique they are again once all is written."""
    moving = [entry.person.pk for entry in planned if not entry.is_new and Column.MAIL in entry.changed]
    if moving:
        Person.objects.filter(pk__in=moving).update(mail_digest=None)


def _open_accounts(people: Sequence[Person]) -> None:
    """One account for everybody who does not leave at once, without a password: a link lets them set one."""
    Account.objects.bulk_create(
        Account(
            username=person.staff_no,
            person=person,
            password=UNUSABLE_PASSWORD_PREFIX + token_hex(UNUSABLE_PASSWORD_SUFFIX_LENGTH // 2),
        )
        for person in people
        if person.left_on is None or person.left_on > today()
    )


def _close_leavers(people: Sequence[Person], *, actor: Actor) -> None:
    end_posts_of_leavers(people, actor=actor)
    close_accounts([person for person in people if person.left_on and person.left_on <= today()], actor=actor)


def _hand_over(posts: Sequence[Post]) -> list[UUID]:
    """Open posts; whoever held the same place of a department hands it over the day before. Their ids come back."""
    taken = {(post.role, post.department_id): post.starts_on for post in posts if post.role in ROLES_OF_A_DEPARTMENT}
    in_place = Post.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=min(taken.values(), default=today())),
        role__in={role for role, _place in taken},
        department__in={place for _role, place in taken},
    )
    ending: list[Post] = []
    never_began: list[Post] = []
    for post in in_place:
        starts_on = taken.get((post.role, post.department_id))
        if starts_on is None or (post.ends_on and post.ends_on < starts_on):
            continue
        post.ends_on = starts_on - timedelta(days=1)
        (ending if post.starts_on <= post.ends_on else never_began).append(post)
    Post.objects.filter(pk__in=[post.pk for post in never_began]).delete()
    Post.objects.bulk_update(ending, ["ends_on"])
    Post.objects.bulk_create(posts)
    return [post.person_id for post in (*ending, *never_began)]


def _entry(entry: PlannedRow, actor: Actor) -> NewEntry:
    if entry.is_new:
        return NewEntry(Event.PERSON_CREATED, actor, entry.person, {"staff_no": entry.person.staff_no})
    fields = [*map(str, entry.changed), *(["roles"] if entry.posts else [])]
    return NewEntry(Event.PERSON_CHANGED, actor, entry.person, {"fields": fields})


def _post_entries(planned: Sequence[PlannedRow], actor: Actor) -> list[NewEntry]:
    return [
        NewEntry(
            Event.POST_OPENED, actor, entry.person, {"role": str(post.role), "starts_on": post.starts_on.isoformat()}
        )
        for entry in planned
        for post in entry.posts
    ]
