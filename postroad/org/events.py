"""What org writes into the ledger. Personal data appears as the names of fields, never as values."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postroad.org.models import Contact
from postroad.org.personal import LABELS as PERSONAL_LABELS
from postroad.org.roles import Role
from postroad.org.sheet import LABELS as COLUMN_LABELS


class Event(StrEnum):
    DEPARTMENT_CREATED = "org.department.created"
    DEPARTMENT_CHANGED = "org.department.changed"
    PERSON_CREATED = "org.person.created"
    PERSON_CHANGED = "org.person.changed"
    PERSON_ENDED = "org.person.ended"
    PERSON_REVEALED = "org.person.revealed"
    PERSON_ERASED = "org.person.erased"
    PEOPLE_EXPORTED = "org.person.exported"
    IMPORT_UPLOADED = "org.import.uploaded"
    IMPORT_CHECKED = "org.import.checked"
    IMPORT_REQUESTED = "org.import.requested"
    IMPORT_APPLIED = "org.import.applied"
    IMPORT_DISCARDED = "org.import.discarded"
    POST_OPENED = "org.post.opened"
    POST_ENDED = "org.post.ended"
    ORGANISATION_CREATED = "org.organisation.created"
    ORGANISATION_CHANGED = "org.organisation.changed"
    CONTACT_CREATED = "org.contact.created"
    CONTACT_CHANGED = "org.contact.changed"
    CONTACT_REVEALED = "org.contact.revealed"
    CONTACT_ERASED = "org.contact.erased"
    ACCOUNT_OPENED = "org.account.opened"
    ACCOUNT_CLOSED = "org.account.closed"
    ACCOUNT_LINK_ISSUED = "org.account.link-issued"
    ACCOUNT_PASSWORD_SET = "org.account.password-set"  # noqa: S105 - the name of an event
    ACCOUNT_FACTOR_RESET = "org.account.factor-reset"
    LINKS_ISSUED = "org.account.links-issued"
    ACCOUNT_SIGNED_IN = "org.account.signed-in"


SENTENCES = {
    Event.DEPARTMENT_CREATED: _("{actor} created the department {code}"),
    Event.DEPARTMENT_CHANGED: _("{actor} changed the department: {fields}"),
    Event.PERSON_CREATED: _("{actor} added the person with staff number {staff_no}"),
    Event.PERSON_CHANGED: _("{actor} changed the person: {fields}"),
    Event.PERSON_ENDED: _("{actor} recorded the leaving date {left_on}"),
    Event.PERSON_REVEALED: _("{actor} looked at the {field} of the person: {reason}"),
    Event.PERSON_ERASED: _("{actor} erased the personal data: {reason}"),
    Event.PEOPLE_EXPORTED: _("{actor} exported {count} people ({scope})"),
    Event.IMPORT_UPLOADED: _("{actor} uploaded people to import"),
    Event.IMPORT_CHECKED: _("{actor} checked the import: {new} new, {changed} changed, {faulty} faulty rows"),
    Event.IMPORT_REQUESTED: _("{actor} had the import applied"),
    Event.IMPORT_APPLIED: _("{actor} applied the import: {new} new, {changed} changed"),
    Event.IMPORT_DISCARDED: _("{actor} discarded the import"),
    Event.POST_OPENED: _("{actor} gave the role {role} from {starts_on}"),
    Event.POST_ENDED: _("{actor} ended the role {role} on {ends_on}"),
    Event.ORGANISATION_CREATED: _("{actor} added the organisation"),
    Event.ORGANISATION_CHANGED: _("{actor} changed the organisation: {fields}"),
    Event.CONTACT_CREATED: _("{actor} added the contact ({basis})"),
    Event.CONTACT_CHANGED: _("{actor} changed the contact: {fields}"),
    Event.CONTACT_REVEALED: _("{actor} looked at the {field} of the contact: {reason}"),
    Event.CONTACT_ERASED: _("{actor} erased the personal data of the contact: {reason}"),
    Event.ACCOUNT_OPENED: _("{actor} opened an account"),
    Event.ACCOUNT_CLOSED: _("{actor} closed the account"),
    Event.ACCOUNT_LINK_ISSUED: _("{actor} issued a link to set the password"),
    Event.ACCOUNT_PASSWORD_SET: _("{actor} set the password"),
    Event.ACCOUNT_FACTOR_RESET: _("{actor} removed the second factor of the account"),
    Event.LINKS_ISSUED: _("{actor} issued {count} links to set a password"),
    Event.ACCOUNT_SIGNED_IN: _("{actor} signed in"),
}

# How codes in the evidence are called when it is read, by the field of the entry they stand in.
WORDS = {
    "org.role": Role.choices,
    "org.basis": Contact.Basis.choices,
    "org.field": PERSONAL_LABELS.items(),
    "org.scope": [("plain", _("in plain")), ("masked", _("masked"))],
    "org.fields": [
        *COLUMN_LABELS.items(),
        ("code", pgettext_lazy("department", "Code")),
        ("parent", _("Parent department")),
        ("ended_on", _("Closed on")),
        ("kind", _("Kind")),
        ("key_account", _("Key account")),
        ("note", _("Note")),
        ("organisation", pgettext_lazy("outside", "Organisation")),
        ("basis", _("Why we hold this data")),
        ("purpose", _("Stated purpose")),
        ("consented_at", _("Consent given at")),
    ],
}
