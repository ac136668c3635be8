"""Who looks after which customer, how often they are in touch, and that the duties follow it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from postroad.accounts import queries
from postroad.accounts.events import Event
from postroad.accounts.models import KeyAccount, Medium, Rhythm
from postroad.clock import actions as clock
from postroad.clock.models import Calendar, Duty
from postroad.ledger.actions import NewEntry, record, record_many
from postroad.org import actions as org
from postroad.org.models import Organisation, Person, today
from postroad.org.queries import head_of, supervising_leader_of
from postroad.platform.actors import Actor, Subject
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.realtime import publish

ACCOUNTS = Actor.system("accounts")
TOPIC = "accounts"
CALENDAR = "company"
DONE_BY = time(18)
ESCALATED_AFTER = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Agreed:
    """How often one is in touch: every so many days, weeks or months."""

    every: int
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Where to find what was agreed with the customer."""

    number: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    link: str = ""

    def columns(self) -> dict[str, Any]:
        return {
            "contract_number": self.number,
            "contract_from": self.valid_from,
            "contract_until": self.valid_until,
            "contract_link": self.link,
        }


_NO_CONTRACT = Contract()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What an account is to be like."""

    deputy: Person | None
    rhythms: Mapping[Medium, Agreed]
    contract: Contract
    note: str

    @property
    def columns(self) -> dict[str, Any]:
        return {"deputy": self.deputy, "note": self.note.strip(), **self.contract.columns()}


@transaction.atomic
def open_account(
    *,
    organisation: Organisation,
    manager: Person,
    rhythms: Mapping[Medium, Agreed],
    actor: Actor,
    deputy: Person | None = None,
    contract: Contract = _NO_CONTRACT,
    note: str = "",
    opened_on: date | None = None,
) -> KeyAccount:
    """Name who looks after an organisation, and how often they are in touch; it becomes a key account by that.

    Raises Invalid by field, and Conflict where somebody was named already.
    """
    organisation = Organisation.objects.select_for_update(no_key=True, of=("self",)).get(pk=organisation.pk)
    if queries.account_of(organisation):
        raise Conflict(_("Somebody looks after this organisation already."))
    change = _Change(deputy=deputy, rhythms=rhythms, contract=contract, note=note)
    _check(manager, change)
    account = KeyAccount(organisation=organisation, manager=manager, opened_on=opened_on or today(), **change.columns)
    account.save(force_insert=True)
    for medium, agreed in rhythms.items():
        _begin_rhythm(account, medium, agreed, starts_on=account.opened_on)
    org.update_organisation(organisation=organisation, actor=actor, key_account=True)
    record(Event.OPENED, actor=actor, subject=account, data={"manager": str(manager.pk)})
    _tell(account)
    return account


@transaction.atomic
def change_account(
    *,
    account: KeyAccount,
    deputy: Person | None,
    rhythms: Mapping[Medium, Agreed],
    contract: Contract,
    note: str,
    actor: Actor,
) -> KeyAccount:
    """Change what was agreed. A running rhythm that changes goes on counting from the last contact.

    Raises Invalid by field, Conflict once the account has ended.
    """
    account = lock(account.pk)
    change = _Change(deputy=deputy, rhythms=rhythms, contract=contract, note=note)
    _check(account.manager, change)
    changed = [name for name, value in change.columns.items() if getattr(account, name) != value]
    for name in changed:
        setattr(account, name, change.columns[name])
    account.save(update_fields=changed)
    if _change_rhythms(account, rhythms, actor=actor):
        changed.append("rhythms")
    if changed:
        record(Event.CHANGED, actor=actor, subject=account, data={"fields": changed})
        align([account])
        _tell(account)
    return account


@transaction.atomic
def end_account(*, account: KeyAccount, reason: str, actor: Actor) -> KeyAccount:
    """End a key account: nobody has to be in touch any more, the log stays. Raises Invalid without a reason."""
    if not reason.strip():
        raise Invalid({"reason": _("Say why, for those who ask later.")})
    account = lock(account.pk)
    account.ended_on, account.end_reason = max(today(), account.opened_on), reason.strip()[:300]
    account.save(update_fields=["ended_on", "end_reason"])
    for rhythm in account.rhythms.filter(ended_on__isnull=True).select_related("duty"):
        _end_rhythm(rhythm, actor=actor)
    record(Event.ENDED, actor=actor, subject=account, data={"reason": account.end_reason})
    org.update_organisation(organisation=account.organisation, actor=actor, key_account=False)
    _tell(account)
    return account


def follow_organisations(organisation_ids: Collection[UUID]) -> None:
    """End the accounts of organisations that are no key accounts any more; hears of every change to one."""
    gone = (
        queries.running()
        .filter(organisation__in=organisation_ids)
        .exclude(organisation__key_account=True, organisation__ended_on__isnull=True)
    )
    for account in gone:
        with override("zh-hans"):
            reason = _("The organisation is no key account any more.")
        end_account(account=account, reason=reason, actor=ACCOUNTS)


@transaction.atomic
def let_deputies_step_in() -> int:
    """See that each duty lies with who looks after the account today; how many changed. Repeating changes nothing."""
    return align(queries.running().order_by("pk"))


@transaction.atomic
def escalate_overdue() -> int:
    """Tell the head of whoever looks after an account that a contact is three days overdue; how many, each once."""
    late = (
        queries.waiting_occurrences()
        .filter(deadline__due_at__lt=timezone.now() - ESCALATED_AFTER)
        .exclude(pk__in=Rhythm.objects.filter(escalated__isnull=False).values("escalated"))
        .values_list("duty__account_rhythm", "pk")
    )
    occurrences = dict(late)
    rhythms = (
        Rhythm.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk__in=occurrences)
        .select_related("duty__responsible__department", "account")
        .order_by("pk")
    )
    told = []
    for rhythm in rhythms:
        rhythm.escalated_id = occurrences[rhythm.pk]
        rhythm.escalated_to = above(rhythm.duty.responsible)
        told.append(rhythm)
    Rhythm.objects.bulk_update(told, ["escalated", "escalated_to"])
    record_many([NewEntry(Event.ESCALATED, ACCOUNTS, one.account, {"medium": one.medium}) for one in told])
    if told:
        publish(TOPIC, *{f"work.{one.escalated_to_id}" for one in told if one.escalated_to_id})
    return len(told)


def record_export(*, count: int, actor: Actor) -> None:
    """Write down that the list was taken out."""
    record(Event.EXPORTED, actor=actor, subject=Subject("accounts.accounts", "all"), data={"count": count})


def align(accounts: Collection[KeyAccount] | Any) -> int:
    """Give the duties of these accounts to who looks after them today; how many changed."""
    absent, day, changed = queries.absent_today(), today(), 0
    known = {one.pk: one for one in accounts}
    rhythms = Rhythm.objects.filter(account__in=known, ended_on__isnull=True).select_related("duty").order_by("pk")
    for rhythm in rhythms:
        account = known[rhythm.account_id]
        responsible = account.answers_on(day, absent=absent) or account.manager
        deputy = account.deputy if account.deputy_id != responsible.pk else account.manager
        if (rhythm.duty.responsible_id, rhythm.duty.deputy_id) != (responsible.pk, deputy.pk if deputy else None):
            clock.update_duty(duty=rhythm.duty, actor=ACCOUNTS, responsible=responsible, deputy=deputy)
            changed += 1
    return changed


def lock(account_id: UUID) -> KeyAccount:
    """A running account, nobody else changing it. Raises Conflict once it has ended."""
    account = (
        KeyAccount.objects.select_for_update(no_key=True, of=("self",))
        .select_related("organisation", "manager__department", "deputy")
        .get(pk=account_id)
    )
    if account.ended_on is not None:
        raise Conflict(_("This key account has ended."))
    return account


def above(person: Person) -> Person | None:
    """The head of a person's department, or the leader it reports to where that is the person."""
    if person.department is None:
        return None
    head = head_of(person.department)
    return head if head and head.pk != person.pk else supervising_leader_of(person.department)


def _check(manager: Person, change: _Change) -> None:
    if not manager.is_active_on(today()):
        raise Invalid({"manager": _("%(name)s does not work here any more.") % {"name": manager.name}})
    if change.deputy and not change.deputy.is_active_on(today()):
        raise Invalid({"deputy": _("%(name)s does not work here any more.") % {"name": change.deputy.name}})
    if change.deputy == manager:
        raise Invalid({"deputy": _("The deputy has to be somebody else.")})
    if not change.rhythms:
        raise Invalid({"rhythms": _("Agree on a rhythm for one medium at least.")})
    starts, ends = change.contract.valid_from, change.contract.valid_until
    if starts and ends and ends < starts:
        raise Invalid({"contract_until": _("The contract ends before it begins.")})


def _change_rhythms(account: KeyAccount, wanted: Mapping[Medium, Agreed], *, actor: Actor) -> bool:
    there = {Medium(one.medium): one for one in account.rhythms.filter(ended_on__isnull=True).select_related("duty")}
    changed = False
    for medium, rhythm in there.items():
        agreed = wanted.get(medium)
        if agreed is None:
            _end_rhythm(rhythm, actor=actor)
        elif (rhythm.duty.every, rhythm.duty.unit) != (agreed.every, agreed.unit):
            clock.update_duty(duty=rhythm.duty, actor=actor, every=agreed.every, unit=agreed.unit)
        else:
            continue
        changed = True
    for medium in wanted.keys() - there.keys():
        _begin_rhythm(account, medium, wanted[medium], starts_on=today())
        changed = True
    return changed


def _begin_rhythm(account: KeyAccount, medium: Medium, agreed: Agreed, *, starts_on: date) -> Rhythm:
    calendar = Calendar.objects.filter(key=CALENDAR).first()
    if calendar is None:
        raise Conflict(_("Set up the company's calendar first: it says on which days somebody can be in touch."))
    responsible = account.answers_on(today(), absent=queries.absent_today()) or account.manager
    duty = clock.create_duty(
        actor=ACCOUNTS,
        name=_name(account, medium, "zh-hans"),
        name_en=_name(account, medium, "en"),
        calendar=calendar,
        frequency=Duty.Frequency.AGAIN,
        every=agreed.every,
        unit=agreed.unit,
        due_time=DONE_BY,
        responsible=responsible,
        deputy=account.deputy if account.deputy_id != responsible.pk else account.manager,
        starts_on=starts_on,
        page=account.get_absolute_url(),
    )
    return Rhythm.objects.create(account=account, medium=medium, duty=duty)


def _end_rhythm(rhythm: Rhythm, *, actor: Actor) -> None:
    rhythm.ended_on = today()
    rhythm.save(update_fields=["ended_on"])
    clock.update_duty(duty=rhythm.duty, actor=actor, ends_on=max(today(), rhythm.duty.starts_on))


def _name(account: KeyAccount, medium: Medium, language: str) -> str:
    with override(language):
        words = {"name": account.organisation, "medium": medium.label}
        return (_("Keep in touch with %(name)s: %(medium)s") % words)[:120]


def _tell(account: KeyAccount) -> None:
    people = {one for one in (account.manager_id, account.deputy_id) if one}
    publish(TOPIC, *(f"work.{one}" for one in people))
