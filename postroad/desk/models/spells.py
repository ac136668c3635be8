"""The stretches of time in which a case was open: what reports on solving, reopening and backlog are read from."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Func, Q, Value


class Spell(models.Model):
    """From when a case came in, or came back, until it was solved or closed; kept by the database (`KEEP_SPELLS`).

    `number` counts the spells of a case from 1. `outcome` is "solved", else the reason for which the case was closed,
    and "" while it is open. `person` had the case when it ended. `reopened_at` says that it did not stay ended.
    """

    SOLVED = "solved"

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey("desk.Case", models.CASCADE, related_name="spells", db_index=False)
    number = models.PositiveIntegerField()
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, blank=True)
    person = models.ForeignKey("org.Person", models.SET_NULL, null=True, related_name="+", db_index=False)
    reopened_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "number"], name="desk_spell_number_once"),
            models.UniqueConstraint(fields=["case"], condition=Q(ended_at__isnull=True), name="desk_spell_one_open"),
            models.CheckConstraint(
                name="desk_spell_ends_after_start", condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("began_at"))
            ),
            models.CheckConstraint(
                name="desk_spell_ended_with_outcome",
                condition=Q(ended_at__isnull=True, outcome="") | Q(ended_at__isnull=False) & ~Q(outcome=""),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["began_at"], name="desk_spell_by_start"),
            models.Index(fields=["ended_at"], name="desk_spell_by_end", condition=Q(ended_at__isnull=False)),
            # What was open at a moment, however long ago that is.
            GistIndex(Func("began_at", "ended_at", Value("[]"), function="tstzrange"), name="desk_spell_open_at"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.number}"


# In the database, because a case changes its state in many places and in bulk, and none of them may forget it.
KEEP_SPELLS = pgtrigger.Trigger(
    name="keep_spells",
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("state"),  # type: ignore[no-untyped-call]  # half typed upstream
    declare=[("is_over", "boolean"), ("was_over", "boolean"), ("back_at", "timestamptz")],
    func="""
        is_over := NEW.state IN ('solved', 'closed');
        IF TG_OP = 'INSERT' THEN
            was_over := false;
            INSERT INTO desk_spell (case_id, number, began_at, outcome) VALUES (NEW.id, 1, NEW.opened_at, '');
        ELSE
            was_over := OLD.state IN ('solved', 'closed');
        END IF;
        IF was_over AND NOT is_over THEN
            UPDATE desk_spell SET reopened_at = greatest(ended_at, coalesce(NEW.reopened_at, NEW.last_message_at))
            WHERE case_id = NEW.id AND reopened_at IS NULL
            RETURNING reopened_at INTO back_at;
            INSERT INTO desk_spell (case_id, number, began_at, outcome)
            SELECT NEW.id, count(*) + 1, back_at, '' FROM desk_spell WHERE case_id = NEW.id;
        ELSIF is_over AND NOT was_over THEN
            UPDATE desk_spell
            SET ended_at = greatest(began_at, coalesce(NEW.solved_at, NEW.closed_at)),
                outcome = CASE NEW.state WHEN 'solved' THEN 'solved' ELSE NEW.closed_reason END,
                person_id = NEW.assignee_id
            WHERE case_id = NEW.id AND ended_at IS NULL;
        END IF;
        RETURN NULL;
    """,
)
