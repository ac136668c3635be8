"""Messages in monthly partitions, and what was said beyond change."""

from django.db import migrations

# Django made a plain table (still empty here); the partitioned one takes over its columns, constraints, indexes and
# the foreign keys that point to it, read from the catalogue so that nothing is written down twice.
PARTITIONED = """
DO $$
DECLARE
    statements text[];
    statement text;
BEGIN
    ALTER TABLE conversations_message RENAME TO conversations_message_plain;
    SELECT array_agg(made.statement ORDER BY made.step) INTO statements
    FROM (
        SELECT CASE contype WHEN 'p' THEN 1 WHEN 'u' THEN 1 ELSE 3 END,
               format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
        FROM pg_constraint
        WHERE contype IN ('p', 'u', 'f', 'c')
          AND 'conversations_message_plain'::regclass IN (conrelid, confrelid)
        UNION ALL
        SELECT 2, pg_get_indexdef(indexrelid)
        FROM pg_index
        WHERE indrelid = 'conversations_message_plain'::regclass
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
    ) AS made (step, statement);
    CREATE TABLE conversations_message (LIKE conversations_message_plain INCLUDING DEFAULTS) PARTITION BY RANGE (id);
    DROP TABLE conversations_message_plain CASCADE;
    FOREACH statement IN ARRAY statements LOOP
        EXECUTE replace(statement, 'conversations_message_plain', 'conversations_message');
    END LOOP;
    CREATE TABLE conversations_message_default PARTITION OF conversations_message DEFAULT;
END
$$
"""

# Named columns may follow what becomes known later: where a message belongs, who is behind it, how it is found.
UNALTERED = """
CREATE FUNCTION conversations_message_unaltered() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := ARRAY['conversation_id', 'contact_id', 'search'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a message is not deleted; its month is dropped when its retention ends';
    END IF;
    IF to_jsonb(OLD) - free IS DISTINCT FROM to_jsonb(NEW) - free THEN
        RAISE EXCEPTION 'what was said is not changed';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER conversations_message_unaltered BEFORE UPDATE OR DELETE ON conversations_message
    FOR EACH ROW EXECUTE FUNCTION conversations_message_unaltered();
"""

# Rows that lie in the default partition move over before the month is attached.
MAKE_PARTITION = """
CREATE FUNCTION conversations_make_partition(name text, lower_bound uuid, upper_bound uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    incoming record;
    restored text[] := '{}';
    statement text;
BEGIN
    EXECUTE format('CREATE TABLE %I (LIKE conversations_message INCLUDING ALL)', name);
    LOCK TABLE conversations_message_default IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM conversations_message_default WHERE id >= lower_bound AND id < upper_bound) THEN
        -- The keys that point here are checked anew afterwards: a row on its way would break them.
        FOR incoming IN
            SELECT conrelid::regclass AS source, conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint
            WHERE contype = 'f' AND confrelid = 'conversations_message'::regclass AND conparentid = 0
        LOOP
            restored := restored || format('ALTER TABLE %s ADD CONSTRAINT %I %s', incoming.source, incoming.conname, incoming.definition);
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', incoming.source, incoming.conname);
        END LOOP;
        ALTER TABLE conversations_message_default DISABLE TRIGGER conversations_message_unaltered;
        EXECUTE format('WITH moved AS (DELETE FROM conversations_message_default WHERE id >= $1 AND id < $2 RETURNING *) INSERT INTO %I SELECT * FROM moved', name)
            USING lower_bound, upper_bound;
        ALTER TABLE conversations_message_default ENABLE TRIGGER conversations_message_unaltered;
    END IF;
    EXECUTE format('ALTER TABLE conversations_message ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, lower_bound, upper_bound);
    FOREACH statement IN ARRAY restored LOOP
        EXECUTE statement;
    END LOOP;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("conversations", "0001_initial")]
    operations = [
        migrations.RunSQL(PARTITIONED, migrations.RunSQL.noop),
        migrations.RunSQL(UNALTERED, migrations.RunSQL.noop),
        migrations.RunSQL(MAKE_PARTITION, migrations.RunSQL.noop),
    ]
