"""Looking at personal data, which is recorded each time, and erasing it for good."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.ledger.actions import record
from postroad.org.actions.changes import require_text
from postroad.org.events import Event
from postroad.org.models import Person, today
from postroad.org.permissions import Permission, require
from postroad.org.personal import FIELDS_OF, PersonalField, Subject, read, shown
from postroad.platform.actors import Actor
from postroad.platform.crypto import SubjectKeys, destroy_subject_key
from postroad.platform.errors import Conflict, Invalid

ERASED_NAME = "—"


@transaction.atomic
def reveal_personal(*, subject: Subject, field: PersonalField, reader: Person, reason: str) -> str:
    """One personal value in plain, for one recorded look ("" when there is none).

    A person's own data needs no right, but the look is recorded as well.
    Raises Refused without the right and Invalid without a reason.
    """
    if subject.pk != reader.pk:
        require(reader, Permission.PERSON_REVEAL if isinstance(subject, Person) else Permission.CONTACT_REVEAL)
    if field not in FIELDS_OF[type(subject)]:
        raise Invalid({"field": _("There is no such field.")})
    reason = require_text(reason=reason)["reason"]
    record(
        Event.PERSON_REVEALED if isinstance(subject, Person) else Event.CONTACT_REVEALED,
        actor=reader.as_actor(),
        subject=subject,
        data={"field": str(field), "reason": reason},
    )
    return shown(field, read(subject, field, keys=SubjectKeys([subject.pk])))


@transaction.atomic
def erase_personal(*, subject: Subject, reason: str, actor: Actor) -> None:
    """Erase the personal data of a leaver or a contact: the key is destroyed, name and digests are blanked.

    What they did stays in the ledger under their id. Repeating it changes nothing.
    Raises Conflict for somebody who still works here, and Invalid without a reason.
    """
    reason = require_text(reason=reason)["reason"]
    subject = type(subject).objects.select_for_update(of=("self",)).get(pk=subject.pk)
    if subject.erased_at:
        return
    if isinstance(subject, Person) and subject.is_active_on(today()):
        raise Conflict(_("This person still works here."))
    destroy_subject_key(subject.pk)
    subject.name = ERASED_NAME
    subject.mail_sealed = subject.mail_digest = subject.phone_sealed = subject.phone_digest = None
    columns = ["name", "mail_sealed", "mail_digest", "phone_sealed", "phone_digest", "erased_at"]
    if isinstance(subject, Person):
        subject.name_en, subject.address_sealed = "", None
        columns += ["name_en", "address_sealed"]
    subject.erased_at = timezone.now()
    subject.save(update_fields=columns)
    record(
        Event.PERSON_ERASED if isinstance(subject, Person) else Event.CONTACT_ERASED,
        actor=actor,
        subject=subject,
        data={"reason": reason},
    )
