"""Recording what a customer agreed to, and that they withdrew it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.desk.customer_events import ConsentEvent
from postroad.desk.models import Consent
from postroad.ledger.actions import record
from postroad.platform.errors import Conflict, Invalid

if TYPE_CHECKING:
    from postroad.org.models import Contact, Person


@transaction.atomic
def record_consent(*, contact: Contact, purpose: str, source: Consent.Source, person: Person) -> Consent:
    """Record that a contact has just agreed. Raises Invalid without a purpose, Conflict for one that stands already."""
    purpose = purpose.strip()
    if not purpose:
        raise Invalid({"purpose": _("Say what they agreed to.")})
    try:
        with transaction.atomic():
            given = Consent.objects.create(contact=contact, purpose=purpose, source=source, recorded_by=person)
    except IntegrityError:
        raise Conflict(_("They have agreed to this already.")) from None
    record(ConsentEvent.RECORDED, actor=person.as_actor(), subject=contact, data={"source": given.source})
    return given


@transaction.atomic
def withdraw_consent(*, consent: Consent, person: Person) -> Consent:
    """Record that a contact has withdrawn what they agreed to; from now on it stands no more."""
    consent = Consent.objects.select_for_update(no_key=True, of=("self",)).select_related("contact").get(pk=consent.pk)
    if consent.withdrawn_at is None:
        consent.withdrawn_at, consent.withdrawn_by = timezone.now(), person
        consent.save(update_fields=["withdrawn_at", "withdrawn_by"])
        record(ConsentEvent.WITHDRAWN, actor=person.as_actor(), subject=consent.contact)
    return consent
