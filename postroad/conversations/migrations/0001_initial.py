import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import postroad.platform.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('channels', '0001_initial'),
        ('org', '0001_initial'),
        ('platform', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Conversation',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('subject', models.TextField(blank=True)),
                ('subject_token', models.CharField(blank=True, max_length=40)),
                ('participants', models.JSONField(default=list)),
                ('answers_unseen', models.CharField(blank=True, max_length=255)),
                ('message_count', models.PositiveIntegerField(default=0)),
                ('last_message_at', models.DateTimeField()),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='conversations', to='channels.channel')),
                ('contact', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='conversations', to='org.contact')),
            ],
            options={
                'verbose_name': 'conversation',
                'verbose_name_plural': 'conversations',
                'indexes': [models.Index(fields=['channel', '-last_message_at'], name='conversations_conv_latest'), models.Index(condition=models.Q(('answers_unseen', ''), _negated=True), fields=['channel', 'answers_unseen'], name='conversations_conv_unseen')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('subject_token', ''), _negated=True), fields=('channel', 'subject_token'), name='conversations_conversation_one_token')],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('direction', models.CharField(choices=[('in', 'received'), ('out', 'sent')], max_length=3)),
                ('external_id', models.TextField()),
                ('thread_ids', models.JSONField(default=list)),
                ('sender_name', models.TextField(blank=True)),
                ('sender_address', models.TextField(blank=True)),
                ('reply_address', models.TextField(blank=True)),
                ('recipients', models.JSONField(default=list)),
                ('subject', models.TextField(blank=True)),
                ('text', models.TextField(blank=True)),
                ('reply_text', models.TextField(blank=True)),
                ('html', models.TextField(blank=True)),
                ('auto', models.CharField(blank=True, max_length=20)),
                ('may_autorespond', models.BooleanField(default=False)),
                ('bounce_of', models.TextField(blank=True)),
                ('failed_recipients', models.JSONField(default=list)),
                ('problems', models.JSONField(default=list)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('received_at', models.DateTimeField()),
                ('digest', models.BinaryField()),
                ('attachment_count', models.PositiveSmallIntegerField(default=0)),
                ('search', django.contrib.postgres.search.SearchVectorField(null=True)),
                ('channel', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='channels.channel')),
                ('contact', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='org.contact')),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='conversations.conversation')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='org.person')),
                ('raw', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.blob')),
            ],
            options={
                'verbose_name': 'message',
                'verbose_name_plural': 'messages',
                'indexes': [models.Index(fields=['channel', '-id'], name='conversations_message_channel'), django.contrib.postgres.indexes.GinIndex(fields=['search'], name='conversations_message_search')],
            },
        ),
        migrations.CreateModel(
            name='HandlerFailure',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('handler', models.CharField(max_length=120)),
                ('new_conversation', models.BooleanField()),
                ('error', models.TextField()),
                ('attempts', models.PositiveSmallIntegerField(default=1)),
                ('next_try_at', models.DateTimeField()),
                ('solved_at', models.DateTimeField(blank=True, null=True)),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='handler_failures', to='conversations.message')),
            ],
            options={
                'verbose_name': 'unhandled message',
                'verbose_name_plural': 'unhandled messages',
                'indexes': [models.Index(condition=models.Q(('solved_at__isnull', True)), fields=['next_try_at'], name='conversations_failure_due')],
                'constraints': [models.UniqueConstraint(fields=('handler', 'message'), name='conversations_handler_failure_once')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('queued', 'waiting to be sent'), ('sending', 'being sent'), ('sent', 'sent'), ('failed', 'not delivered')], default='queued', max_length=8)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_try_at', models.DateTimeField()),
                ('claimed_at', models.DateTimeField(blank=True, null=True)),
                ('worker', models.CharField(blank=True, max_length=80)),
                ('error', models.TextField(blank=True)),
                ('external_id', models.TextField(blank=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('message', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='delivery', to='conversations.message')),
            ],
            options={
                'verbose_name': 'delivery',
                'verbose_name_plural': 'deliveries',
                'indexes': [models.Index(condition=models.Q(('state__in', ('queued', 'sending'))), fields=['next_try_at'], name='conversations_delivery_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'sending', 'sent', 'failed'])), name='conversations_delivery_known_state'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'sending'), _negated=True), models.Q(('claimed_at__isnull', False), models.Q(('worker', ''), _negated=True)), _connector='OR'), name='conversations_delivery_sending_is_claimed'), models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', False), ('state__in', ('sent', 'failed'))), models.Q(('finished_at__isnull', True), ('state__in', ('queued', 'sending'))), _connector='OR'), name='conversations_delivery_finished_has_time')],
            },
        ),
        migrations.CreateModel(
            name='Attachment',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField()),
                ('name', models.TextField(blank=True)),
                ('declared_type', models.TextField(blank=True)),
                ('content_type', models.TextField()),
                ('size', models.PositiveBigIntegerField()),
                ('inline', models.BooleanField(default=False)),
                ('content_id', models.TextField(blank=True)),
                ('blob', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.blob')),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attachments', to='conversations.message')),
            ],
            options={
                'verbose_name': 'attachment',
                'verbose_name_plural': 'attachments',
                'ordering': ('message_id', 'position'),
            },
        ),
        migrations.CreateModel(
            name='Receipt',
            fields=[
                ('pk', models.CompositePrimaryKey('channel_id', 'external_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('external_id', models.CharField(max_length=255)),
                ('message_id', models.UUIDField()),
                ('content_digest', models.CharField(blank=True, max_length=64)),
                ('channel', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='channels.channel')),
            ],
            options={
                'verbose_name': 'receipt',
                'verbose_name_plural': 'receipts',
            },
        ),
    ]
