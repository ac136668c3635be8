"""Numbers outside: kept once, sealed, and matched to the contacts who have them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from postroad.hotline import queries
from postroad.hotline.dialling import masked
from postroad.hotline.events import Event
from postroad.hotline.models import CallBack, Caller
from postroad.hotline.queries import CALLER_CONTEXT
from postroad.ledger.actions import record
from postroad.org.models import Person
from postroad.org.personal import PersonalField, shown
from postroad.platform.crypto import SubjectKeys, destroy_subject_key


def known_callers(numbers: Collection[str]) -> dict[str, Caller]:
    """The caller behind each normalised number, those new to us made; who has the number is looked up again.

    A constant number of statements. Safe when two requests meet the same new number.
    """
    digests = {queries.number_digest(number): number for number in sorted(set(numbers) - {""})}
    if not digests:
        return {}
    found = _by_digest(digests)
    if missing := {key: number for key, number in digests.items() if key not in found}:
        _insert(missing)
        found |= _by_digest(missing)
    _match(found)
    return {digests[key]: caller for key, caller in found.items()}


@transaction.atomic
def show_number(*, call_back: CallBack, person: Person) -> str:
    """The number to dial, for one recorded look; "" where it was erased."""
    record(Event.NUMBER_SHOWN, actor=person.as_actor(), subject=call_back, data={"caller": str(call_back.caller_id)})
    return shown(PersonalField.PHONE, queries.plain_number(call_back.caller))


@transaction.atomic
def forget_erased() -> int:
    """Erase the numbers of contacts whose personal data was erased; returns how many."""
    erased = Caller.objects.filter(contact__erased_at__isnull=False, digest__isnull=False)
    callers = list(erased.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    for caller in callers:
        destroy_subject_key(caller.pk)
        caller.sealed_number, caller.digest, caller.masked = None, None, "—"
        caller.save(update_fields=["sealed_number", "digest", "masked"])
    return len(callers)


def _by_digest(digests: Collection[bytes]) -> dict[bytes, Caller]:
    found = Caller.objects.filter(digest__in=list(digests)).select_related("contact__organisation")
    return {bytes(one.digest or b""): one for one in found}


def _insert(numbers: dict[bytes, str]) -> None:
    callers = {key: Caller(digest=key, masked=masked(number)) for key, number in numbers.items()}
    keys = SubjectKeys((one.pk for one in callers.values()), create=True)
    for key, caller in callers.items():
        caller.sealed_number = keys.seal(caller.pk, numbers[key], context=CALLER_CONTEXT)
    Caller.objects.bulk_create(callers.values(), ignore_conflicts=True)


def _match(callers: dict[bytes, Caller]) -> None:
    contacts = queries.contacts_by_digest(callers)
    changed = []
    for key, caller in callers.items():
        contact = contacts.get(key)
        if contact and caller.contact_id != contact.pk:
            caller.contact = contact
            changed.append(caller)
    if changed:
        Caller.objects.bulk_update(changed, ["contact"])


def lock_callers(ids: Collection[UUID]) -> None:
    """Take turns on these callers: what they are owed is decided by one transaction at a time."""
    list(Caller.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids).order_by("pk"))
