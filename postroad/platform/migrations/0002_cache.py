"""The table of Django's database cache: counts of failed tries, which all web processes must share.

Unlogged: what it holds may be lost in a crash, and costs no write-ahead log.
"""

from django.db import migrations

TABLE = """
CREATE UNLOGGED TABLE platform_cache (
    cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL
);
CREATE INDEX platform_cache_expires ON platform_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("platform", "0001_initial")]

    operations = [migrations.RunSQL(TABLE, "DROP TABLE platform_cache")]
