"""Mail addresses, telephone numbers and postal addresses: normalised, sealed, masked, found again.

Each value is sealed under the key of the person or contact it belongs to, so that destroying one key
erases one subject. A keyed digest of the normalised value finds a row by an exact address or number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from uuid import UUID

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from postroad.org.models import Contact, Person
from postroad.platform import crypto
from postroad.platform.crypto import SubjectKeys

Subject = Person | Contact
HOME_REGION = "CN"
HOME_PREFIX = "+86"
ADDRESS_LIMIT = 300
SHORT_NUMBER = 8
MASK = "****"

_MOBILE_AT_HOME = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})")
_SPACING = re.compile(r"[\s\-.()（）·]+")


class PersonalField(StrEnum):
    MAIL = "mail"
    PHONE = "phone"
    ADDRESS = "address"

    @property
    def label(self) -> str:
        return str(LABELS[self])


LABELS = {
    PersonalField.MAIL: _("mail address"),
    PersonalField.PHONE: _("telephone"),
    PersonalField.ADDRESS: _("postal address"),
}
FIELDS_OF: Mapping[type[Subject], tuple[PersonalField, ...]] = {
    Person: (PersonalField.MAIL, PersonalField.PHONE, PersonalField.ADDRESS),
    Contact: (PersonalField.MAIL, PersonalField.PHONE),
}


def normalise(field: PersonalField, text: str) -> str:
    """The one form of a value: mail in lower case, number as E.164, address with single spaces; "" for none.

    Raises ValidationError for what cannot be one.
    """
    text = text.strip()
    if not text:
        return ""
    return _NORMALISERS[field](text)


def normalise_mail(text: str) -> str:
    mail = text.strip().lower()
    validate_email(mail)
    return mail


def normalise_phone(text: str) -> str:
    """A number as E.164. Without a country code it is taken for one of mainland China; a mask is no number."""
    if home := _MOBILE_AT_HOME.fullmatch(_SPACING.sub("", text)):
        return HOME_PREFIX + home[1]
    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or MASK in text or not phonenumbers.is_possible_number(number):
        raise ValidationError(_("This is not a telephone number."), code="phone")
    plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{plain};ext={number.extension}" if number.extension else plain


def normalise_address(text: str) -> str:
    address = " ".join(text.split())
    if len(address) > ADDRESS_LIMIT:
        raise ValidationError(_("An address has at most %(limit)s characters.") % {"limit": ADDRESS_LIMIT})
    return address


_NORMALISERS = {
    PersonalField.MAIL: normalise_mail,
    PersonalField.PHONE: normalise_phone,
    PersonalField.ADDRESS: normalise_address,
}


def mask(field: PersonalField, value: str) -> str:
    """What everybody may see of a normalised value: enough to recognise it, not enough to use it."""
    if not value:
        return ""
    if field == PersonalField.MAIL:
        local, _at, domain = value.rpartition("@")
        return f"{local[0]}***@{domain}"
    if field == PersonalField.ADDRESS:
        return f"{value[: min(6, len(value) // 3)]}{MASK}"
    number = shown(field, value.partition(";")[0])
    return f"{number[:3]}{MASK}{number[-4:]}" if len(number) > SHORT_NUMBER else f"{MASK}{number[-2:]}"


def shown(field: PersonalField, value: str) -> str:
    """A normalised value as people write it: home numbers without the country code."""
    return value.removeprefix(HOME_PREFIX) if field == PersonalField.PHONE else value


def digest(field: PersonalField, value: str) -> bytes:
    """The look-up digest of a normalised value. One namespace for staff and contacts alike."""
    return crypto.digest(value, context=f"org.{field}")


def write(subject: Subject, field: PersonalField, value: str, *, keys: SubjectKeys) -> list[str]:
    """Put a normalised value on an unsaved row; returns the names of the columns to save."""
    sealed = keys.seal(subject.pk, value, context=_context(subject, field)) if value else None
    setattr(subject, f"{field}_sealed", sealed)
    if field == PersonalField.ADDRESS:
        return [f"{field}_sealed"]
    setattr(subject, f"{field}_digest", digest(field, value) if value else None)
    return [f"{field}_sealed", f"{field}_digest"]


def read(subject: Subject, field: PersonalField, *, keys: SubjectKeys) -> str:
    """The plain value, "" when there is none or it was erased. Only for what is recorded or masked at once."""
    sealed = getattr(subject, f"{field}_sealed")
    if not sealed or subject.erased_at:
        return ""
    return keys.open(subject.pk, bytes(sealed), context=_context(subject, field))


def masked(subjects: Iterable[Subject]) -> dict[UUID, dict[str, str]]:
    """Masked values of many people or contacts, by id and field, in one query."""
    subjects = list(subjects)
    keys = SubjectKeys(subject.pk for subject in subjects)
    return {
        subject.pk: {str(field): mask(field, read(subject, field, keys=keys)) for field in FIELDS_OF[type(subject)]}
        for subject in subjects
    }


def _context(subject: Subject, field: PersonalField) -> str:
    return f"org.{type(subject).__name__.lower()}.{field}"
