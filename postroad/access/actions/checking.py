"""What must hold of the lines of an application, when it is written and again when it is approved."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from postroad.access.grantees import Grantee
from postroad.access.lines import Line, LineAction
from postroad.access.models import Grant, PermissionType
from postroad.access.registry import training_of
from postroad.channels.models import Channel, State
from postroad.org.models import Department, Person, today
from postroad.org.roles import Role
from postroad.platform.errors import Invalid

MOST_LINES = 1000
LONGEST_CONTENT = 500
IN_USE = frozenset({State.APPROVED, State.LIVE, State.SUSPENDED})
# The form writes a grant's period behind its content in this shape; a content that ends so would read as one.
LOOKS_LIKE_A_PERIOD = re.compile(r"[（(][^（()）]*\d{4}-\d\d-\d\d[^（()）]*[)）]\s*$")


class Checker:
    """Checks lines against what is stored now. Loads everything in a constant number of queries.

    `written` is true while the application is being written: later, days that have come meanwhile are no fault.
    """

    def __init__(self, lines: Sequence[Line], *, written: bool, urgent: bool) -> None:
        self._lines, self._written, self._urgent = lines, written, urgent
        self._channels = Channel.objects.in_bulk({line.channel_id for line in lines})
        self._people = Person.objects.in_bulk({line.grantee.person_id for line in lines if line.grantee.person_id})
        self._departments = Department.objects.in_bulk(
            {line.grantee.department_id for line in lines if line.grantee.department_id}
        )
        open_grants = Grant.objects.filter(channel__in=self._channels, ended_at__isnull=True)
        self.open: dict[UUID, Grant] = {grant.pk: grant for grant in open_grants}
        self._taken: dict[tuple[UUID, str, Grantee], Grant] = {
            (grant.channel_id, grant.permission, grant.grantee): grant for grant in self.open.values()
        }
        self._today = today()

    def problems(self) -> dict[int, dict[str, str]]:
        """What is wrong, by number of the line (from 0) and field; empty when all is well."""
        found: dict[int, dict[str, str]] = {}
        seen: dict[tuple[UUID, str, Grantee], int] = {}
        for number, line in enumerate(self._lines):
            wrong = self._problems_of(line)
            first = seen.setdefault(line.place, number)
            if first != number:
                wrong.setdefault("grantee", _("Line %(line)s is about the same already.") % {"line": first + 1})
            if wrong:
                found[number] = wrong
        return found

    def require(self) -> None:
        """Raises Invalid with keys `<number of the line>.<field>`, or "" for the whole."""
        self.require_size()
        if found := self.problems():
            raise Invalid(
                {f"{number}.{field}": text for number, wrong in found.items() for field, text in wrong.items()}
            )

    def require_size(self) -> None:
        """Raises Invalid for no lines, or more than one application can hold."""
        if not self._lines:
            raise Invalid(_("An application needs at least one line."))
        if len(self._lines) > MOST_LINES:
            raise Invalid(_("An application holds at most %(most)s lines.") % {"most": MOST_LINES})

    def _problems_of(self, line: Line) -> dict[str, str]:
        channel = self._channels.get(line.channel_id)
        if channel is None or (channel.state not in IN_USE and line.gives):
            return {"channel": _("This channel is not in use.")}
        if line.action == LineAction.ADD:
            return {**self._period_problems(line), **self._content_problems(line), **self._grantee_problems(line)}
        grant = self.open.get(line.grant_id) if line.grant_id else None
        if grant is None or (grant.channel_id, grant.permission, grant.grantee) != line.place:
            return {"grantee": _("This grant is not there any more.")}
        if line.action == LineAction.END:
            return {}
        return self._change_problems(line, grant)

    def _change_problems(self, line: Line, grant: Grant) -> dict[str, str]:
        if self._urgent:
            return {"content": _("In an emergency permissions are granted or revoked, not changed.")}
        if (line.content, line.ends_on) == (grant.content, grant.ends_on):
            return {"content": _("This is what is granted already.")}
        if grant.begun_at is None:
            return {"content": _("This grant is not in force yet; revoke it and apply for another.")}
        return {**self._period_problems(line), **self._content_problems(line)}

    def _period_problems(self, line: Line) -> dict[str, str]:
        problems = {}
        if line.starts_on and self._written and line.starts_on < self._today:
            problems["starts_on"] = _("This day has passed; leave it empty to begin on the day of approval.")
        if line.starts_on and self._urgent:
            problems["starts_on"] = _("In an emergency it begins at once; leave this empty.")
        if line.ends_on and line.ends_on < max(line.starts_on or self._today, self._today):
            problems["ends_on"] = _("The last day lies before the first, or has passed.")
        return problems

    def _content_problems(self, line: Line) -> dict[str, str]:
        if content_problem := problem_of_content(line.content):
            return {"content": content_problem}
        if line.training_key and training_of(line.training_key) is None:
            return {"training_key": _("There is no such course.")}
        return {}

    def _grantee_problems(self, line: Line) -> dict[str, str]:
        if line.permission not in PermissionType.values:
            return {"permission": _("There is no such permission type.")}
        if line.place in self._taken:
            return {"grantee": _("This is granted already; change that grant instead.")}
        grantee = line.grantee
        if grantee.person_id:
            person = self._people.get(grantee.person_id)
            if person is None or not person.is_active_on(self._today):
                return {"grantee": _("Nobody who works here has this name or staff number.")}
        if grantee.department_id:
            department = self._departments.get(grantee.department_id)
            if department is None or (department.ended_on and department.ended_on <= self._today):
                return {"grantee": _("There is no such department.")}
            if grantee.role == Role.STAFF:
                return {"grantee": _("For everybody of a department, choose the department alone.")}
        return {}


def problem_of_content(content: str) -> str:
    """Why a content cannot stand in the list; empty when it can."""
    if not content:
        return _("Say what is allowed, in a few words.")
    if len(content) > LONGEST_CONTENT:
        return _("At most %(most)s characters.") % {"most": LONGEST_CONTENT}
    if content != tidied(content):
        return _("Only ordinary text on one line.")
    if LOOKS_LIKE_A_PERIOD.search(content):
        return _("Enter days in the fields for from and until, not at the end of the content.")
    return ""


def tidied(content: str) -> str:
    """A content on one line, single spaces, without characters that cannot be seen."""
    visible = "".join(" " if one.isspace() else one for one in content if one.isspace() or _is_visible(one))
    return " ".join(visible.split())


def _is_visible(one: str) -> bool:
    return unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
