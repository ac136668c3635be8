"""Connecting a messenger, changing and ending the connection, and whether it works."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.channels.models import State as ChannelState
from postroad.channels.protocol import Health
from postroad.ledger.actions import record
from postroad.ledger.canonical import Json
from postroad.messengers import queries
from postroad.messengers.events import Event
from postroad.messengers.jobs import Job
from postroad.messengers.models import Messenger
from postroad.messengers.protocol import Account, MessengerFault, messenger_of
from postroad.platform.actors import Actor
from postroad.platform.crypto import seal
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.jobs import enqueue
from postroad.platform.realtime import publish

SYSTEM = Actor.system("messengers")


@transaction.atomic
def connect_messenger(
    *, key: str, name: str, connector: str, settings: Mapping[str, Any], secrets: Mapping[str, str], actor: Actor
) -> Messenger:
    """Connect a messenger and read its people and rooms in the background. Raises Invalid by field."""
    messenger = Messenger(key=key, name=name, connector=connector, connector_settings=dict(settings))
    _require_sound(messenger, secrets)
    _seal(messenger, secrets)
    messenger.save(force_insert=True)
    record(Event.MESSENGER_CONNECTED, actor=actor, subject=messenger, data={"key": key, "connector": connector})
    _read_soon(messenger)
    return messenger


@transaction.atomic
def change_messenger(
    *, messenger: Messenger, name: str, settings: Mapping[str, Any], secrets: Mapping[str, str], actor: Actor
) -> Messenger:
    """Change name, settings and secrets; secrets not given stay as they are. Raises Invalid by field."""
    messenger = locked(messenger)
    if messenger.state == Messenger.State.RETIRED:
        raise Conflict(_("This messenger is retired."))
    known = queries.secrets_of(messenger)
    wanted = {**known, **{name: value for name, value in secrets.items() if value}}
    changed = [
        *(["name"] if messenger.name != name else []),
        *(["connector_settings"] if messenger.connector_settings != dict(settings) else []),
        *(["sealed_secrets"] if wanted != known else []),
    ]
    if not changed:
        return messenger
    messenger.name, messenger.connector_settings = name, dict(settings)
    _require_sound(messenger, wanted)
    _seal(messenger, wanted)
    messenger.save(update_fields=changed)
    record(Event.MESSENGER_CHANGED, actor=actor, subject=messenger, data={"fields": list(changed)})
    _read_soon(messenger)
    return messenger


@transaction.atomic
def suspend_messenger(*, messenger: Messenger, reason: str, actor: Actor) -> Messenger:
    """Leave a messenger alone for a while: nothing is read, changed or sent. Needs a reason."""
    data: dict[str, Json] = {"reason": _required(reason)}
    messenger = _move(messenger, frm={Messenger.State.IN_USE}, to=Messenger.State.SUSPENDED)
    record(Event.MESSENGER_SUSPENDED, actor=actor, subject=messenger, data=data)
    return messenger


@transaction.atomic
def resume_messenger(*, messenger: Messenger, actor: Actor) -> Messenger:
    """Take a suspended messenger into use again; its people and rooms are read anew."""
    messenger = _move(messenger, frm={Messenger.State.SUSPENDED}, to=Messenger.State.IN_USE)
    record(Event.MESSENGER_RESUMED, actor=actor, subject=messenger)
    _read_soon(messenger)
    return messenger


@transaction.atomic
def retire_messenger(*, messenger: Messenger, reason: str, actor: Actor) -> Messenger:
    """End a connection for good. Raises Conflict while channels still run on it; what was seen stays on record."""
    running = messenger.rooms.filter(channel__state__in=[ChannelState.LIVE, ChannelState.APPROVED]).count()
    if running:
        raise Conflict(
            _("%(count)d channels still run on this messenger; retire or move them first.") % {"count": running}
        )
    data: dict[str, Json] = {"reason": _required(reason)}
    messenger = _move(messenger, frm={Messenger.State.IN_USE, Messenger.State.SUSPENDED}, to=Messenger.State.RETIRED)
    record(Event.MESSENGER_RETIRED, actor=actor, subject=messenger, data=data)
    return messenger


def check_messenger(*, messenger: Messenger) -> Health:
    """Ask the messenger whether it works, and note the answer. Does network: never in a transaction."""
    connector, account = queries.connection_of(messenger)
    health = connector.check(account)
    report_health(messenger=messenger, health=health)
    return health


@transaction.atomic
def report_health(*, messenger: Messenger, health: Health) -> None:
    """Note that a messenger works or fails; the same news twice is noted once."""
    if health.ok is None:
        return
    messenger = locked(messenger)
    detail = "" if health.ok else health.detail[:1000]
    if (messenger.healthy, messenger.health_detail) == (health.ok, detail):
        return
    before, turned = messenger.healthy, messenger.healthy != health.ok
    messenger.healthy, messenger.health_detail = health.ok, detail
    if turned:
        messenger.health_changed_at = timezone.now()
    messenger.save(update_fields=["healthy", "health_detail", "health_changed_at"])
    if turned and not health.ok:
        record(Event.HEALTH_FAILED, actor=SYSTEM, subject=messenger, data={"detail": detail})
    elif turned and before is False:
        record(Event.HEALTH_RECOVERED, actor=SYSTEM, subject=messenger)
    publish("messengers", messenger=str(messenger.pk))


def report_fault(*, messenger: Messenger, fault: MessengerFault) -> None:
    """Note that a messenger failed. One that only says when to come back has not."""
    if fault.retry_after is None:
        report_health(messenger=messenger, health=Health(ok=False, detail=fault.reason))


def locked(messenger: Messenger) -> Messenger:
    """The row, locked: what is seen of one messenger is written down by one at a time."""
    return Messenger.objects.select_for_update(no_key=True, of=("self",)).get(pk=messenger.pk)


def _move(messenger: Messenger, *, frm: set[Messenger.State], to: Messenger.State) -> Messenger:
    messenger = locked(messenger)
    before = Messenger.State(messenger.state)
    if before not in frm:
        raise Conflict(
            _("A messenger that is “%(before)s” cannot become “%(after)s”.")
            % {"before": before.label, "after": to.label}
        )
    messenger.state = to
    messenger.save(update_fields=["state"])
    publish("messengers", messenger=str(messenger.pk))
    return messenger


def _read_soon(messenger: Messenger) -> None:
    for job in (Job.CHECK, Job.READ_DIRECTORY, Job.READ_ROOMS):
        enqueue(job, once=True, messenger_id=str(messenger.pk))
    publish("messengers", messenger=str(messenger.pk))


def _required(reason: str) -> str:
    if not reason.strip():
        raise Invalid({"reason": _("Say why, for those who ask later.")})
    return reason.strip()[:500]


def _require_sound(messenger: Messenger, secrets: Mapping[str, str]) -> None:
    problems = {**_connector_faults(messenger, secrets), **_field_faults(messenger)}
    if problems:
        raise Invalid(problems)


def _field_faults(messenger: Messenger) -> dict[str, str]:
    try:
        messenger.full_clean()
    except ValidationError as error:
        return {name: " ".join(messages) for name, messages in error.message_dict.items()}
    return {}


def _connector_faults(messenger: Messenger, secrets: Mapping[str, str]) -> dict[str, str]:
    try:
        connector = messenger_of(messenger.connector)
    except LookupError:
        return {"connector": _("There is no such connector.")}
    account = Account(
        messenger_id=messenger.pk, key=messenger.key, settings=messenger.connector_settings, secrets=dict(secrets)
    )
    return {name: str(problem) for name, problem in connector.validate(account).items()}


def _seal(messenger: Messenger, secrets: Mapping[str, str]) -> None:
    given = {name: value for name, value in secrets.items() if value}
    messenger.sealed_secrets = (
        seal(json.dumps(given).encode(), context=queries.secrets_context(messenger)) if given else None
    )
