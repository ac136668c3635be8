"""Outside organisations and contacts. Every contact row says why we hold it and for what purpose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from postroad.ledger.actions import NewEntry, record, record_many
from postroad.org.actions.changes import assign, assign_personal, refusing, require_text
from postroad.org.events import Event
from postroad.org.models import ANSWERING, Contact, Organisation
from postroad.org.personal import PersonalField, digest, normalise_mail, write
from postroad.org.registry import organisations_changed
from postroad.platform.actors import Actor
from postroad.platform.crypto import SubjectKeys
from postroad.platform.errors import Conflict

NAME_LIMIT = 200


@transaction.atomic
def create_organisation(
    *,
    name: str,
    actor: Actor,
    name_en: str = "",
    kind: str = Organisation.Kind.CUSTOMER,
    key_account: bool = False,
    note: str = "",
) -> Organisation:
    """Add an outside company. Raises Invalid for a name that is taken."""
    organisation = Organisation(
        **require_text(name=name),
        name_en=name_en.strip(),
        kind=kind,
        key_account=key_account,
        note=note.strip(),
    )
    with refusing():
        organisation.save(force_insert=True)
    record(Event.ORGANISATION_CREATED, actor=actor, subject=organisation)
    return organisation


@transaction.atomic
def update_organisation(*, organisation: Organisation, actor: Actor, **values: Any) -> Organisation:
    """Change an outside company. Raises Invalid for a name that is taken."""
    organisation = Organisation.objects.select_for_update(no_key=True, of=("self",)).get(pk=organisation.pk)
    changed = assign(organisation, values)
    if not changed:
        return organisation
    with refusing():
        organisation.save(update_fields=list(changed))
    record(Event.ORGANISATION_CHANGED, actor=actor, subject=organisation, data={"fields": list(changed), **changed})
    organisations_changed([organisation.pk])
    return organisation


@transaction.atomic
def create_contact(
    *,
    name: str,
    basis: str,
    purpose: str,
    actor: Actor,
    organisation: Organisation | None = None,
    title: str = "",
    mail: str = "",
    phone: str = "",
    consented_at: datetime | None = None,
) -> Contact:
    """Add an outside person, with the reason and purpose for which their data is held (risk.consent).

    Raises Invalid by field: a mail address that another contact has, a bad number, consent without its time.
    """
    contact = Contact(
        **require_text(name=name, purpose=purpose),
        basis=basis,
        organisation=organisation,
        title=title.strip(),
        consented_at=consented_at,
    )
    assign_personal(
        contact, {PersonalField.MAIL: mail, PersonalField.PHONE: phone}, keys=SubjectKeys([contact.pk], create=True)
    )
    with refusing():
        contact.save(force_insert=True)
    record(Event.CONTACT_CREATED, actor=actor, subject=contact, data={"basis": str(basis)})
    return contact


@transaction.atomic
def update_contact(
    *, contact: Contact, actor: Actor, personal: Mapping[PersonalField, str] | None = None, **values: Any
) -> Contact:
    """Change an outside person. Raises Invalid by field, and Conflict once the contact was erased."""
    contact = Contact.objects.select_for_update(no_key=True, of=("self",)).get(pk=contact.pk)
    if contact.erased_at:
        raise Conflict(_("The personal data of this contact was erased."))
    changed = assign(contact, values)
    columns = assign_personal(contact, personal or {}, keys=SubjectKeys([contact.pk], create=True))
    if not changed and not columns:
        return contact
    with refusing():
        contact.save(update_fields=[*changed, *columns])
    fields = [*changed, *map(str, personal or {})]
    changed.pop("name", None)  # that it changed is recorded; what it was is personal
    record(Event.CONTACT_CHANGED, actor=actor, subject=contact, data={"fields": fields, **changed})
    return contact


@transaction.atomic
def match_contacts(addresses: Iterable[tuple[str, str]]) -> dict[str, Contact]:
    """The contact behind each (name, mail address), by address in lower case; unknown senders become contacts.

    One query when all are known, a constant few when some are new, whatever their number. Addresses that are
    none are left out. A known contact keeps its name. Safe when two intakes meet the same new address.
    """
    names: dict[str, str] = {}
    for name, address in addresses:
        try:
            mail = normalise_mail(address)
        except ValidationError:
            continue
        if not names.get(mail):
            names[mail] = name.strip()
    mails = {digest(PersonalField.MAIL, mail): mail for mail in names}
    found = _by_mail(mails)
    missing = {mail: names[mail] for mail in sorted(names.keys() - found.keys())}
    if missing:
        tried = {contact.pk for contact in _insert_writers(missing)}
        known = _by_mail({key: mail for key, mail in mails.items() if mail in missing})
        _record_writers([contact for contact in known.values() if contact.pk in tried])
        found |= known
    return found


def _by_mail(mails: Mapping[bytes, str]) -> dict[str, Contact]:
    if not mails:
        return {}
    contacts = Contact.objects.select_related("organisation").filter(mail_digest__in=list(mails))
    return {mails[bytes(contact.mail_digest or b"")]: contact for contact in contacts}


def _insert_writers(names: Mapping[str, str]) -> list[Contact]:
    """New contacts by mail address; those that somebody else has just inserted are left to them."""
    contacts = {
        mail: Contact(
            name=(name or mail.partition("@")[0])[:NAME_LIMIT], basis=Contact.Basis.WROTE_TO_US, purpose=ANSWERING
        )
        for mail, name in names.items()
    }
    keys = SubjectKeys((contact.pk for contact in contacts.values()), create=True)
    for mail, contact in contacts.items():
        write(contact, PersonalField.MAIL, mail, keys=keys)
    return Contact.objects.bulk_create(contacts.values(), ignore_conflicts=True)


def _record_writers(contacts: list[Contact]) -> None:
    record_many(
        [
            NewEntry(
                event=Event.CONTACT_CREATED,
                actor=Actor.system("intake"),
                subject=contact,
                data={"basis": str(contact.basis)},
            )
            for contact in contacts
        ]
    )
