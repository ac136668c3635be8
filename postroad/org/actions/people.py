from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from postroad.ledger.actions import NewEntry, record, record_many
from postroad.org.actions.changes import assign, assign_personal, iso, refusing, require_text
from postroad.org.events import Event
from postroad.org.models import Account, Department, Language, Person, Post, today
from postroad.org.personal import PersonalField
from postroad.org.registry import people_changed
from postroad.platform.actors import Actor
from postroad.platform.crypto import SubjectKeys
from postroad.platform.errors import Conflict, Invalid

CHANGEABLE = frozenset({"staff_no", "name", "name_en", "department", "title", "language", "joined_on"})


@transaction.atomic
def create_person(
    *,
    staff_no: str,
    name: str,
    joined_on: date,
    actor: Actor,
    department: Department | None = None,
    name_en: str = "",
    title: str = "",
    language: str = Language.CHINESE,
    mail: str = "",
    phone: str = "",
    address: str = "",
) -> Person:
    """Add somebody to the staff.

    Raises Invalid by field: a staff number or mail address that is taken, a bad telephone number.
    """
    person = Person(
        **require_text(staff_no=staff_no, name=name),
        name_en=name_en.strip(),
        title=title.strip(),
        department=department,
        language=language,
        joined_on=joined_on,
    )
    personal = {PersonalField.MAIL: mail, PersonalField.PHONE: phone, PersonalField.ADDRESS: address}
    assign_personal(person, personal, keys=SubjectKeys([person.pk], create=True))
    with refusing():
        person.save(force_insert=True)
    record(Event.PERSON_CREATED, actor=actor, subject=person, data={"staff_no": person.staff_no})
    people_changed([person.pk])
    return person


@transaction.atomic
def update_person(
    *, person: Person, actor: Actor, personal: Mapping[PersonalField, str] | None = None, **values: Any
) -> Person:
    """Change what is known of a person: any of CHANGEABLE, and personal fields by name ("" empties one).

    Leaving is `end_person`. Raises Invalid by field and Conflict once the person was erased.
    """
    if unknown := values.keys() - CHANGEABLE:
        raise TypeError(f"update_person does not change {sorted(unknown)}")
    person = lock_person(person)
    if personal and person.erased_at:
        raise Conflict(_("The personal data of this person was erased."))
    changed = assign(person, values)
    columns = assign_personal(person, personal or {}, keys=SubjectKeys([person.pk], create=True))
    if not changed and not columns:
        return person
    with refusing():
        person.save(update_fields=[*changed, *columns])
    fields = [*changed, *map(str, personal or {})]
    record(Event.PERSON_CHANGED, actor=actor, subject=person, data={"fields": fields, **_without_names(changed)})
    people_changed([person.pk])
    return person


@transaction.atomic
def end_person(*, person: Person, left_on: date, actor: Actor) -> Person:
    """Record the last day. Posts end with it; the account closes now if the day is today or past, else after it.

    Raises Invalid for a day before the joining date.
    """
    person = lock_person(person)
    changed = assign(person, {"left_on": left_on})
    with refusing():
        person.save(update_fields=["left_on"])
    if changed:
        record(Event.PERSON_ENDED, actor=actor, subject=person, data={"left_on": left_on.isoformat()})
    end_posts_of_leavers([person], actor=actor)
    if left_on <= today():
        close_accounts([person], actor=actor)
    people_changed([person.pk])
    return person


@transaction.atomic
def withdraw_leaving(*, person: Person, actor: Actor) -> Person:
    """Take a leaving date back: the person stays, or is back. Posts and a closed account are opened anew by hand."""
    person = lock_person(person)
    if person.left_on is None:
        return person
    changed = assign(person, {"left_on": None})
    with refusing():
        person.save(update_fields=["left_on"])
    record(Event.PERSON_CHANGED, actor=actor, subject=person, data={"fields": ["left_on"], **changed})
    people_changed([person.pk])
    return person


@transaction.atomic
def close_leavers(*, actor: Actor) -> int:
    """Close the accounts of everybody whose last day is over; returns how many. Repeating it changes nothing."""
    left = Person.objects.filter(left_on__lt=today(), account__is_active=True)
    return close_accounts(list(left.select_for_update(no_key=True, of=("self",)).order_by("pk")), actor=actor)


@transaction.atomic
def set_language(*, person: Person, language: str) -> None:
    """The language a person reads in. Their own choice, of no weight as evidence, so not in the ledger."""
    if language not in Language.values:
        raise Invalid({"language": _("Choose one of the languages.")})
    Person.objects.filter(pk=person.pk).update(language=language)
    person.language = language


def lock_person(person: Person) -> Person:
    return Person.objects.select_for_update(no_key=True, of=("self",)).get(pk=person.pk)


def end_posts_of_leavers(people: Sequence[Person], *, actor: Actor) -> None:
    """End what runs past each one's last day, already stored, and drop what would have begun after it."""
    posts = Post.objects.filter(person__in=[person.pk for person in people])
    posts.filter(starts_on__gt=F("person__left_on")).delete()
    running = posts.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=F("person__left_on")), person__left_on__isnull=False)
    ending = list(running.select_related("person"))
    last_day = Person.objects.filter(pk=OuterRef("person")).values("left_on")
    Post.objects.filter(pk__in=[post.pk for post in ending]).update(ends_on=Subquery(last_day))
    record_many(
        [
            NewEntry(
                Event.POST_ENDED,
                actor,
                post.person,
                {"role": post.role, "ends_on": iso(post.person.left_on)},
            )
            for post in ending
        ]
    )


def close_accounts(people: Sequence[Person], *, actor: Actor) -> int:
    """Shut the accounts of these people, as part of another action; returns how many were open."""
    closing = list(Account.objects.filter(person__in=[person.pk for person in people], is_active=True))
    Account.objects.filter(pk__in=[account.pk for account in closing]).update(is_active=False)
    record_many([NewEntry(Event.ACCOUNT_CLOSED, actor, account) for account in closing])
    return len(closing)


def _without_names(changed: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Names are personal: that they changed is recorded, what they were is not."""
    return {field: pair for field, pair in changed.items() if field not in {"name", "name_en"}}
