"""The sequence from which cases get their numbers: short enough to be read out on the telephone."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("desk", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE desk_case_number START 10001", "DROP SEQUENCE desk_case_number"),
    ]
