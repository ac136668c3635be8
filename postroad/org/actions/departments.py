from __future__ import annotations

from typing import Any

from django.db import transaction

from postroad.ledger.actions import record
from postroad.org.actions.changes import assign, refusing, require_text
from postroad.org.events import Event
from postroad.org.models import Department
from postroad.org.registry import departments_changed
from postroad.platform.actors import Actor


@transaction.atomic
def create_department(
    *, code: str, name: str, actor: Actor, name_en: str = "", parent: Department | None = None
) -> Department:
    """Add a department. Raises Invalid for a code or a name among its siblings that is taken."""
    department = Department(**require_text(code=code, name=name), name_en=name_en.strip(), parent=parent)
    with refusing():
        department.save(force_insert=True)
    record(Event.DEPARTMENT_CREATED, actor=actor, subject=department, data={"code": department.code})
    departments_changed([department.pk])
    return department


@transaction.atomic
def update_department(*, department: Department, actor: Actor, **values: Any) -> Department:
    """Change code, name, name_en, parent or ended_on. Raises Invalid, also for a move below itself."""
    department = Department.objects.select_for_update(no_key=True, of=("self",)).get(pk=department.pk)
    changed = assign(department, values)
    if not changed:
        return department
    with refusing():
        department.save(update_fields=list(changed))
    record(Event.DEPARTMENT_CHANGED, actor=actor, subject=department, data={"fields": list(changed), **changed})
    departments_changed([department.pk])
    return department
