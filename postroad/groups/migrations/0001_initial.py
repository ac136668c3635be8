import django.core.validators
import django.db.models.deletion
import postroad.org.models
import postroad.platform.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('approvals', '0001_initial'),
        ('channels', '0001_initial'),
        ('clock', '0002_append_only'),
        ('messengers', '0001_initial'),
        ('org', '0001_initial'),
        ('platform', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Answering',
            fields=[
                ('channel', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='channels.channel')),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.department')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
            ],
        ),
        migrations.CreateModel(
            name='ApplyRun',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('started_by', models.CharField(max_length=200)),
                ('state', models.CharField(choices=[('running', 'Under way'), ('held', 'Waits for a click'), ('done', 'Done'), ('partly', 'Partly failed'), ('broken-off', 'Broken off'), ('dropped', 'Dropped')], default='running', max_length=12)),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('planned', models.PositiveIntegerField(default=0)),
                ('done', models.PositiveIntegerField(default=0)),
                ('failed', models.PositiveIntegerField(default=0)),
                ('adding', models.PositiveIntegerField(default=0)),
                ('removing', models.PositiveIntegerField(default=0)),
                ('members', models.PositiveIntegerField(default=0)),
                ('messenger', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='apply_runs', to='messengers.messenger')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
            ],
            options={
                'verbose_name': 'run',
                'indexes': [models.Index(fields=['-started_at', '-id'], name='apply_run_newest_first')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('messenger',), name='apply_run_one_at_a_time'), models.UniqueConstraint(condition=models.Q(('state', 'held')), fields=('messenger',), name='apply_run_one_held')],
            },
        ),
        migrations.CreateModel(
            name='ApplyStep',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('make', 'Make the group'), ('change', 'Change the group')], max_length=10)),
                ('wanted', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('intended', 'Not yet done'), ('done', 'Done'), ('failed', 'Failed'), ('broken-off', 'Broken off')], default='intended', max_length=12)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='apply_steps', to='channels.channel')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='groups.applyrun')),
            ],
            options={
                'verbose_name': 'step',
                'indexes': [models.Index(fields=['channel', '-id'], name='apply_step_by_channel')],
                'constraints': [models.UniqueConstraint(fields=('run', 'position'), name='apply_step_in_order'), models.UniqueConstraint(fields=('run', 'channel'), name='apply_step_once_a_room'), models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('state', 'intended')), models.Q(models.Q(('state', 'intended'), _negated=True), ('finished_at__isnull', False)), _connector='OR'), name='apply_step_finished_has_time')],
            },
        ),
        migrations.CreateModel(
            name='Attestation',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('month', models.DateField()),
                ('at', models.DateTimeField()),
                ('members', models.PositiveIntegerField(verbose_name='members')),
                ('name_holds', models.BooleanField(verbose_name='the name is as registered')),
                ('owner_holds', models.BooleanField(verbose_name='the owner is as registered')),
                ('only_entitled', models.BooleanField(verbose_name='only those are in it who may be')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='what differs')),
                ('screenshot_type', models.CharField(max_length=40)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attestations', to='channels.channel')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('screenshot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.blob')),
            ],
            options={
                'verbose_name': 'confirmation',
                'indexes': [models.Index(fields=['month'], name='attestation_by_month')],
                'constraints': [models.UniqueConstraint(fields=('channel', 'month'), name='attestation_once_a_month')],
            },
        ),
        migrations.CreateModel(
            name='AttestedChannel',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('channel', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='attested', to='channels.channel')),
                ('duty', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clock.duty')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Difference',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('field', models.CharField(choices=[('room', 'Group is missing'), ('closed', 'Group was closed in the messenger'), ('ending', 'Group should end'), ('name', 'Name'), ('owner', 'Owner'), ('missing', 'Member is missing'), ('extra', 'Member must go'), ('stranger', 'Unknown member'), ('admin', 'Group administrator'), ('setting', 'Setting')], max_length=12)),
                ('subject', models.CharField(blank=True, max_length=255)),
                ('declared', models.CharField(blank=True, max_length=255)),
                ('observed', models.CharField(blank=True, max_length=255)),
                ('obstacle', models.CharField(blank=True, choices=[('', ''), ('not-in-directory', 'cannot be invited: not in the directory'), ('owner-not-in-directory', 'the owner is not in the directory'), ('nobody-answers', 'nobody can be its owner'), ('too-long', 'the name is too long for the messenger'), ('full', 'the messenger allows no larger group'), ('not-offered', 'the messenger does not let us change this'), ('by-hand', 'only after somebody looked')], max_length=30)),
                ('since', models.DateTimeField()),
                ('told_by', models.CharField(blank=True, max_length=255)),
                ('by_messenger', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('open', 'Open'), ('exception', 'Exception'), ('closed', 'Closed')], default='open', max_length=10)),
                ('excepted_until', models.DateField(null=True)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('closed_how', models.CharField(blank=True, choices=[('reverted', 'Repaired by Postroad'), ('accepted', 'Accepted as the new approved state'), ('gone', 'Gone by itself')], max_length=10)),
                ('closed_at', models.DateTimeField(null=True)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='differences', to='channels.channel')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
            ],
            options={
                'verbose_name': 'difference',
                'indexes': [models.Index(condition=models.Q(('state', 'closed'), _negated=True), fields=['-since', '-id'], name='difference_open'), models.Index(fields=['channel', 'state'], name='difference_by_channel')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'closed'), _negated=True), fields=('channel', 'field', 'subject'), name='difference_once'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('state', 'closed'), models.Q(('closed_how', ''), _negated=True)), models.Q(models.Q(('state', 'closed'), _negated=True), ('closed_at__isnull', True), ('closed_how', '')), _connector='OR'), name='difference_closed_somehow'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'exception'), _negated=True), ('excepted_until__isnull', False), _connector='OR'), name='difference_exception_has_an_end')],
            },
        ),
        migrations.CreateModel(
            name='GroupTemplate',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('name_en', models.CharField(blank=True, max_length=120)),
                ('key', models.CharField(max_length=30, unique=True, validators=[django.core.validators.RegexValidator('^[a-z0-9]+(?:-[a-z0-9]+)*$', 'Use lower-case letters, digits and single hyphens, for example customer-service.')], verbose_name='short key')),
                ('kind', models.CharField(choices=[('department', 'Department group'), ('project', 'Project group'), ('all-staff', 'All-staff group')], max_length=12, verbose_name='kind')),
                ('pattern', models.CharField(max_length=120, verbose_name='pattern of the name')),
                ('purpose', models.TextField(max_length=1000, verbose_name='purpose')),
                ('confidentiality', models.CharField(choices=[('public', 'Public'), ('internal', 'Internal'), ('confidential', 'Confidential')], max_length=20, verbose_name='confidentiality')),
                ('include_below', models.BooleanField(default=False, verbose_name='with the departments below')),
                ('at_least', models.PositiveSmallIntegerField(default=2, verbose_name='least number of people')),
                ('policy', models.CharField(choices=[('automatic', 'By itself'), ('click', 'After a click')], default='automatic', max_length=12, verbose_name='differences are repaired')),
                ('fix_names', models.BooleanField(default=True, verbose_name='names are repaired by themselves')),
                ('room_settings', models.JSONField(blank=True, default=dict)),
                ('state', models.CharField(choices=[('applied', 'Waiting for approval'), ('in-force', 'In force'), ('ended', 'Ended'), ('refused', 'Not approved')], default='applied', max_length=10)),
                ('messenger', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='group_templates', to='messengers.messenger')),
                ('only', models.ManyToManyField(blank=True, related_name='+', to='org.department')),
            ],
            options={
                'verbose_name': 'group template',
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['applied', 'in-force', 'ended', 'refused'])), name='group_template_state_known'), models.CheckConstraint(condition=models.Q(('kind__in', ['department', 'project', 'all-staff'])), name='group_template_kind_known')],
            },
        ),
        migrations.CreateModel(
            name='HandOver',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('cause', models.CharField(choices=[('left', 'The owner left'), ('moved', 'The owner moved to another department')], max_length=10)),
                ('state', models.CharField(choices=[('open', 'Open'), ('handed-over', 'Handed over'), ('passed', 'Passed on by itself'), ('kept', 'The owner keeps it')], default='open', max_length=12)),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hand_overs', to='channels.channel')),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('deadline', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clock.deadline')),
                ('previous', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('proposed', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('successor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
            ],
            options={
                'verbose_name': 'hand-over',
                'indexes': [models.Index(fields=['-opened_at', '-id'], name='hand_over_newest_first')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('channel',), name='hand_over_one_open'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='hand_over_closed_has_time')],
            },
        ),
        migrations.CreateModel(
            name='Project',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('name_en', models.CharField(blank=True, max_length=120)),
                ('code', models.CharField(max_length=40, unique=True, verbose_name='code')),
                ('starts_on', models.DateField(verbose_name='from')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='until')),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='projects', to='org.department')),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='led_projects', to='org.person')),
            ],
            options={
                'verbose_name': 'project',
                'indexes': [models.Index(fields=['name', 'id'], name='project_by_name')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ended_on__isnull', True), ('ended_on__gte', models.F('starts_on')), _connector='OR'), name='project_ends_after_start')],
            },
        ),
        migrations.CreateModel(
            name='Group',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('generation', models.PositiveSmallIntegerField(default=0)),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('next_try_at', models.DateTimeField(null=True)),
                ('compared_at', models.DateTimeField(null=True)),
                ('channel', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='group', to='channels.channel')),
                ('delegate', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='delegated_groups', to='org.person')),
                ('department', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='groups', to='org.department')),
                ('messenger', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='groups', to='messengers.messenger')),
                ('template', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='groups', to='groups.grouptemplate')),
                ('project', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='groups', to='groups.project')),
            ],
            options={
                'verbose_name': 'group',
                'indexes': [models.Index(fields=['messenger', 'next_try_at'], name='group_to_try_again')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('template__isnull', False)), fields=('template', 'department', 'project'), name='group_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('department__isnull', True), ('project__isnull', True), _connector='OR'), name='group_of_one_thing')],
            },
        ),
        migrations.CreateModel(
            name='ProjectMember',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('starts_on', models.DateField(verbose_name='from')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='until')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='project_memberships', to='org.person')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='groups.project')),
            ],
            options={
                'verbose_name': 'project member',
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__isnull', True), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='project_member_ends_after_start'), models.UniqueConstraint(condition=models.Q(('ends_on__isnull', True)), fields=('project', 'person'), name='project_member_once_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='StrayQuestion',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('asked_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('asked', 'Asked'), ('registered', 'Registration applied for'), ('may-close', 'May be closed'), ('withdrawn', 'Withdrawn')], default='asked', max_length=12)),
                ('answered_at', models.DateTimeField(null=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('deadline', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clock.deadline')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('room', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='questions', to='messengers.room')),
            ],
            options={
                'verbose_name': 'question about a stray group',
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('room',), name='stray_question_one_open')],
            },
        ),
        migrations.CreateModel(
            name='Amendment',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('field', models.CharField(choices=[('room', 'Group is missing'), ('closed', 'Group was closed in the messenger'), ('ending', 'Group should end'), ('name', 'Name'), ('owner', 'Owner'), ('missing', 'Member is missing'), ('extra', 'Member must go'), ('stranger', 'Unknown member'), ('admin', 'Group administrator'), ('setting', 'Setting')], max_length=12)),
                ('subject', models.CharField(blank=True, max_length=255)),
                ('value', models.CharField(blank=True, max_length=255)),
                ('starts_on', models.DateField(default=postroad.org.models.today)),
                ('ended_on', models.DateField(null=True)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='amendments', to='channels.channel')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='approvals.request')),
            ],
            options={
                'verbose_name': 'approved departure',
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_on__isnull', True)), fields=('channel', 'field', 'subject'), name='amendment_once')],
            },
        ),
    ]
