import django.core.validators
import django.db.models.deletion
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
            name='Visit',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('sealed_mail', models.BinaryField(null=True)),
                ('contact', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='chat_visits', to='org.contact')),
                ('identity', models.CharField(blank=True, max_length=200)),
                ('language', models.CharField(max_length=10)),
                ('page', models.CharField(blank=True, max_length=500)),
                ('consent_text', models.TextField()),
                ('consented_at', models.DateTimeField()),
                ('started_at', models.DateTimeField()),
                ('thread_id', models.CharField(blank=True, max_length=100)),
                ('seen_at', models.DateTimeField(blank=True, null=True)),
                ('left_at', models.DateTimeField(blank=True, null=True)),
                ('delivered_id', models.UUIDField(blank=True, null=True)),
                ('read_id', models.UUIDField(blank=True, null=True)),
                ('agent_read_id', models.UUIDField(blank=True, null=True)),
                ('typing_until', models.DateTimeField(blank=True, null=True)),
                ('agent_typing', models.CharField(blank=True, max_length=80)),
                ('agent_typing_until', models.DateTimeField(blank=True, null=True)),
                ('asked_until', models.DateTimeField(blank=True, null=True)),
                ('rated', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('mail_offered_at', models.DateTimeField(blank=True, null=True)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='chat_visits', to='channels.channel')),
                ('conversation', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='chat_visit', to='conversations.conversation')),
            ],
            options={
                'verbose_name': 'chat',
                'indexes': [models.Index(fields=['channel', '-started_at'], name='livechat_visit_latest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('sealed_mail__isnull', True), ('contact__isnull', False), _connector='OR'), name='livechat_visit_mail_is_somebodys'), models.CheckConstraint(condition=models.Q(('conversation__isnull', True), models.Q(('thread_id', ''), _negated=True), _connector='OR'), name='livechat_visit_said_something_in_a_thread')],
            },
        ),
        migrations.CreateModel(
            name='VisitorKey',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('token_hash', models.BinaryField(max_length=32, unique=True)),
                ('expires_at', models.DateTimeField()),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='livechat.visit')),
            ],
            options={
                'verbose_name': "visitor's key",
                'indexes': [models.Index(fields=['expires_at'], name='livechat_key_expiry')],
            },
        ),
        migrations.CreateModel(
            name='ChatSettings',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('allowed_origins', models.JSONField(blank=True, default=list, verbose_name='sites that may embed the chat')),
                ('title', models.CharField(blank=True, max_length=60, verbose_name='title')),
                ('title_en', models.CharField(blank=True, max_length=60, verbose_name='title in English')),
                ('greeting', models.CharField(blank=True, max_length=300, verbose_name='greeting')),
                ('greeting_en', models.CharField(blank=True, max_length=300, verbose_name='greeting in English')),
                ('away', models.CharField(blank=True, max_length=500, verbose_name='what is said when nobody is there')),
                ('away_en', models.CharField(blank=True, max_length=500, verbose_name='the same in English')),
                ('consent', models.CharField(blank=True, max_length=1000, verbose_name='what visitors agree to')),
                ('consent_en', models.CharField(blank=True, max_length=1000, verbose_name='what visitors agree to, in English')),
                ('colour', models.CharField(default='#0b5f6b', max_length=7, validators=[django.core.validators.RegexValidator('^#[0-9a-fA-F]{6}$', 'Write a colour as # and six digits, for example #0b5f6b.')], verbose_name='colour')),
                ('mail', models.CharField(choices=[('optional', 'Visitors may leave it out'), ('required', 'Visitors must enter it')], default='optional', max_length=10, verbose_name='mail address before the chat')),
                ('proactive', models.BooleanField(default=False, verbose_name='offer the chat by itself')),
                ('proactive_after', models.PositiveSmallIntegerField(default=30, validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(3600)], verbose_name='seconds before it is offered')),
                ('sealed_identity_secret', models.BinaryField(null=True)),
                ('channel', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='chat_settings', to='channels.channel')),
                ('mailbox', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='channels.channel', verbose_name='mailbox from which chats go on')),
            ],
            options={
                'verbose_name': 'settings of a live chat',
                'constraints': [models.CheckConstraint(condition=models.Q(('colour__regex', '^#[0-9a-fA-F]{6}$')), name='livechat_colour_is_one')],
            },
        ),
    ]
