import datetime
import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
import postroad.platform.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('clock', '0002_append_only'),
        ('org', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Flow',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('name_en', models.CharField(blank=True, max_length=120)),
                ('key', models.SlugField(max_length=60, unique=True, verbose_name='key')),
            ],
            options={
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('because', models.CharField(choices=[('rule', 'named by the flow'), ('delegate', 'deputy, since the applicant cannot decide'), ('next-higher', 'next higher leader'), ('only-one', 'nobody else is there: one person signs two steps'), ('escalated', 'escalated, since it was not decided in time'), ('moved', 'in place of somebody who left')], default='rule', max_length=12)),
                ('decisive', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('approved', 'Approved'), ('rejected', 'Rejected'), ('returned', 'Returned for changes'), ('not-needed', 'No longer needed'), ('moved', 'Went to somebody else')], default='waiting', max_length=10)),
                ('decided_at', models.DateTimeField(null=True)),
                ('via', models.CharField(blank=True, choices=[('page', 'signed in'), ('mail-link', 'by the link in a mail'), ('carried', 'carried over from the step before')], max_length=10)),
                ('comment', models.TextField(blank=True, max_length=2000, verbose_name='comment')),
                ('stranded_at', models.DateTimeField(null=True)),
                ('assigned_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('instead_of', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='approvals', to='org.person')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='FlowVersion',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('definition', models.JSONField()),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='reason for the change')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.CharField(max_length=200)),
                ('flow', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='approvals.flow')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('flow', 'number'), name='approvals_flow_version_once')],
            },
        ),
        migrations.CreateModel(
            name='MailLink',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('occasion', models.CharField(max_length=30)),
                ('token_hash', models.BinaryField(max_length=32, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('used_at', models.DateTimeField(null=True)),
                ('assignment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='links', to='approvals.assignment')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('sent_at__isnull', False)), fields=('assignment', 'person', 'occasion'), name='approvals_mail_sent_once')],
            },
        ),
        migrations.CreateModel(
            name='Request',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=60)),
                ('subject_type', models.CharField(max_length=60)),
                ('subject_id', models.CharField(max_length=60)),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('payload', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('pending', 'Waiting for approval'), ('returned', 'Returned for changes'), ('approved', 'Approved'), ('rejected', 'Rejected'), ('withdrawn', 'Withdrawn')], default='draft', max_length=12)),
                ('round', models.PositiveSmallIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('submitted_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('applicant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='org.person')),
                ('flow_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='approvals.flowversion')),
            ],
            options={
                'indexes': [models.Index(fields=['applicant', '-id'], name='approvals_of_applicant'), models.Index(fields=['state', '-id'], name='approvals_by_state'), models.Index(fields=['subject_type', 'subject_id'], name='approvals_by_subject')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'draft'), ('submitted_at', None)), models.Q(('state', 'draft'), _negated=True), _connector='OR'), name='approvals_draft_not_submitted'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('state__in', ['approved', 'rejected', 'withdrawn'])), models.Q(('closed_at', None), ('state__in', ['draft', 'pending', 'returned'])), _connector='OR'), name='approvals_closed_has_time')],
            },
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('round', models.PositiveSmallIntegerField()),
                ('position', models.PositiveSmallIntegerField()),
                ('name', models.CharField(max_length=120)),
                ('name_en', models.CharField(blank=True, max_length=120)),
                ('mode', models.CharField(choices=[('any', 'any'), ('all', 'all'), ('n', 'n')], max_length=3)),
                ('needed', models.PositiveSmallIntegerField()),
                ('state', models.CharField(choices=[('open', 'Waiting'), ('approved', 'Approved'), ('rejected', 'Rejected'), ('returned', 'Returned for changes'), ('withdrawn', 'Withdrawn')], default='open', max_length=10)),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('closed_at', models.DateTimeField(null=True)),
                ('remind_at', models.DateTimeField(null=True)),
                ('reminders', models.PositiveSmallIntegerField(default=0)),
                ('reminded_at', models.DateTimeField(null=True)),
                ('escalated_at', models.DateTimeField(null=True)),
                ('deadline', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clock.deadline')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='approvals.request')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['remind_at'], name='approvals_step_to_remind')],
                'constraints': [models.UniqueConstraint(fields=('request', 'round', 'position'), name='approvals_step_once_a_round'), models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('request',), name='approvals_one_open_step'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='approvals_step_closed_has_time')],
            },
        ),
        migrations.AddField(
            model_name='assignment',
            name='step',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='approvals.step'),
        ),
        migrations.CreateModel(
            name='Delegation',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('starts_on', models.DateField(verbose_name='from')),
                ('ends_on', models.DateField(verbose_name='until')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('delegate', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegations_received', to='org.person')),
                ('delegator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegations_given', to='org.person')),
            ],
            options={
                'indexes': [models.Index(fields=['delegate', 'ends_on'], name='approvals_delegation_to'), models.Index(fields=['delegator', 'ends_on'], name='approvals_delegation_from')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gte', django.db.models.expressions.CombinedExpression(models.F('starts_on'), '-', models.Value(datetime.timedelta(days=1))))), name='approvals_delegation_period'), models.CheckConstraint(condition=models.Q(('delegator', models.F('delegate')), _negated=True), name='approvals_delegation_to_another')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='flowversion',
            trigger=pgtrigger.compiler.Trigger(name='kept_as_it_was', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='b7a4034f1519decb444be8d560d89b3250bf079c', operation='UPDATE OR DELETE', pgid='pgtrigger_kept_as_it_was_d575c', table='approvals_flowversion', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='assignment',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['person', 'id'], name='approvals_waiting_for'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.UniqueConstraint(fields=('step', 'person'), name='approvals_asked_once_a_step'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.UniqueConstraint(fields=('step', 'decided_by'), name='approvals_one_voice_a_step'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_by__isnull', False), ('state__in', ['approved', 'rejected', 'returned']), ('decided_at__isnull', False)), models.Q(models.Q(('state__in', ['approved', 'rejected', 'returned']), _negated=True), ('decided_at', None), ('decided_by', None)), _connector='OR'), name='approvals_decided_by_somebody'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='assignment',
            trigger=pgtrigger.compiler.Trigger(name='no_own_request', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.decided_by_id IS NOT NULL AND EXISTS (\n        SELECT 1 FROM approvals_step step JOIN approvals_request request ON request.id = step.request_id\n        WHERE step.id = NEW.step_id AND request.applicant_id = NEW.decided_by_id\n    ) THEN\n        RAISE EXCEPTION 'nobody decides a request of their own'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'approvals_no_own_request';\n    END IF;\n    RETURN NEW;\n", hash='b956f347ebd93c0415a1b0bdb6c3af346065fee5', operation='INSERT OR UPDATE', pgid='pgtrigger_no_own_request_110ab', table='approvals_assignment', when='BEFORE')),
        ),
    ]
