"""How a chat is set up, and keys that nobody can use any more."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import transaction
from django.utils import timezone

from postroad.channels.models import Channel
from postroad.ledger.actions import record
from postroad.livechat.events import Event
from postroad.livechat.limits import PREFIX
from postroad.livechat.models import ChatSettings, Visit, VisitorKey
from postroad.org.actions.personal import ERASED_NAME
from postroad.org.models import Person
from postroad.platform.models import Allowance


@transaction.atomic
def change_settings(*, channel: Channel, values: dict[str, Any], person: Person) -> ChatSettings:
    """Set the chat up like this from now on. `values` are fields of the settings, checked by their form."""
    settings, _made = ChatSettings.objects.select_for_update(no_key=True, of=("self",)).get_or_create(channel=channel)
    changed = [name for name, value in values.items() if getattr(settings, name) != value]
    for name in changed:
        setattr(settings, name, values[name])
    if changed:
        settings.save(update_fields=changed)
        record(Event.SETTINGS_CHANGED, actor=person.as_actor(), subject=channel, data={"fields": ", ".join(changed)})
    return settings


@transaction.atomic
def new_identity_secret(*, channel: Channel, person: Person) -> str:
    """Make the key with which the site signs who its visitors are; the one before signs no longer."""
    settings, _made = ChatSettings.objects.select_for_update(no_key=True, of=("self",)).get_or_create(channel=channel)
    secret = secrets.token_urlsafe(32)
    settings.identity_secret = secret
    settings.save(update_fields=["sealed_identity_secret"])
    record(Event.SETTINGS_CHANGED, actor=person.as_actor(), subject=channel, data={"fields": "identity_secret"})
    return secret


def forget_keys() -> int:
    """Remove keys that have expired and allowances that are free again; returns how many keys."""
    now = timezone.now()
    Allowance.objects.filter(name__startswith=PREFIX, free_at__lt=now).delete()
    return VisitorKey.objects.filter(expires_at__lt=now).delete()[0]


def forget_erased() -> int:
    """Forget the name and address of visitors whose contact was erased; returns how many chats."""
    erased = Visit.objects.filter(contact__erased_at__isnull=False).exclude(name=ERASED_NAME)
    return erased.update(sealed_mail=None, name=ERASED_NAME, identity="")
