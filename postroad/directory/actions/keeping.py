"""Keeping the list of conflicts in step with what a plan found."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db.models.functions import Lower
from django.utils import timezone

from postroad.directory import queries
from postroad.directory.models import Conflict, Source
from postroad.directory.planning import Found
from postroad.directory.readings import seal_entry


def keep_conflicts(source: Source, found: Sequence[Found], *, about: Collection[str] | None = None) -> int:
    """Store what was found; what was not found again is gone. With `about`, only of these entries (in lower case).

    Returns how many are open now. What somebody chose stays until the same thing is found again, changed.
    """
    wanted = {(str(one.kind), one.entry.id.lower()): one for one in reversed(found)}
    rows = source.conflicts.annotate(key=Lower("external_id"))
    known = {(one.kind, str(one.key)): one for one in (rows if about is None else rows.filter(key__in=list(about)))}
    gone = [one.pk for key, one in known.items() if key not in wanted and one.choice == "" and one.gone_at is None]
    source.conflicts.filter(pk__in=gone).update(gone_at=timezone.now())
    Conflict.objects.bulk_create(
        [
            _filled(Conflict(source=source, kind=one.kind, external_id=one.entry.id), one)
            for key, one in wanted.items()
            if key not in known
        ]
    )
    changed = [
        _filled(known[key], one)
        for key, one in wanted.items()
        if key in known and (known[key].gone_at or known[key].choice or bytes(known[key].entry_digest) != one.digest)
    ]
    Conflict.objects.bulk_update(changed, WRITTEN)
    return queries.open_conflicts(source).count()


WRITTEN = (
    "person", "department", "other_id", "fields", "sealed_theirs", "sealed_other", "entry_digest", "choice",
    "chosen_by", "chosen_at", "chosen_reason", "gone_at",
)  # fmt: skip


def _filled(conflict: Conflict, found: Found) -> Conflict:
    """Open, and as it was found."""
    context = queries.conflict_context(conflict)
    conflict.person_id, conflict.department_id = found.person_id, found.department_id
    conflict.other_id = found.other.id if found.other else ""
    conflict.fields = list(found.fields)
    conflict.sealed_theirs = seal_entry(found.entry, context=context)
    conflict.sealed_other = seal_entry(found.other, context=context) if found.other else None
    conflict.entry_digest = found.digest
    conflict.choice, conflict.chosen_by, conflict.chosen_at, conflict.chosen_reason = "", None, None, ""
    conflict.gone_at = None
    return conflict
