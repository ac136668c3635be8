"""Connecting directories, changing, suspending and retiring them, and the tokens of those that push."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.directory import queries
from postroad.directory.actions.following import TOPIC
from postroad.directory.events import Event
from postroad.directory.models import SCIM, ScimToken, Source, SyncRun
from postroad.ledger.actions import record
from postroad.messengers.models import Messenger
from postroad.org.models import Department, Person
from postroad.platform.actors import Actor
from postroad.platform.crypto import seal
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.realtime import publish

LONGEST_TOKEN_LIFE = timedelta(days=366)
TOKEN_PREFIX = "postroad-scim-"  # noqa: S105 - what tokens begin with, so that a leaked one is recognised


@dataclass(frozen=True, kw_only=True)
class Particulars:
    """A source on paper; the meaning of each field is that of `models.Source`. `secrets` are in plain."""

    name: str
    connector: str
    messenger: Messenger | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    every_minutes: int | None = None
    takes_departments: bool = True
    below: Department | None = None
    adopts: bool = False
    takes_user_id: bool = False


@transaction.atomic
def connect_source(*, key: str, particulars: Particulars, actor: Actor) -> Source:
    """Add a directory. Raises Invalid by field: a key that is taken, a setting that is missing."""
    source = Source(key=key.strip())
    _write(source, particulars)
    _check(source)
    source.save(force_insert=True)
    record(Event.SOURCE_CONNECTED, actor=actor, subject=source, data={"key": source.key})
    publish(TOPIC)
    return source


@transaction.atomic
def change_source(*, source: Source, particulars: Particulars, actor: Actor) -> Source:
    """Change a directory; secrets that are not given stay. Raises Invalid by field, Conflict once it is retired."""
    source = _locked(source)
    changed = _write(source, particulars)
    if not changed:
        return source
    _check(source)
    source.save()
    record(Event.SOURCE_CHANGED, actor=actor, subject=source, data={"fields": changed})
    publish(TOPIC)
    return source


@transaction.atomic
def suspend_source(*, source: Source, reason: str, actor: Actor) -> Source:
    """Neither read it nor take anything from it until it is resumed; people stay as they are."""
    source = _move(source, {Source.State.IN_USE}, Source.State.SUSPENDED)
    record(Event.SOURCE_SUSPENDED, actor=actor, subject=source, data={"reason": reason.strip()})
    return source


@transaction.atomic
def resume_source(*, source: Source, actor: Actor) -> Source:
    """Put a suspended directory back into use; it is read when its time comes."""
    source = _move(source, {Source.State.SUSPENDED}, Source.State.IN_USE)
    if source.every_minutes:
        source.next_run_at = timezone.now()
        source.save(update_fields=["next_run_at"])
    record(Event.SOURCE_RESUMED, actor=actor, subject=source)
    return source


@transaction.atomic
def retire_source(*, source: Source, reason: str, actor: Actor) -> Source:
    """End a directory for good. The people it brought stay and are kept by hand; its secrets and tokens are gone."""
    source = _move(source, {Source.State.IN_USE, Source.State.SUSPENDED}, Source.State.RETIRED)
    source.sealed_secrets = None
    source.save(update_fields=["sealed_secrets"])
    now = timezone.now()
    source.people.filter(owns=True).update(owns=False)
    source.people.filter(gone_at__isnull=True).update(
        gone_at=now, ending_since=None, sealed_resource=None, login_digest=None, pushed_digest=None
    )
    source.departments.filter(gone_at__isnull=True).update(gone_at=now)
    source.conflicts.filter(choice="", gone_at__isnull=True).update(gone_at=now)
    source.tokens.filter(revoked_at__isnull=True).update(revoked_at=now)
    source.runs.filter(state__in=[SyncRun.State.HELD, SyncRun.State.READ]).update(
        state=SyncRun.State.DISCARDED, sealed_reading=None, finished_at=now
    )
    record(Event.SOURCE_RETIRED, actor=actor, subject=source, data={"reason": reason.strip()})
    return source


@transaction.atomic
def make_token(*, source: Source, note: str, expires_at: datetime, maker: Person) -> tuple[ScimToken, str]:
    """A new token and its secret, which is not kept and never shown again. Valid for a year at most.

    Raises Invalid for a time that is over or too far away, Conflict for a source that does not push.
    """
    source = _locked(source)
    if not source.is_pushed:
        raise Conflict(_("This directory is read; it needs no token."))
    if not timezone.now() < expires_at <= timezone.now() + LONGEST_TOKEN_LIFE:
        raise Invalid({"expires_on": _("Choose a day within the next year.")})
    secret = TOKEN_PREFIX + token_urlsafe(32)
    token = ScimToken.objects.create(
        source=source,
        digest=sha256(secret.encode()).digest(),
        note=note.strip(),
        made_by=maker,
        expires_at=expires_at,
    )
    data = {"until": timezone.localtime(expires_at, timezone.get_default_timezone()).date().isoformat()}
    record(Event.TOKEN_MADE, actor=maker.as_actor(), subject=source, data=data)
    return token, secret


@transaction.atomic
def revoke_token(*, token: ScimToken, actor: Actor) -> None:
    """End a token at once; repeating it changes nothing."""
    if ScimToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        record(Event.TOKEN_REVOKED, actor=actor, subject=token.source)


def _write(source: Source, particulars: Particulars) -> list[str]:
    """Puts the particulars onto the row; returns the names of what changed."""
    values = {
        "name": particulars.name.strip(),
        "connector": particulars.connector,
        "messenger": particulars.messenger,
        "connector_settings": {} if particulars.messenger else dict(particulars.settings),
        "every_minutes": None if particulars.connector == SCIM else particulars.every_minutes,
        "takes_departments": particulars.takes_departments,
        "below": particulars.below,
        "adopts": particulars.adopts,
        "takes_user_id": particulars.takes_user_id,
    }
    changed = [name for name, value in values.items() if getattr(source, name) != value]
    for name in changed:
        setattr(source, name, values[name])
    if "every_minutes" in changed:
        source.next_run_at = timezone.now() if source.every_minutes else None
    kept = queries.secrets_of(source)
    secrets = {**kept, **{name: value for name, value in particulars.secrets.items() if value}}
    if secrets != kept:
        source.sealed_secrets = seal(json.dumps(secrets).encode(), context=queries.secrets_context(source))
        changed.append("secrets")
    return ["settings" if name == "connector_settings" else name for name in changed]


def _check(source: Source) -> None:
    problems: dict[str, str] = {}
    try:
        source.full_clean()
    except ValidationError as error:
        problems |= {name: " ".join(messages) for name, messages in error.message_dict.items()}
    if not source.is_pushed and source.messenger is None:
        problems |= _missing_settings(source)
    if problems:
        raise Invalid(problems)


def _missing_settings(source: Source) -> dict[str, str]:
    try:
        connector = queries.source_of(source.connector)
    except LookupError:
        return {"connector": _("There is no such connector.")}
    given = {**source.connector_settings, **queries.secrets_of(source)}
    return {
        setting.name: _("This is needed.")
        for setting in connector.directory_settings
        if setting.required
        and given.get(setting.name) in ("", None)
        and (setting.only_if is None or given.get(setting.only_if[0]) == setting.only_if[1])
    }


def _locked(source: Source) -> Source:
    found = Source.objects.select_for_update(no_key=True, of=("self",)).get(pk=source.pk)
    if found.state == Source.State.RETIRED:
        raise Conflict(_("This directory is retired."))
    return found


def _move(source: Source, expected: set[Source.State], to: Source.State) -> Source:
    if not Source.objects.filter(pk=source.pk, state__in=list(expected)).update(state=to):
        raise Conflict(_("This directory is in another state by now."))
    publish(TOPIC)
    return Source.objects.get(pk=source.pk)
