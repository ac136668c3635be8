import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
import postroad.platform.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('name_en', models.CharField(blank=True, max_length=120)),
                ('kind', models.CharField(choices=[('customer', 'Customer'), ('partner', 'Partner'), ('supplier', 'Supplier'), ('other', 'Other')], default='customer', max_length=20)),
                ('key_account', models.BooleanField(default=False)),
                ('note', models.TextField(blank=True, max_length=2000)),
                ('ended_on', models.DateField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='org_organisation_name_once')],
            },
        ),
        migrations.CreateModel(
            name='PeopleImport',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('content_sealed', models.BinaryField(null=True)),
                ('file_name', models.CharField(max_length=255)),
                ('state', models.CharField(choices=[('checking', 'Being checked'), ('ready', 'Ready to apply'), ('faulty', 'Has errors'), ('applying', 'Being applied'), ('applied', 'Applied'), ('discarded', 'Discarded')], default='checking', max_length=20)),
                ('rows_read', models.PositiveIntegerField(default=0)),
                ('rows_new', models.PositiveIntegerField(default=0)),
                ('rows_changed', models.PositiveIntegerField(default=0)),
                ('rows_unchanged', models.PositiveIntegerField(default=0)),
                ('rows_faulty', models.PositiveIntegerField(default=0)),
                ('sample', models.JSONField(default=list)),
                ('finished_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Department',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('name_en', models.CharField(blank=True, max_length=120)),
                ('code', models.CharField(max_length=40, unique=True)),
                ('ended_on', models.DateField(blank=True, null=True)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='org.department')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('parent'), django.db.models.functions.text.Lower('name'), name='org_department_name_once_per_parent', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('parent__isnull', True), models.Q(('parent', models.F('id')), _negated=True), _connector='OR'), name='org_department_not_its_own_parent')],
            },
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('mail_sealed', models.BinaryField(null=True)),
                ('mail_digest', models.BinaryField(null=True)),
                ('phone_sealed', models.BinaryField(null=True)),
                ('phone_digest', models.BinaryField(null=True)),
                ('erased_at', models.DateTimeField(editable=False, null=True)),
                ('name', models.CharField(max_length=200)),
                ('title', models.CharField(blank=True, max_length=120)),
                ('basis', models.CharField(choices=[('wrote_to_us', 'Wrote to us'), ('consent', 'Gave consent'), ('contract', 'Needed for a contract')], max_length=20)),
                ('purpose', models.CharField(max_length=200)),
                ('consented_at', models.DateTimeField(blank=True, null=True)),
                ('ended_on', models.DateField(blank=True, null=True)),
                ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='org.organisation')),
            ],
            options={
                'indexes': [models.Index(fields=['name', 'id'], name='org_contact_by_name'), models.Index(fields=['phone_digest'], name='org_contact_by_phone')],
                'constraints': [models.UniqueConstraint(fields=('mail_digest',), name='org_contact_mail_once'), models.CheckConstraint(condition=models.Q(models.Q(('basis', 'consent'), _negated=True), ('consented_at__isnull', False), _connector='OR'), name='org_contact_consent_has_its_time')],
            },
        ),
        migrations.CreateModel(
            name='ImportProblem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row', models.PositiveIntegerField()),
                ('column', models.CharField(blank=True, max_length=40)),
                ('reason', models.CharField(max_length=60)),
                ('shown', models.CharField(blank=True, max_length=120)),
                ('people_import', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='problems', to='org.peopleimport')),
            ],
            options={
                'indexes': [models.Index(fields=['people_import', 'row', 'id'], name='org_problem_by_row')],
            },
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('name_en', models.CharField(blank=True, max_length=120)),
                ('mail_sealed', models.BinaryField(null=True)),
                ('mail_digest', models.BinaryField(null=True)),
                ('phone_sealed', models.BinaryField(null=True)),
                ('phone_digest', models.BinaryField(null=True)),
                ('erased_at', models.DateTimeField(editable=False, null=True)),
                ('staff_no', models.CharField(max_length=40, unique=True)),
                ('title', models.CharField(blank=True, max_length=120)),
                ('language', models.CharField(choices=[('zh-hans', '中文'), ('en', 'English')], default='zh-hans', max_length=10)),
                ('joined_on', models.DateField()),
                ('left_on', models.DateField(blank=True, null=True)),
                ('address_sealed', models.BinaryField(null=True)),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='people', to='org.department')),
            ],
            options={
                'indexes': [models.Index(fields=['name', 'id'], name='org_person_by_name'), models.Index(fields=['department', 'name', 'id'], name='org_person_by_department'), models.Index(fields=['phone_digest'], name='org_person_by_phone'), models.Index(fields=['mail_digest'], name='org_person_by_mail'), models.Index(condition=models.Q(('left_on__isnull', False)), fields=['left_on'], name='org_person_by_leaving')],
                'constraints': [models.CheckConstraint(condition=models.Q(('left_on__isnull', True), ('left_on__gte', models.F('joined_on')), _connector='OR'), name='org_person_leaves_after_joining'), models.UniqueConstraint(django.db.models.functions.text.Upper('staff_no'), name='org_person_staff_no_once_in_any_case'), models.UniqueConstraint(condition=models.Q(('left_on__isnull', True)), fields=('mail_digest',), name='org_person_mail_once_among_staff')],
            },
        ),
        migrations.AddField(
            model_name='peopleimport',
            name='uploaded_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='org.person'),
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('username', models.CharField(max_length=80)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('person', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='account', to='org.person')),
            ],
            options={
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Upper('username'), name='org_account_username_once')],
            },
        ),
        migrations.CreateModel(
            name='Post',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('role', models.CharField(choices=[('administrator', 'System administrator'), ('administration_head', 'Head of Administration'), ('administration', 'Administration'), ('hr', 'Human resources'), ('it', 'Information technology'), ('supervising_leader', 'Supervising leader'), ('department_head', 'Department head'), ('executive', 'Executive'), ('agent', 'Service agent'), ('desk_lead', 'Service desk lead'), ('support_specialist', 'Channel support specialist'), ('auditor', 'Auditor'), ('staff', 'Staff')], max_length=30)),
                ('title', models.CharField(blank=True, max_length=120)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField(blank=True, null=True)),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='org.department')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='org.person')),
            ],
            options={
                'indexes': [models.Index(fields=['role', 'department', 'starts_on'], name='org_post_by_role'), models.Index(fields=['department', 'role'], name='org_post_by_department')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__isnull', True), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='org_post_ends_after_start'), models.CheckConstraint(condition=models.Q(models.Q(('role__in', ['department_head', 'supervising_leader']), _negated=True), ('department__isnull', False), _connector='OR'), name='org_post_of_a_department_names_it'), models.CheckConstraint(condition=models.Q(('role', 'staff'), _negated=True), name='org_post_is_never_plain_staff'), models.CheckConstraint(condition=models.Q(('role__in', ['administrator', 'administration_head', 'administration', 'hr', 'it', 'supervising_leader', 'department_head', 'executive', 'agent', 'desk_lead', 'support_specialist', 'auditor', 'staff'])), name='org_post_role_is_known')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='department',
            trigger=pgtrigger.compiler.Trigger(name='no_cycle', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    PERFORM pg_advisory_xact_lock(hashtext('org_department_tree'));\n    IF NEW.parent_id IS NOT NULL AND EXISTS (\n        WITH RECURSIVE above(id, parent_id) AS (\n            SELECT id, parent_id FROM org_department WHERE id = NEW.parent_id\n            UNION SELECT d.id, d.parent_id FROM org_department d JOIN above ON d.id = above.parent_id\n        )\n        SELECT 1 FROM above WHERE id = NEW.id\n    ) THEN\n        RAISE EXCEPTION 'a department cannot stand below itself'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'org_department_no_cycle';\n    END IF;\n    RETURN NEW;\n", hash='2fa804787034c05d19ac66f775639ea21d62af76', operation='INSERT OR UPDATE OF "parent_id"', pgid='pgtrigger_no_cycle_2cb7e', table='org_department', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='peopleimport',
            index=models.Index(fields=['-id'], name='org_import_newest_first'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='post',
            trigger=pgtrigger.compiler.Trigger(name='one_at_a_time', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."role" IN (\'department_head\', \'supervising_leader\'))', func="\n    PERFORM pg_advisory_xact_lock(hashtext('org_post' || NEW.role || NEW.department_id::text));\n    IF EXISTS (\n        SELECT 1 FROM org_post\n        WHERE role = NEW.role AND department_id = NEW.department_id AND id <> NEW.id\n          AND daterange(starts_on, ends_on, '[]') && daterange(NEW.starts_on, NEW.ends_on, '[]')\n    ) THEN\n        RAISE EXCEPTION 'this department has a holder of the role % in that period', NEW.role\n            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'org_post_one_at_a_time';\n    END IF;\n    RETURN NEW;\n", hash='2126b49b995a9fc8035395bc29e1577b78f4dd64', operation='INSERT OR UPDATE', pgid='pgtrigger_one_at_a_time_ea325', table='org_post', when='BEFORE')),
        ),
    ]
