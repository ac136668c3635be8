"""Calendar versions and the history of promises cannot be changed.

Plain triggers that hold always, as on the ledger's tables: django-pgtrigger's can be switched off by a session variable.
"""

from django.db import migrations

APPEND_ONLY_TABLES = ("clock_calendarversion", "clock_deadlineevent")

REFUSE = """
CREATE FUNCTION clock_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
"""


def append_only(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION clock_refuse_change();
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only;
        """,
        f"DROP TRIGGER {table}_append_only ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("clock", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION clock_refuse_change();"),
        *[append_only(table) for table in APPEND_ONLY_TABLES],
    ]
