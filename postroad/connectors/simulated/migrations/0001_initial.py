import django.db.models.deletion
import postroad.platform.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Occurrence',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=20)),
                ('room_id', models.CharField(blank=True, max_length=64)),
                ('external_id', models.CharField(blank=True, max_length=64)),
                ('user_id', models.CharField(blank=True, max_length=64)),
                ('user_ids', models.JSONField(default=list)),
                ('text', models.TextField(blank=True)),
                ('reply_to', models.CharField(blank=True, max_length=64)),
                ('at', models.DateTimeField()),
                ('ours', models.BooleanField(default=False)),
                ('redacted_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Place',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60, unique=True)),
                ('down', models.BooleanField(default=False)),
                ('limited_until', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='File',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=255)),
                ('content_type', models.CharField(max_length=120)),
                ('content', models.BinaryField()),
                ('occurrence', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='files', to='simulated.occurrence')),
            ],
        ),
        migrations.AddField(
            model_name='occurrence',
            name='place',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='occurrences', to='simulated.place'),
        ),
        migrations.CreateModel(
            name='Group',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('room_id', models.CharField(max_length=64)),
                ('key', models.CharField(blank=True, max_length=100)),
                ('service_id', models.CharField(blank=True, max_length=64)),
                ('name', models.CharField(max_length=60)),
                ('owner_id', models.CharField(max_length=64)),
                ('admin_ids', models.JSONField(default=list)),
                ('settings', models.JSONField(default=dict)),
                ('creator_id', models.CharField(blank=True, max_length=64)),
                ('made_at', models.DateTimeField()),
                ('last_said_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='groups', to='simulated.place')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('place', 'room_id'), name='simulated_group_once'), models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('place', 'key'), name='simulated_group_made_once')],
            },
        ),
        migrations.CreateModel(
            name='Department',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=60)),
                ('name', models.CharField(max_length=120)),
                ('parent_code', models.CharField(blank=True, max_length=60)),
                ('head_ids', models.JSONField(default=list)),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='departments', to='simulated.place')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('place', 'code'), name='simulated_department_once')],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('user_id', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=120)),
                ('name_en', models.CharField(blank=True, max_length=120)),
                ('staff_no', models.CharField(blank=True, max_length=40)),
                ('mail', models.CharField(blank=True, max_length=254)),
                ('title', models.CharField(blank=True, max_length=120)),
                ('department_codes', models.JSONField(default=list)),
                ('active', models.BooleanField(default=True)),
                ('outside', models.BooleanField(default=False)),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='users', to='simulated.place')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('place', 'user_id'), name='simulated_user_once')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('user_id', models.CharField(max_length=64)),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='simulated.group')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('group', 'user_id'), name='simulated_membership_once')],
            },
        ),
        migrations.AddIndex(
            model_name='occurrence',
            index=models.Index(fields=['place', 'id'], name='simulated_occurrences'),
        ),
        migrations.AddConstraint(
            model_name='occurrence',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'message')), fields=('place', 'room_id', 'external_id'), name='simulated_message_once'),
        ),
    ]
