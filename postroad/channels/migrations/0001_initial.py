import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import postroad.platform.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('org', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Channel',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=60, unique=True, validators=[django.core.validators.RegexValidator('^[a-z0-9]+(?:-[a-z0-9]+)*$', 'Use lower-case letters, digits and single hyphens, for example customer-service.')], verbose_name='short key')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('name_en', models.CharField(blank=True, max_length=120, verbose_name='English name')),
                ('kind', models.CharField(choices=[('group', 'Chat group'), ('mailbox', 'Mailbox'), ('hotline', 'Hotline'), ('live-chat', 'Live chat'), ('direct', 'Direct chats'), ('notice-board', 'Notice board'), ('portal', 'Portal'), ('fax', 'Fax'), ('other', 'Other')], max_length=20, verbose_name='kind')),
                ('purpose', models.TextField(max_length=1000, verbose_name='purpose')),
                ('priority', models.CharField(blank=True, choices=[('must_use', 'Must use'), ('supplementary', 'Supplementary')], max_length=20, verbose_name='class')),
                ('audience', models.CharField(choices=[('internal', 'Staff'), ('customers', 'Customers'), ('partners', 'Partners'), ('suppliers', 'Suppliers'), ('public', 'Everyone')], max_length=20, verbose_name='audience')),
                ('confidentiality', models.CharField(choices=[('public', 'Public'), ('internal', 'Internal'), ('confidential', 'Confidential')], max_length=20, verbose_name='confidentiality')),
                ('encrypted', models.BooleanField(default=False, verbose_name='encrypted')),
                ('retention_class', models.CharField(choices=[('standard', '2 years'), ('extended', '5 years'), ('long', '10 years'), ('permanent', 'Permanent')], default='standard', max_length=20, verbose_name='kept for')),
                ('review_on', models.DateField(verbose_name='review on')),
                ('observability', models.CharField(choices=[('api', 'Verified by API'), ('own-rooms', 'Only rooms we created'), ('attested', 'Attested by the owner'), ('unseen', 'Unseen')], max_length=20, verbose_name='observability')),
                ('state', models.CharField(choices=[('applied', 'Applied for'), ('approved', 'Approved, not yet live'), ('live', 'Live'), ('suspended', 'Suspended'), ('retired', 'Retired'), ('refused', 'Not approved')], default='applied', max_length=20, verbose_name='state')),
                ('address', models.CharField(blank=True, max_length=254, verbose_name='address')),
                ('connector', models.CharField(blank=True, max_length=40, verbose_name='connector')),
                ('connector_settings', models.JSONField(blank=True, default=dict)),
                ('sealed_secrets', models.BinaryField(null=True)),
                ('calendar_key', models.CharField(default='company', max_length=60, verbose_name='calendar')),
                ('first_reply_minutes', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(43200)], verbose_name='first reply within (minutes)')),
                ('first_reply_in_working_time', models.BooleanField(default=True, verbose_name='first reply counted in working time')),
                ('answer_hours', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(720)], verbose_name='answered within (hours)')),
                ('answer_in_working_time', models.BooleanField(default=False, verbose_name='answer counted in working time')),
                ('live_at', models.DateTimeField(editable=False, null=True)),
                ('state_changed_at', models.DateTimeField(editable=False)),
                ('state_reason', models.CharField(blank=True, editable=False, max_length=500)),
                ('healthy', models.BooleanField(editable=False, null=True)),
                ('health_detail', models.CharField(blank=True, editable=False, max_length=1000)),
                ('health_changed_at', models.DateTimeField(editable=False, null=True)),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='channels', to='org.department', verbose_name='department')),
                ('deputy_owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deputised_channels', to='org.person', verbose_name='deputy owner')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='owned_channels', to='org.person', verbose_name='owner')),
            ],
            options={
                'verbose_name': 'channel',
                'verbose_name_plural': 'channels',
                'indexes': [models.Index(fields=['name', 'id'], name='channel_by_name'), models.Index(fields=['state', 'kind'], name='channel_by_state')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['applied', 'approved', 'live', 'suspended', 'retired', 'refused'])), name='channel_state_known'), models.CheckConstraint(condition=models.Q(('kind__in', ['group', 'mailbox', 'hotline', 'live-chat', 'direct', 'notice-board', 'portal', 'fax', 'other'])), name='channel_kind_known'), models.CheckConstraint(condition=models.Q(('priority__in', ['', 'must_use', 'supplementary'])), name='channel_class_known'), models.CheckConstraint(condition=models.Q(('deputy_owner', models.F('owner')), _negated=True), name='channel_deputy_is_another'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'live'), _negated=True), ('live_at__isnull', False), _connector='OR'), name='channel_live_has_a_moment'), models.CheckConstraint(condition=models.Q(models.Q(('first_reply_minutes__isnull', True), ('first_reply_minutes__gt', 0), _connector='OR'), models.Q(('answer_hours__isnull', True), ('answer_hours__gt', 0), _connector='OR')), name='channel_promises_something'), models.UniqueConstraint(models.F('connector'), django.db.models.functions.text.Lower('address'), condition=models.Q(models.Q(('address', ''), _negated=True), models.Q(('connector', ''), _negated=True), models.Q(('state__in', ['retired', 'refused']), _negated=True)), name='channel_address_once', violation_error_message='Another channel already uses this address.')],
            },
        ),
        migrations.CreateModel(
            name='ChannelMember',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('role', models.CharField(choices=[('agent', 'Agent'), ('lead', 'Team lead')], default='agent', max_length=10, verbose_name='role')),
                ('capacity', models.PositiveSmallIntegerField(default=20, validators=[django.core.validators.MaxValueValidator(500)], verbose_name='capacity')),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='channels.channel')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='channel_memberships', to='org.person')),
            ],
            options={
                'verbose_name': 'team member',
                'constraints': [models.UniqueConstraint(fields=('channel', 'person'), name='channel_member_once'), models.CheckConstraint(condition=models.Q(('role__in', ['agent', 'lead'])), name='channel_member_role_known')],
            },
        ),
        migrations.CreateModel(
            name='ConnectorCursor',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('value', models.JSONField(default=dict)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cursors', to='channels.channel')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('channel', 'name'), name='connector_cursor_once')],
            },
        ),
        migrations.CreateModel(
            name='HealthCheck',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(choices=[('probe', 'Probe sent round'), ('connection', 'Connection')], default='probe', max_length=12)),
                ('token', models.CharField(max_length=64, unique=True)),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('ok', models.BooleanField(null=True)),
                ('detail', models.CharField(blank=True, max_length=1000)),
                ('round_trip', models.DurationField(null=True)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='health_checks', to='channels.channel')),
            ],
            options={
                'verbose_name': 'health check',
                'indexes': [models.Index(fields=['channel', 'source', '-started_at'], name='health_by_channel'), models.Index(condition=models.Q(('ok__isnull', True)), fields=['started_at'], name='health_under_way')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('ok__isnull', True)), models.Q(('finished_at__isnull', False), ('ok__isnull', False)), _connector='OR'), name='health_check_finished_with_a_verdict')],
            },
        ),
        migrations.CreateModel(
            name='NamingRule',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('group', 'Chat group'), ('mailbox', 'Mailbox'), ('hotline', 'Hotline'), ('live-chat', 'Live chat'), ('direct', 'Direct chats'), ('notice-board', 'Notice board'), ('portal', 'Portal'), ('fax', 'Fax'), ('other', 'Other')], max_length=20, unique=True, verbose_name='kind')),
                ('pattern', models.CharField(max_length=200, verbose_name='pattern')),
                ('reserved_words', models.JSONField(blank=True, default=list, verbose_name='reserved words')),
                ('max_length', models.PositiveSmallIntegerField(default=50, validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(120)], verbose_name='longest name')),
            ],
            options={
                'verbose_name': 'naming rule',
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['group', 'mailbox', 'hotline', 'live-chat', 'direct', 'notice-board', 'portal', 'fax', 'other'])), name='naming_rule_kind_known')],
            },
        ),
    ]
