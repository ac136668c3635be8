import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import postroad.platform.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('channels', '0001_initial'),
        ('org', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='SeenCallback',
            fields=[
                ('digest', models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='Messenger',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=40, unique=True, validators=[django.core.validators.RegexValidator('^[a-z0-9]+(?:-[a-z0-9]+)*$', 'Use lower-case letters, digits and single hyphens, for example customer-service.')], verbose_name='short key')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('connector', models.CharField(max_length=40, verbose_name='connector')),
                ('connector_settings', models.JSONField(blank=True, default=dict)),
                ('sealed_secrets', models.BinaryField(null=True)),
                ('state', models.CharField(choices=[('in-use', 'In use'), ('suspended', 'Suspended'), ('retired', 'Retired')], default='in-use', max_length=12, verbose_name='state')),
                ('healthy', models.BooleanField(editable=False, null=True)),
                ('health_detail', models.CharField(blank=True, editable=False, max_length=1000)),
                ('health_changed_at', models.DateTimeField(editable=False, null=True)),
                ('directory_read_at', models.DateTimeField(editable=False, null=True)),
                ('rooms_read_at', models.DateTimeField(editable=False, null=True)),
                ('cursor', models.JSONField(editable=False, null=True)),
            ],
            options={
                'verbose_name': 'messenger',
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['in-use', 'suspended', 'retired'])), name='messenger_state_known')],
            },
        ),
        migrations.CreateModel(
            name='Room',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('room_id', models.CharField(max_length=255)),
                ('spec_key', models.CharField(blank=True, max_length=100)),
                ('name', models.CharField(max_length=255)),
                ('owner_user_id', models.CharField(blank=True, max_length=255)),
                ('admin_user_ids', models.JSONField(default=list)),
                ('settings', models.JSONField(default=dict)),
                ('member_count', models.PositiveIntegerField(default=0)),
                ('creator_user_id', models.CharField(blank=True, max_length=255)),
                ('made_at', models.DateTimeField(null=True)),
                ('last_activity_at', models.DateTimeField(null=True)),
                ('first_seen_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField()),
                ('gone_at', models.DateTimeField(null=True)),
                ('stale_at', models.DateTimeField(null=True)),
                ('told_changes', models.JSONField(default=dict)),
                ('said_on', models.DateField(null=True)),
                ('first_said', models.CharField(blank=True, max_length=600)),
                ('channel', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='room', to='channels.channel')),
                ('messenger', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rooms', to='messengers.messenger')),
            ],
            options={
                'verbose_name': 'room',
                'indexes': [models.Index(fields=['messenger', 'name', 'id'], name='room_by_name'), models.Index(condition=models.Q(('stale_at__isnull', False)), fields=['messenger'], name='room_stale')],
                'constraints': [models.UniqueConstraint(fields=('messenger', 'room_id'), name='room_once'), models.UniqueConstraint(condition=models.Q(('spec_key', ''), _negated=True), fields=('messenger', 'spec_key'), name='room_made_once'), models.CheckConstraint(condition=models.Q(('gone_at__isnull', True), ('gone_at__gte', models.F('first_seen_at')), _connector='OR'), name='room_gone_after_seen')],
            },
        ),
        migrations.CreateModel(
            name='RoomIntent',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('spec_key', models.CharField(max_length=100)),
                ('spec', models.JSONField()),
                ('actor', models.JSONField()),
                ('asked_at', models.DateTimeField()),
                ('channel', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='channels.channel')),
                ('messenger', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='room_intents', to='messengers.messenger')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('messenger', 'spec_key'), name='room_intent_once')],
            },
        ),
        migrations.CreateModel(
            name='RoomMember',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('user_id', models.CharField(max_length=255)),
                ('since', models.DateTimeField()),
                ('room', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='messengers.room')),
            ],
            options={
                'indexes': [models.Index(django.db.models.functions.text.Lower('user_id'), name='room_member_by_user')],
                'constraints': [models.UniqueConstraint(models.F('room'), django.db.models.functions.text.Lower('user_id'), name='room_member_once')],
            },
        ),
        migrations.CreateModel(
            name='SetAside',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('room_id', models.CharField(max_length=255)),
                ('external_id', models.CharField(max_length=500)),
                ('sealed', models.BinaryField()),
                ('error', models.CharField(max_length=1000)),
                ('at', models.DateTimeField()),
                ('messenger', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='set_aside', to='messengers.messenger')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('messenger', 'room_id', 'external_id'), name='set_aside_once')],
            },
        ),
        migrations.CreateModel(
            name='MessengerUser',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('user_id', models.CharField(max_length=255)),
                ('name', models.CharField(blank=True, max_length=255)),
                ('matched_by', models.CharField(blank=True, choices=[('staff-no', 'Staff number'), ('mail', 'Mail address'), ('hand', 'By hand')], max_length=10)),
                ('active', models.BooleanField(default=True)),
                ('seen_at', models.DateTimeField()),
                ('messenger', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='users', to='messengers.messenger')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='messenger_users', to='org.person')),
            ],
            options={
                'verbose_name': 'messenger user',
                'indexes': [models.Index(fields=['messenger', 'name', 'id'], name='messenger_user_by_name')],
                'constraints': [models.UniqueConstraint(models.F('messenger'), django.db.models.functions.text.Lower('user_id'), name='messenger_user_once'), models.UniqueConstraint(condition=models.Q(('person__isnull', False)), fields=('messenger', 'person'), name='messenger_person_once'), models.CheckConstraint(condition=models.Q(models.Q(('matched_by', ''), ('person__isnull', True)), models.Q(('person__isnull', False), models.Q(('matched_by', ''), _negated=True)), _connector='OR'), name='messenger_user_matched_somehow')],
            },
        ),
        migrations.CreateModel(
            name='OutsideUser',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('user_id', models.CharField(max_length=255)),
                ('contact', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messenger_users', to='org.contact')),
                ('messenger', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='outside_users', to='messengers.messenger')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('messenger', 'user_id'), name='outside_user_once')],
            },
        ),
        migrations.CreateModel(
            name='Chat',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('room_id', models.CharField(max_length=255)),
                ('user_id', models.CharField(max_length=255)),
                ('last_said', models.CharField(blank=True, max_length=600)),
                ('left_at', models.DateTimeField(null=True)),
                ('unreadable_at', models.DateTimeField(null=True)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='direct_chats', to='channels.channel')),
                ('messenger', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='chats', to='messengers.messenger')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('messenger', 'room_id'), name='chat_once')],
            },
        ),
        migrations.CreateModel(
            name='RefusedCallback',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('reason', models.CharField(max_length=100)),
                ('count', models.PositiveIntegerField(default=1)),
                ('last_at', models.DateTimeField()),
                ('messenger', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refused_callbacks', to='messengers.messenger')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('messenger', 'day', 'reason'), name='refused_callback_once')],
            },
        ),
    ]
