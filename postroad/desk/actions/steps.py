"""What can be done to many cases at once: the marked lines of the list take one step, a macro takes several.

Each step first says which cases it is refused on, and why (`refusals`), and then is taken on the others, both in a
constant number of statements. It goes through the actions that do the same to one case, with their evidence.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext as _

from postroad.channels.models import Kind
from postroad.desk import queries
from postroad.desk.actions.assignment import assign, prioritise
from postroad.desk.actions.canned import put_into_drafts
from postroad.desk.actions.common import lock
from postroad.desk.actions.fields import fill_in
from postroad.desk.actions.merging import merge_all
from postroad.desk.actions.notes import note_on_all
from postroad.desk.actions.state import change_state, close, mark_spam, never_replied_to, open_again, solve
from postroad.desk.actions.tags import MOST_TAGS, tag_cases
from postroad.desk.models import ACTIVE, TO_DO, CannedAnswer, Case, CaseState, CustomField, Priority, Tag
from postroad.desk.permissions import Permission
from postroad.org.permissions import person_may

if TYPE_CHECKING:
    from postroad.org.models import Person

Refusals = dict[UUID, str]


class CaseStep(ABC):
    """One thing done to several cases. `permission` is what a person needs to take it."""

    permission: Permission = Permission.CASE_WORK

    @property
    @abstractmethod
    def words(self) -> str:
        """What the step does, for who is about to take it."""

    def refusals(self, cases: Sequence[Case]) -> Refusals:
        """By case, why it cannot be done there."""
        del cases
        return {}

    def foresee(self, case: Case) -> None:
        """Change a copy of the case as the step will, so that the steps after it can tell what they will meet."""
        del case

    @abstractmethod
    def take(self, cases: Sequence[Case], *, person: Person) -> None: ...


def on_all(cases: Sequence[Case], reason: str) -> Refusals:
    return dict.fromkeys((case.pk for case in cases), reason)


@dataclass(frozen=True)
class Assign(CaseStep):
    assignee: Person | None

    @property
    def words(self) -> str:
        return _("Assign to %(name)s") % {"name": self.assignee} if self.assignee else _("Put back into the queue")

    def refusals(self, cases: Sequence[Case]) -> Refusals:
        if self.assignee and not person_may(self.assignee, Permission.CASE_WORK):
            return on_all(cases, _("%(name)s does not answer cases.") % {"name": self.assignee})
        return {}

    def take(self, cases: Sequence[Case], *, person: Person) -> None:
        assign(cases=cases, assignee=self.assignee, person=person)


@dataclass(frozen=True)
class Prioritise(CaseStep):
    priority: Priority

    @property
    def words(self) -> str:
        return _("Set the priority to “%(priority)s”") % {"priority": self.priority.label}

    def take(self, cases: Sequence[Case], *, person: Person) -> None:
        prioritise(cases=cases, priority=self.priority, person=person)


@dataclass(frozen=True)
class PutTag(CaseStep):
    tag: Tag

    @property
    def words(self) -> str:
        return _("Put on the tag “%(name)s”") % {"name": self.tag}

    def refusals(self, cases: Sequence[Case]) -> Refusals:
        full = [case for case in cases if self.tag.pk not in case.tag_ids and len(case.tag_ids) >= MOST_TAGS]
        return on_all(full, _("A case carries at most %(count)s tags.") % {"count": MOST_TAGS})

    def foresee(self, case: Case) -> None:
        case.tag_ids = list(dict.fromkeys([*case.tag_ids, self.tag.pk]))

    def take(self, cases: Sequence[Case], *, person: Person) -> None:
        tag_cases(cases=cases, add=[self.tag], person=person)


@dataclass(frozen=True)
class TakeTag(CaseStep):
    tag: Tag

    @property
    def words(self) -> str:
        return _("Take away the tag “%(name)s”") % {"name": self.tag}

    def foresee(self, case: Case) -> None:
        case.tag_ids = [one for one in case.tag_ids if one != self.tag.pk]

    def take(self, cases: Sequence[Case], *, person: Person) -> None:
        tag_cases(cases=cases, remove=[self.tag], person=person)


@dataclass(frozen=True)
class Fill(CaseStep):
    """`answer` is as `queries.typed` makes it."""

    field: CustomField
    answer: Any

    @property
    def words(self) -> str:
        return _("Fill in “%(field)s”: %(answer)s") % {
            "field": self.field,
            "answer": queries.shown_answer(self.field, self.answer) or "–",
        }

    def refusals(self, cases: Sequence[Case]) -> Refusals:
        if self.field.channel_id is None:
            return {}
        others = [case for case in cases if case.channel_id != self.field.channel_id]
        return on_all(others, _("“%(field)s” is not asked on its channel.") % {"field": self.field})

    def foresee(self, case: Case) -> None:
        case.field_values = case.field_values | {self.field.key: self.answer}

    def take(self, cases: Sequence[Case], *, person: Person) -> None:
        fill_in(cases=cases, answers={self.field: self.answer}, person=person)


@dataclass(frozen=True)
class WriteNote(CaseStep):
    text: str

    @property
    def words(self) -> str:
        return _("Write the internal note “%(text)s”") % {"text": self.text}

    def take(self, cases: Sequence[Case], *, person: Person) -> None:
        note_on_all(cases=cases, text=self.text, person=person)


@dataclass(frozen=True)
class PutText(CaseStep):
    """Puts a canned answer into one's own draft of a reply; nothing is sent."""

    answer: CannedAnswer

    @property
    def words(self) -> str:
        return _("Put “%(title)s” into your reply; nothing is sent yet") % {"title": self.answer}

    def refusals(self, cases: Sequence[Case]) -> Refusals:
        unwritten = {Kind.HOTLINE: _("A caller is called back; there is no mail to answer.")}
        unwritten[Kind.LIVE_CHAT] = _("A chat is answered in the chat itself.")
        return {case.pk: unwritten[Kind(case.channel.kind)] for case in cases if case.channel.kind in unwritten}

    def take(self, cases: Sequence[Case], *, person: Person) -> None:
        put_into_drafts(cases=cases, answer=self.answer, person=person)


@dataclass(frozen=True)
class ChangeState(CaseStep):
    """Work on again, wait, solve or close; `reason` says how it was answered, or why it needs no answer."""

    state: CaseState
    reason: str = ""

    @property
    def words(self) -> str:
        said = _("Set the state to “%(state)s”") % {"state": self.state.label}
        return f"{said} ({self.reason})" if self.reason else said

    def refusals(self, cases: Sequence[Case]) -> Refusals:
        match self.state:
            case CaseState.SOLVED:
                return self._unsolvable(cases)
            case CaseState.WAITING:
                idle = [one for one in cases if one.state not in (*TO_DO, CaseState.WAITING)]
                return on_all(idle, _("Only a case that is being worked on can wait for the customer."))
            case CaseState.CLOSED if not self.reason.strip():
                return on_all(cases, _("Say why the case needs no answer."))
            case CaseState.NEW:
                return on_all(cases, _("A case is new only once."))
        return {}

    def _unsolvable(self, cases: Sequence[Case]) -> Refusals:
        unsolved = [case for case in cases if case.state in ACTIVE]
        refused = {}
        if not self.reason.strip():
            refused = on_all(never_replied_to(unsolved), _("Nobody has replied yet: say how it was answered."))
        for case_id, fields in queries.missing_answers(unsolved).items():
            names = ", ".join(field.name for field in fields)
            refused[case_id] = _("To be filled in first: %(fields)s.") % {"fields": names}
        return refused

    def foresee(self, case: Case) -> None:
        case.state = self.state

    def take(self, cases: Sequence[Case], *, person: Person) -> None:
        match self.state:
            case CaseState.SOLVED:
                solve(cases=cases, reason=self.reason, person=person)
            case CaseState.CLOSED:
                close(cases=cases, reason=self.reason, person=person)
            case CaseState.WAITING:
                idle = [one for one in lock(cases) if one.state in TO_DO]
                reason = self.reason or _("waiting for the customer")
                change_state(idle, CaseState.WAITING, reason=reason, actor=person.as_actor())
            case _:
                shut = [one for one in lock(cases) if one.state not in TO_DO]
                open_again(shut, reason=self.reason or _("reopened"), actor=person.as_actor())


@dataclass(frozen=True)
class MarkSpam(CaseStep):
    @property
    def words(self) -> str:
        return _("Close as spam")

    def take(self, cases: Sequence[Case], *, person: Person) -> None:
        mark_spam(cases=cases, person=person)


@dataclass(frozen=True)
class Merge(CaseStep):
    """`into` None: the oldest of the cases stays."""

    into: Case | None = None

    @property
    def words(self) -> str:
        return _("Merge into %(case)s") % {"case": self.into} if self.into else _("Merge into the oldest of them")

    def refusals(self, cases: Sequence[Case]) -> Refusals:
        if self.into is None and len(cases) == 1:
            return on_all(cases, _("Mark at least two cases to make them one."))
        return {self.into.pk: _("It is the one that stays.")} if self.into else {}

    def take(self, cases: Sequence[Case], *, person: Person) -> None:
        into = self.into or min(cases, key=lambda case: case.number)
        merge_all(cases=[case for case in cases if case.pk != into.pk], into=into, person=person)


@dataclass(frozen=True)
class Gone(CaseStep):
    """A step that names what is not there any more: nothing of the macro is done."""

    what: str

    @property
    def words(self) -> str:
        return self.what

    def refusals(self, cases: Sequence[Case]) -> Refusals:
        return on_all(cases, self.what)

    def take(self, cases: Sequence[Case], *, person: Person) -> None:
        """Is refused everywhere, so there is nothing to do."""
