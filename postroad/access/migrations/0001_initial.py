import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import postroad.platform.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('approvals', '0001_initial'),
        ('channels', '0001_initial'),
        ('clock', '0002_append_only'),
        ('org', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Grant',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('permission', models.CharField(choices=[('view', 'View'), ('post', 'Post'), ('manage', 'Manage')], max_length=10, verbose_name='permission type')),
                ('role', models.CharField(blank=True, choices=[('administrator', 'System administrator'), ('administration_head', 'Head of Administration'), ('administration', 'Administration'), ('hr', 'Human resources'), ('it', 'Information technology'), ('supervising_leader', 'Supervising leader'), ('department_head', 'Department head'), ('executive', 'Executive'), ('agent', 'Service agent'), ('desk_lead', 'Service desk lead'), ('support_specialist', 'Channel support specialist'), ('auditor', 'Auditor'), ('staff', 'Staff')], max_length=30)),
                ('content', models.CharField(max_length=500, verbose_name='permission content')),
                ('starts_on', models.DateField(verbose_name='from')),
                ('ends_on', models.DateField(null=True, verbose_name='until')),
                ('training_key', models.CharField(blank=True, max_length=60)),
                ('emergency', models.BooleanField(default=False)),
                ('review_due_at', models.DateTimeField(null=True)),
                ('reviewed_at', models.DateTimeField(null=True)),
                ('begun_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_because', models.CharField(blank=True, choices=[('revoked', 'Revoked on application'), ('changed', 'Replaced by a change'), ('lapsed', 'Its time was over'), ('left', 'The person left'), ('channel-ended', 'The channel ended'), ('not-needed', 'Revoked at recertification'), ('not-confirmed', 'Confirmed by nobody at recertification'), ('not-reviewed', 'The emergency was not confirmed')], max_length=14)),
                ('configured_at', models.DateTimeField(null=True)),
                ('removed_at', models.DateTimeField(null=True)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grants', to='channels.channel', verbose_name='channel')),
                ('configured_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='grants', to='org.department')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='grants', to='org.person')),
                ('removed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('replaces', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaced_by', to='access.grant')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grants', to='approvals.request')),
            ],
            options={
                'verbose_name': 'grant',
                'indexes': [models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['person'], name='access_grant_of_person'), models.Index(condition=models.Q(('configured_at', None), ('ended_at__isnull', True)), fields=['id'], name='access_grant_to_configure')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('department__isnull', True), ('person__isnull', False), ('role', '')), models.Q(('person__isnull', True), models.Q(('department__isnull', False), models.Q(('role', ''), _negated=True), _connector='OR')), _connector='OR'), name='access_grant_to_exactly_one'), models.CheckConstraint(condition=models.Q(('permission__in', ['view', 'post', 'manage'])), name='access_grant_type_known'), models.CheckConstraint(condition=models.Q(('role__in', ['', 'administrator', 'administration_head', 'administration', 'hr', 'it', 'supervising_leader', 'department_head', 'executive', 'agent', 'desk_lead', 'support_specialist', 'auditor', 'staff'])), name='access_grant_role_known'), models.CheckConstraint(condition=models.Q(('ends_on__isnull', True), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='access_grant_ends_after_start'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_because', '')), models.Q(('ended_at__isnull', False), models.Q(('ended_because', ''), _negated=True)), _connector='OR'), name='access_grant_ended_for_a_reason'), models.CheckConstraint(condition=models.Q(('emergency', False), ('review_due_at__isnull', False), _connector='OR'), name='access_emergency_is_reviewed'), models.CheckConstraint(condition=models.Q(models.Q(('person__isnull', True), models.Q(('configured_by', models.F('person')), _negated=True), ('configured_by__isnull', True), _connector='OR'), models.Q(('configured_by__isnull', True), ('configured_at__isnull', False), _connector='OR')), name='access_grant_configured_by_another'), models.CheckConstraint(condition=models.Q(models.Q(('removed_at__isnull', True), ('removed_by__isnull', True)), models.Q(('configured_at__isnull', False), ('ended_at__isnull', False), ('removed_at__isnull', False)), _connector='OR'), name='access_grant_removed_after_its_end'), models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('channel', 'permission', 'person', 'department', 'role'), name='access_granted_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='Recertification',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60, unique=True, verbose_name='name')),
                ('started_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'recertification',
                'constraints': [models.UniqueConstraint(models.Value(1), condition=models.Q(('closed_at__isnull', True)), name='access_one_recertification_open')],
            },
        ),
        migrations.CreateModel(
            name='RecertificationSheet',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('escalated_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('reminders', models.PositiveSmallIntegerField(default=0)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recertification_sheets', to='channels.channel')),
                ('deadline', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clock.deadline')),
                ('escalated_to', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='escalated_sheets', to='org.person')),
                ('last_deadline', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clock.deadline')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recertification_sheets', to='org.person')),
                ('recertification', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sheets', to='access.recertification')),
            ],
            options={
                'verbose_name': 'recertification sheet',
                'indexes': [models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['owner'], name='access_sheet_of_owner')],
                'constraints': [models.UniqueConstraint(fields=('recertification', 'channel'), name='access_sheet_once'), models.CheckConstraint(condition=models.Q(models.Q(('escalated_at__isnull', True), ('escalated_to__isnull', True), ('last_deadline__isnull', True)), models.Q(('escalated_at__isnull', False), ('last_deadline__isnull', False)), _connector='OR'), name='access_sheet_escalated_with_time')],
            },
        ),
        migrations.CreateModel(
            name='RecertificationItem',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('decision', models.CharField(blank=True, choices=[('confirmed', 'Confirmed'), ('revoked', 'Revoked')], max_length=10)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('grant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recertifications', to='access.grant')),
                ('sheet', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='access.recertificationsheet')),
            ],
            options={
                'verbose_name': 'recertification item',
                'constraints': [models.UniqueConstraint(fields=('sheet', 'grant'), name='access_item_once'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('decision', '')), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('decision__in', ['confirmed', 'revoked'])), _connector='OR'), name='access_item_decided_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='FeatureReview',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('month', models.DateField(unique=True)),
                ('reviewed_at', models.DateTimeField(null=True)),
                ('findings', models.JSONField(default=dict)),
                ('deadline', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clock.deadline')),
                ('reviewed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
            ],
            options={
                'verbose_name': 'review of feature limits',
                'constraints': [models.CheckConstraint(condition=models.Q(('month__day', 1)), name='access_review_of_a_month'), models.CheckConstraint(condition=models.Q(models.Q(('reviewed_at__isnull', True), ('reviewed_by__isnull', True)), models.Q(('reviewed_at__isnull', False), ('reviewed_by__isnull', False)), _connector='OR'), name='access_review_by_somebody')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='grant',
            trigger=pgtrigger.compiler.Trigger(name='from_approved_request', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NOT EXISTS (SELECT 1 FROM approvals_request WHERE id = NEW.request_id AND state = 'approved') THEN\n        RAISE EXCEPTION 'a grant comes only from an approved application'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'access_grant_from_approved_request';\n    END IF;\n    RETURN NEW;\n", hash='2cf53599d393060c05e07ea625c91bc9a9c66be0', operation='INSERT', pgid='pgtrigger_from_approved_request_df1b9', table='access_grant', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='grant',
            trigger=pgtrigger.compiler.Trigger(name='kept_as_approved', sql=pgtrigger.compiler.UpsertTriggerSql(func='RAISE EXCEPTION \'pgtrigger: Cannot update of "channel_id", "permission", "person_id", "department_id", "role", "content", "starts_on", "ends_on", "request_id" or delete rows from % table\', TG_TABLE_NAME;', hash='c3772c97f24aeca30c7fa9c779ce237df6cbc02c', operation='UPDATE OF "channel_id", "permission", "person_id", "department_id", "role", "content", "starts_on", "ends_on", "request_id" OR DELETE', pgid='pgtrigger_kept_as_approved_97d68', table='access_grant', when='BEFORE')),
        ),
    ]
