"""Lines of mail addresses, as people type them and as they are read back. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from email.utils import getaddresses

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from postroad.channels.protocol import Recipient, RecipientRole

MOST_ADDRESSEES = 50


def addresses(text: str, role: RecipientRole) -> list[Recipient]:
    """The addressees in a line of addresses, parted by commas, semicolons or line ends, Chinese ones included.

    Raises ValidationError naming the first that is no address.
    """
    plain = text.replace("；", ",").replace(";", ",").replace("，", ",").replace("、", ",").replace("\n", ",")
    found: dict[str, Recipient] = {}
    for name, address in getaddresses([plain]):
        if not address and not name:
            continue
        try:
            validate_email(address)
        except ValidationError:
            raise ValidationError(_("“%(given)s” is not a mail address.") % {"given": address or name}) from None
        found.setdefault(address.lower(), Recipient(role, name, address.lower()))
    if len(found) > MOST_ADDRESSEES:
        raise ValidationError(_("At most %(count)s addressees.") % {"count": MOST_ADDRESSEES})
    return list(found.values())


def line(recipients: Iterable[Recipient]) -> str:
    """Addressees as one line that can be read back; a name that would not survive that is left out."""
    return ", ".join(
        f"{one.name} <{one.address}>" if one.name and not set(one.name) & set(',;<>@"') else one.address
        for one in recipients
    )
