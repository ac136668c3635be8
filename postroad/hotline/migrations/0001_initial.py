import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
import postroad.platform.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('channels', '0001_initial'),
        ('conversations', '0002_partitions'),
        ('org', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Caller',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('sealed_number', models.BinaryField(null=True)),
                ('digest', models.BinaryField(null=True)),
                ('masked', models.CharField(max_length=40)),
                ('contact', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='callers', to='org.contact')),
            ],
            options={
                'verbose_name': 'caller',
                'constraints': [models.UniqueConstraint(fields=('digest',), name='hotline_caller_once')],
            },
        ),
        migrations.CreateModel(
            name='CallBack',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('thread_id', models.CharField(max_length=250)),
                ('since', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('missed', models.PositiveIntegerField(default=1)),
                ('voicemails', models.PositiveIntegerField(default=0)),
                ('first_tried_at', models.DateTimeField(null=True)),
                ('tried', models.PositiveIntegerField(default=0)),
                ('settled_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(blank=True, choices=[('settled', 'Reached, and settled'), ('reached', 'Reached, more is to be done'), ('not-reached', 'Not reached'), ('not-needed', 'No call back needed'), ('came-through', 'They called again and were answered'), ('was-answered', 'The call had been answered after all'), ('case-finished', 'The case was finished otherwise')], max_length=20)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='call_backs', to='channels.channel')),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='call_backs', to='conversations.conversation')),
                ('settled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='call_backs', to='org.person')),
                ('caller', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='call_backs', to='hotline.caller')),
            ],
            options={
                'verbose_name': 'call back',
                'indexes': [models.Index(condition=models.Q(('settled_at__isnull', True)), fields=['since'], name='hotline_call_back_waiting')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('settled_at__isnull', True)), fields=('channel', 'caller'), name='hotline_one_call_back_a_caller'), models.CheckConstraint(condition=models.Q(models.Q(('outcome', ''), ('settled_at__isnull', True)), models.Q(('settled_at__isnull', False), models.Q(('outcome', ''), _negated=True)), _connector='OR'), name='hotline_call_back_settled_with_outcome')],
            },
        ),
        migrations.CreateModel(
            name='Call',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('external_id', models.CharField(max_length=200)),
                ('direction', models.CharField(choices=[('in', 'Incoming'), ('out', 'Outgoing')], default='in', max_length=3, verbose_name='direction')),
                ('state', models.CharField(choices=[('ringing', 'Ringing'), ('talking', 'Being spoken'), ('answered', 'Answered'), ('missed', 'Missed'), ('voicemail', 'Voicemail')], default='ringing', max_length=10, verbose_name='state')),
                ('started_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('extension', models.CharField(blank=True, max_length=40)),
                ('rung', models.JSONField(default=list)),
                ('transfers', models.PositiveSmallIntegerField(default=0)),
                ('voicemail_seconds', models.PositiveIntegerField(null=True)),
                ('test', models.BooleanField(default=False)),
                ('agent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='org.person')),
                ('channel', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='channels.channel')),
                ('call_back', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='hotline.callback')),
                ('caller', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='hotline.caller')),
            ],
            options={
                'verbose_name': 'call',
                'verbose_name_plural': 'calls',
                'indexes': [models.Index(fields=['-started_at', '-id'], name='hotline_call_latest'), models.Index(fields=['channel', '-started_at', '-id'], name='hotline_call_of_channel'), models.Index(fields=['caller', '-started_at'], name='hotline_call_of_caller'), models.Index(condition=models.Q(('state__in', ['ringing', 'talking'])), fields=['started_at'], name='hotline_call_under_way')],
                'constraints': [models.UniqueConstraint(fields=('channel', 'external_id'), name='hotline_call_once'), models.CheckConstraint(condition=models.Q(('state__in', ['ringing', 'talking', 'answered', 'missed', 'voicemail'])), name='hotline_call_state_known'), models.CheckConstraint(condition=models.Q(('ended_at__isnull', True), ('ended_at__gte', models.F('started_at')), _connector='OR'), name='hotline_call_ends_after_start'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['talking', 'answered']), _negated=True), ('answered_at__isnull', False), _connector='OR'), name='hotline_call_spoken_has_moment')],
            },
        ),
        migrations.CreateModel(
            name='CallEvent',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('external_id', models.CharField(max_length=200)),
                ('type', models.CharField(choices=[('ringing', 'Ringing'), ('answered', 'Answered'), ('transferred', 'Transferred'), ('missed', 'Missed'), ('voicemail', 'Voicemail'), ('hungup', 'Hung up'), ('lost', 'Nothing more was heard of it')], max_length=12)),
                ('at', models.DateTimeField()),
                ('sequence', models.BigIntegerField(null=True)),
                ('direction', models.CharField(blank=True, choices=[('in', 'Incoming'), ('out', 'Outgoing')], max_length=3)),
                ('extension', models.CharField(blank=True, max_length=40)),
                ('seconds', models.PositiveIntegerField(null=True)),
                ('digest', models.BinaryField()),
                ('source', models.CharField(choices=[('webhook', 'told by the telephone system'), ('import', 'imported call record'), ('postroad', 'concluded by Postroad'), ('test', 'test from the settings page')], max_length=10)),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='hotline.call')),
                ('caller', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='hotline.caller')),
                ('channel', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='channels.channel')),
            ],
            options={
                'verbose_name': 'call event',
                'constraints': [models.UniqueConstraint(fields=('channel', 'external_id'), name='hotline_event_once')],
            },
        ),
        migrations.CreateModel(
            name='Extension',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.CharField(max_length=40, validators=[django.core.validators.RegexValidator('^[0-9A-Za-z*#+._-]{1,40}$', 'Enter the extension as the telephone system names it.')], verbose_name='extension')),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='extensions', to='channels.channel')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='extensions', to='org.person', verbose_name='person')),
            ],
            options={
                'verbose_name': 'extension',
                'constraints': [models.UniqueConstraint(fields=('channel', 'number'), name='hotline_extension_once')],
            },
        ),
        migrations.CreateModel(
            name='Line',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('sealed_secret', models.BinaryField()),
                ('secret_since', models.DateTimeField(default=django.utils.timezone.now)),
                ('sealed_previous', models.BinaryField(null=True)),
                ('previous_until', models.DateTimeField(null=True)),
                ('heard_at', models.DateTimeField(null=True)),
                ('channel', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='line', to='channels.channel')),
            ],
            options={
                'verbose_name': 'hotline',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('previous_until__isnull', True), ('sealed_previous__isnull', True)), models.Q(('previous_until__isnull', False), ('sealed_previous__isnull', False)), _connector='OR'), name='hotline_previous_secret_ends')],
            },
        ),
        migrations.CreateModel(
            name='RecordsImport',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('file_name', models.CharField(max_length=255)),
                ('uploaded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('state', models.CharField(choices=[('mapping', 'Columns to be named'), ('faulty', 'With errors'), ('ready', 'Ready to apply'), ('applying', 'Being applied'), ('applied', 'Applied'), ('discarded', 'Discarded')], default='mapping', max_length=12)),
                ('sealed_content', models.BinaryField(null=True)),
                ('columns', models.JSONField(default=dict)),
                ('problems', models.JSONField(default=list)),
                ('faulty_rows', models.PositiveIntegerField(default=0)),
                ('rows', models.PositiveIntegerField(default=0)),
                ('events_new', models.PositiveIntegerField(default=0)),
                ('events_known', models.PositiveIntegerField(default=0)),
                ('calls', models.PositiveIntegerField(default=0)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='records_imports', to='channels.channel')),
                ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
            ],
            options={
                'verbose_name': 'import of call records',
                'indexes': [models.Index(fields=['channel', '-id'], name='hotline_import_of_channel')],
            },
        ),
        migrations.CreateModel(
            name='RefusedEvent',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('reason', models.CharField(max_length=40)),
                ('count', models.PositiveIntegerField(default=1)),
                ('last_at', models.DateTimeField()),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refused_events', to='channels.channel')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('channel', 'day', 'reason'), name='hotline_refused_once')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='callevent',
            trigger=pgtrigger.compiler.Trigger(name='told_once', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='b3b524b19a2d4cd72762a17c10b494ecf63f2a4d', operation='UPDATE', pgid='pgtrigger_told_once_3bd52', table='hotline_callevent', when='BEFORE')),
        ),
    ]
