"""Puts indexes and constraints into the tables that first migrations make: `python dev/fold_migrations.py APP …`.

Django renders all related models anew for each index or constraint that a later operation adds; that was half of the
time an installation took to start from nothing. Run it after writing an app's `0001_initial` anew.
"""

import sys
from pathlib import Path

from django.db.migrations import AddConstraint, AddField, AddIndex, CreateModel
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.writer import MigrationWriter

from postroad.platform.bootstrap import use_django


def folded(operations: list[Operation]) -> list[Operation]:
    """The same tables. What concerns fields that are added later stays where it is."""
    made = {one.name_lower: one for one in operations if isinstance(one, CreateModel)}
    changed_later = {one.model_name_lower for one in operations if isinstance(one, AddField)}
    kept = []
    for one in operations:
        model = made.get(one.model_name_lower) if isinstance(one, AddIndex | AddConstraint) else None
        if model is None or model.name_lower in changed_later:
            kept.append(one)
        else:
            kind, value = ("indexes", one.index) if isinstance(one, AddIndex) else ("constraints", one.constraint)
            model.options[kind] = [*model.options.get(kind, []), value]
    return kept


def main() -> None:
    use_django()
    loader = MigrationLoader(None)
    for label in sys.argv[1:]:
        migration = loader.disk_migrations[label, "0001_initial"]
        migration.operations = folded(migration.operations)
        writer = MigrationWriter(migration, include_header=False)
        Path(writer.path).write_text(writer.as_string(), encoding="utf-8")


if __name__ == "__main__":
    main()
