import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import postroad.platform.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('messengers', '0001_initial'),
        ('org', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Source',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=40, unique=True, validators=[django.core.validators.RegexValidator('^[a-z0-9]+(?:-[a-z0-9]+)*$', 'Use lower-case letters, digits and single hyphens, for example customer-service.')], verbose_name='short key')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('connector', models.CharField(max_length=40, verbose_name='connector')),
                ('connector_settings', models.JSONField(blank=True, default=dict)),
                ('sealed_secrets', models.BinaryField(null=True)),
                ('state', models.CharField(choices=[('in-use', 'In use'), ('suspended', 'Suspended'), ('retired', 'Retired')], default='in-use', max_length=12, verbose_name='state')),
                ('every_minutes', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(10080)], verbose_name='read every (minutes)')),
                ('takes_departments', models.BooleanField(default=True)),
                ('adopts', models.BooleanField(default=False)),
                ('takes_user_id', models.BooleanField(default=False)),
                ('next_run_at', models.DateTimeField(editable=False, null=True)),
                ('guarded_since', models.DateTimeField(editable=False, null=True)),
                ('healthy', models.BooleanField(editable=False, null=True)),
                ('health_detail', models.CharField(blank=True, editable=False, max_length=1000)),
                ('health_changed_at', models.DateTimeField(editable=False, null=True)),
                ('below', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.department')),
                ('messenger', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='messengers.messenger')),
            ],
            options={
                'verbose_name': 'directory source',
                'indexes': [models.Index(condition=models.Q(('state', 'in-use')), fields=['next_run_at'], name='directory_source_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['in-use', 'suspended', 'retired'])), name='directory_source_state_known')],
            },
        ),
        migrations.CreateModel(
            name='ScimToken',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('digest', models.BinaryField(unique=True)),
                ('note', models.CharField(blank=True, max_length=120, verbose_name='note')),
                ('expires_at', models.DateTimeField()),
                ('last_used_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to='directory.source')),
            ],
            options={
                'verbose_name': 'token',
            },
        ),
        migrations.CreateModel(
            name='Conflict',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('name-differs', 'Same staff number, another name'), ('mail-taken', 'Somebody else here has this mail address'), ('twice', 'Two entries with one staff number or mail address'), ('owned-by-hand', 'Entered by hand here'), ('owned-elsewhere', 'Another source answers for this person'), ('returned', 'Somebody who left is back'), ('no-staff-no', 'No staff number'), ('staff-no-taken', 'The new staff number belongs to somebody else'), ('bad-value', 'A value that cannot be taken'), ('unknown-parent', 'The department stands below one that is not there'), ('cycle', 'The departments stand below each other in a circle'), ('department-exists', 'A department of this name is here already'), ('head-differs', 'Another head of the department is proposed')], max_length=20)),
                ('external_id', models.CharField(max_length=255)),
                ('other_id', models.CharField(blank=True, max_length=255)),
                ('fields', models.JSONField(default=list)),
                ('sealed_theirs', models.BinaryField(null=True)),
                ('sealed_other', models.BinaryField(null=True)),
                ('entry_digest', models.BinaryField()),
                ('choice', models.CharField(blank=True, choices=[('take', 'Take theirs'), ('keep', 'Keep ours'), ('same', 'They are the same'), ('ignore', 'Ignore until it changes')], max_length=10)),
                ('chosen_at', models.DateTimeField(null=True)),
                ('chosen_reason', models.CharField(blank=True, max_length=500)),
                ('gone_at', models.DateTimeField(null=True)),
                ('chosen_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.department')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='conflicts', to='directory.source')),
            ],
            options={
                'verbose_name': 'conflict with a directory',
                'indexes': [models.Index(condition=models.Q(('choice', ''), ('gone_at', None)), fields=['source', 'kind', 'id'], name='directory_conflict_open')],
                'constraints': [models.UniqueConstraint(models.F('source'), models.F('kind'), django.db.models.functions.text.Lower('external_id'), name='directory_conflict_once'), models.CheckConstraint(condition=models.Q(models.Q(('choice', ''), ('chosen_by__isnull', True)), models.Q(models.Q(('choice', ''), _negated=True), ('chosen_by__isnull', False)), _connector='OR'), name='directory_choice_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='SourceDepartment',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('external_id', models.CharField(max_length=255)),
                ('name', models.CharField(max_length=255)),
                ('gone_at', models.DateTimeField(null=True)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('pushed_id', models.CharField(blank=True, max_length=255)),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='directory_entries', to='org.department')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='departments', to='directory.source')),
            ],
            options={
                'verbose_name': 'department of a source',
                'constraints': [models.UniqueConstraint(models.F('source'), django.db.models.functions.text.Lower('external_id'), name='directory_department_once'), models.UniqueConstraint(condition=models.Q(('department__isnull', False), ('gone_at__isnull', True)), fields=('source', 'department'), name='directory_department_is_one_entry')],
            },
        ),
        migrations.CreateModel(
            name='SourcePerson',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('external_id', models.CharField(max_length=255)),
                ('owns', models.BooleanField(default=False)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ending_since', models.DateTimeField(null=True)),
                ('gone_at', models.DateTimeField(null=True)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('sealed_resource', models.BinaryField(null=True)),
                ('login_digest', models.BinaryField(null=True)),
                ('pushed_digest', models.BinaryField(null=True)),
                ('department_ids', models.JSONField(default=list)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='directory_entries', to='org.person')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='people', to='directory.source')),
            ],
            options={
                'verbose_name': 'person of a source',
                'indexes': [models.Index(fields=['source', 'ended_at'], name='directory_person_ended'), models.Index(fields=['person'], name='directory_person_of')],
                'constraints': [models.UniqueConstraint(models.F('source'), django.db.models.functions.text.Lower('external_id'), name='directory_person_once'), models.UniqueConstraint(condition=models.Q(('owns', True)), fields=('person',), name='directory_one_authority'), models.UniqueConstraint(condition=models.Q(('gone_at__isnull', True)), fields=('source', 'login_digest'), name='directory_login_once'), models.CheckConstraint(condition=models.Q(('owns', False), ('person__isnull', False), _connector='OR'), name='directory_owner_has_person')],
            },
        ),
        migrations.CreateModel(
            name='SyncRun',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('reading', 'Being read'), ('read', 'Being compared'), ('held', 'Held: needs a decision'), ('looked', 'Looked at, nothing changed'), ('applied', 'Applied'), ('failed', 'Failed'), ('discarded', 'Discarded'), ('replaced', 'Replaced by a newer reading')], default='reading', max_length=12)),
                ('hold', models.CharField(blank=True, choices=[('too-many', 'It would end too many people'), ('empty', 'The source showed nobody'), ('incomplete', 'The source did not show everybody'), ('first', 'It is the first reading: look before it is applied')], max_length=12)),
                ('trial', models.BooleanField(default=False)),
                ('sealed_reading', models.BinaryField(null=True)),
                ('planned', models.JSONField(default=dict)),
                ('approved_reason', models.CharField(blank=True, max_length=500)),
                ('detail', models.CharField(blank=True, max_length=1000)),
                ('finished_at', models.DateTimeField(null=True)),
                ('people_read', models.PositiveIntegerField(default=0)),
                ('departments_read', models.PositiveIntegerField(default=0)),
                ('people_new', models.PositiveIntegerField(default=0)),
                ('people_changed', models.PositiveIntegerField(default=0)),
                ('people_unchanged', models.PositiveIntegerField(default=0)),
                ('people_ended', models.PositiveIntegerField(default=0)),
                ('departments_new', models.PositiveIntegerField(default=0)),
                ('departments_changed', models.PositiveIntegerField(default=0)),
                ('conflicts_open', models.PositiveIntegerField(default=0)),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='directory.source')),
                ('started_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
            ],
            options={
                'verbose_name': 'reading of a directory',
                'indexes': [models.Index(fields=['source', '-id'], name='directory_run_newest_first')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'held'), _negated=True), models.Q(('hold', ''), _negated=True), _connector='OR'), name='directory_held_for_a_reason'), models.UniqueConstraint(condition=models.Q(('state', 'held')), fields=('source',), name='directory_one_held_run')],
            },
        ),
    ]
