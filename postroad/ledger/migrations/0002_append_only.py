"""Evidence cannot be changed, and no new entry can be left out of the tree.

The triggers are ENABLE ALWAYS, so that a session in replica mode obeys them too, and they are plain SQL rather
than django-pgtrigger's, because those can be switched off by a session variable.
"""

from django.db import migrations

APPEND_ONLY_TABLES = ("ledger_entry", "ledger_leaf", "ledger_node", "ledger_head")

REFUSE = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
"""

QUEUE = """
CREATE FUNCTION ledger_queue_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_unsealed (entry_id) SELECT seq FROM added;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_queue_unsealed AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_queue_unsealed();
ALTER TABLE ledger_entry ENABLE ALWAYS TRIGGER ledger_queue_unsealed;
"""


def append_only(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only;
        """,
        f"DROP TRIGGER {table}_append_only ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION ledger_refuse_change();"),
        *[append_only(table) for table in APPEND_ONLY_TABLES],
        migrations.RunSQL(
            QUEUE,
            "DROP TRIGGER ledger_queue_unsealed ON ledger_entry; DROP FUNCTION ledger_queue_unsealed();",
        ),
    ]
