"""What is written down about a channel, as one value: checked once, whichever way it comes in."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from postroad.channels import queries
from postroad.channels.models import Channel
from postroad.channels.protocol import Endpoint, connector_of
from postroad.clock.models import Calendar
from postroad.org.models import Department, Person, today
from postroad.platform.crypto import seal
from postroad.platform.errors import Invalid


@dataclass(frozen=True, kw_only=True)
class Particulars:
    """A channel on paper. The meaning of each field is that of `models.Channel`; `secrets` are in plain."""

    key: str
    name: str
    kind: str
    purpose: str
    owner: Person
    department: Department
    audience: str
    confidentiality: str
    observability: str
    review_on: date
    name_en: str = ""
    priority: str = ""
    deputy_owner: Person | None = None
    encrypted: bool = False
    retention_class: str = "standard"
    address: str = ""
    connector: str = ""
    connector_settings: Mapping[str, Any] = field(default_factory=dict)
    calendar_key: str = "company"
    first_reply_minutes: int | None = None
    first_reply_in_working_time: bool = True
    answer_hours: int | None = None
    answer_in_working_time: bool = False

    def on(self, channel: Channel, *, leaving: Collection[str] = ()) -> dict[str, "Change"]:
        """Writes these, but for the fields `leaving`, onto a new or locked row; returns what differs, by field."""
        changes = {}
        for name in FIELD_NAMES:
            if name in leaving:
                continue
            before, after = getattr(channel, name, None), getattr(self, name)
            if before != after:
                changes[name] = Change(before, after)
                setattr(channel, name, after)
        return changes

    @classmethod
    def of(cls, channel: Channel) -> "Particulars":
        return cls(**{name: getattr(channel, name) for name in FIELD_NAMES})


FIELD_NAMES = tuple(one.name for one in fields(Particulars))


@dataclass(frozen=True, slots=True)
class Change:
    """One field's value before and after."""

    before: Any
    after: Any

    def for_ledger(self) -> dict[str, Any]:
        return {"before": plain(self.before), "after": plain(self.after)}


def plain(value: Any) -> Any:
    """A value as JSON, people and departments by id."""
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, date | UUID):
        return str(value)
    return dict(value) if isinstance(value, Mapping) else value


def check(channel: Channel, *, changed: set[str], secrets: Mapping[str, str]) -> None:
    """Raises Invalid, by field, when the channel as it stands must not be saved.

    What did not change is not held against anybody: an old name stays when a new rule would forbid it.
    """
    problems = {**_connection_faults(channel, changed, secrets), **_field_faults(channel), **_faults(channel, changed)}
    if problems:
        raise Invalid(problems)


def _field_faults(channel: Channel) -> dict[str, str]:
    try:
        channel.full_clean()
    except ValidationError as error:
        return {name: " ".join(messages) for name, messages in error.message_dict.items()}
    return {}


def _faults(channel: Channel, changed: set[str]) -> dict[str, str]:
    problems = {}
    if changed & {"name", "kind", "department"}:
        faults = queries.name_problems(channel.name, kind=channel.kind, department=channel.department)
        if faults:
            problems["name"] = " ".join(fault.message for fault in faults)
    for role in ("owner", "deputy_owner"):
        person = getattr(channel, role)
        if role in changed and person is not None and not person.is_active_on(today()):
            problems[role] = _("%(name)s does not work here any more.") % {"name": person.name}
    if channel.deputy_owner_id and channel.deputy_owner_id == channel.owner_id:
        problems["deputy_owner"] = _("The deputy is somebody other than the owner.")
    if "review_on" in changed and channel.review_on <= today():
        problems["review_on"] = _("The next review lies in the future.")
    if "calendar_key" in changed and not Calendar.objects.filter(key=channel.calendar_key).exists():
        problems["calendar_key"] = _("There is no such calendar.")
    return problems


def _connection_faults(channel: Channel, changed: set[str], secrets: Mapping[str, str]) -> dict[str, str]:
    if not channel.connector or not changed & {"connector", "connector_settings", "address"}:
        return {}
    return connection_problems(channel, secrets)


def connection_problems(channel: Channel, secrets: Mapping[str, str]) -> dict[str, str]:
    """What the connector says of address and settings, by field."""
    try:
        connector = connector_of(channel.connector)
    except LookupError:
        return {"connector": _("There is no such connector.")}
    endpoint = Endpoint(
        channel_id=channel.pk,
        key=channel.key,
        name=channel.name,
        address=channel.address,
        settings=channel.connector_settings,
        secrets=secrets,
    )
    return {name: str(problem) for name, problem in connector.validate_settings(endpoint).items()}


def seal_secrets(channel: Channel, secrets: Mapping[str, str]) -> bool:
    """Seals the secrets onto the row; those not given stay. Returns whether anything changed."""
    known = queries.secrets_of(channel)
    merged = {**known, **{name: value for name, value in secrets.items() if value}}
    if merged == known:
        return False
    channel.sealed_secrets = seal(json.dumps(merged).encode(), context=queries.secrets_context(channel))
    return True
