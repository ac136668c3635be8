"""The door from a mailed token to what may be decided with it."""

from __future__ import annotations

import hashlib

from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.approvals.models import MailLink, Step
from postroad.platform.errors import DomainError


class LinkClosedError(DomainError):
    """The link does not open anything any more, or never did."""

    status = 410


def hash_of(token: str) -> bytes:
    """The form in which a link's token is kept."""
    return hashlib.sha256(token.encode()).digest()


def link_behind(token: str, *, lock: bool = False) -> MailLink:
    """The link that is still good. Raises LinkClosedError, saying why it is not."""
    found = MailLink.objects.select_related(
        "person", "assignment__person", "assignment__step__request__applicant__department"
    )
    if lock:
        found = found.select_for_update(no_key=True, of=("self",))
    link = found.filter(token_hash=hash_of(token)).first()
    if link is None:
        raise LinkClosedError(_("This link is not valid. It may have been cut off; copy it from the mail as a whole."))
    if link.used_at:
        raise LinkClosedError(_("This link has been used already."))
    if link.expires_at <= timezone.now():
        raise LinkClosedError(_("This link has expired. Please sign in to decide."))
    if link.assignment.step.state != Step.State.OPEN:
        raise LinkClosedError(_("This step has been decided already, or the request was withdrawn."))
    return link
