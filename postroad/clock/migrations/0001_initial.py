import datetime
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import postroad.platform.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('org', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Calendar',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('name_en', models.CharField(blank=True, max_length=120)),
                ('key', models.SlugField(max_length=60, unique=True, verbose_name='key')),
            ],
            options={
                'verbose_name': 'calendar',
                'verbose_name_plural': 'calendars',
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='CalendarVersion',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('zone', models.CharField(max_length=60, verbose_name='time zone')),
                ('definition', models.JSONField()),
                ('valid_from', models.DateTimeField(verbose_name='valid from')),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.CharField(max_length=200)),
                ('calendar', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='clock.calendar')),
            ],
            options={
                'verbose_name': 'calendar version',
                'verbose_name_plural': 'calendar versions',
                'constraints': [models.UniqueConstraint(fields=('calendar', 'number'), name='clock_version_number_once'), models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='clock_version_number_from_one')],
            },
        ),
        migrations.CreateModel(
            name='Deadline',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=60)),
                ('subject_type', models.CharField(max_length=60)),
                ('subject_id', models.CharField(max_length=60)),
                ('title', models.CharField(max_length=300)),
                ('url', models.CharField(blank=True, max_length=300)),
                ('amount', models.DurationField()),
                ('started_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('running', 'Running'), ('paused', 'Paused'), ('met', 'Met'), ('missed', 'Missed'), ('cancelled', 'Cancelled')], default='running', max_length=10)),
                ('used', models.DurationField(default=datetime.timedelta)),
                ('counted_from', models.DateTimeField()),
                ('paused_at', models.DateTimeField(null=True)),
                ('missed_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('warnings', models.PositiveSmallIntegerField(default=0)),
                ('ladder', models.JSONField(null=True)),
                ('escalations', models.PositiveSmallIntegerField(default=0)),
                ('round', models.PositiveSmallIntegerField(default=0)),
                ('look_at', models.DateTimeField(null=True)),
                ('calendar_version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deadlines', to='clock.calendarversion')),
                ('responsible', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deadlines', to='org.person')),
            ],
            options={
                'verbose_name': 'promise',
                'verbose_name_plural': 'promises',
                'indexes': [models.Index(condition=models.Q(('look_at__isnull', False)), fields=['look_at'], name='clock_deadline_to_look_at'), models.Index(fields=['subject_type', 'subject_id'], name='clock_deadline_by_subject'), models.Index(condition=models.Q(('finished_at__isnull', True)), fields=['responsible', 'due_at', 'id'], name='clock_deadline_todo_of_person'), models.Index(fields=['kind', 'due_at'], name='clock_deadline_by_kind'), models.Index(condition=models.Q(('finished_at__isnull', False)), fields=['kind', 'finished_at'], name='clock_deadline_by_end')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', datetime.timedelta(0))), name='clock_deadline_amount_positive'), models.CheckConstraint(condition=models.Q(('used__gte', datetime.timedelta(0))), name='clock_deadline_used_not_negative'), models.CheckConstraint(condition=models.Q(('due_at__gte', models.F('started_at'))), name='clock_deadline_due_after_start'), models.CheckConstraint(condition=models.Q(models.Q(('paused_at__isnull', False), ('state', 'paused')), models.Q(models.Q(('state', 'paused'), _negated=True), ('paused_at__isnull', True)), _connector='OR'), name='clock_deadline_paused_has_time'), models.CheckConstraint(condition=models.Q(models.Q(('missed_at__isnull', False), ('state', 'missed')), models.Q(models.Q(('state', 'missed'), _negated=True), ('missed_at__isnull', True)), _connector='OR'), name='clock_deadline_missed_has_time'), models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', False), ('state__in', ['met', 'cancelled'])), models.Q(('finished_at__isnull', True), ('state__in', ['running', 'paused'])), ('state', 'missed'), _connector='OR'), name='clock_deadline_finished_has_time'), models.CheckConstraint(condition=models.Q(models.Q(('look_at__isnull', False), ('state', 'running')), models.Q(('finished_at__isnull', True), ('state', 'missed')), models.Q(models.Q(('state', 'running'), _negated=True), ('look_at__isnull', True)), _connector='OR'), name='clock_deadline_looked_at_while_it_matters')],
            },
        ),
        migrations.CreateModel(
            name='DeadlineEvent',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('what', models.CharField(choices=[('started', 'Started'), ('paused', 'Paused'), ('resumed', 'Resumed'), ('warned', 'Warned'), ('missed', 'Missed'), ('escalated', 'Escalated'), ('met', 'Met'), ('finished-late', 'Done late'), ('cancelled', 'Cancelled'), ('moved', 'Moved'), ('rule-changed', 'Moved to another rule'), ('reassigned', 'Given to somebody else'), ('carried-over', 'Carried over')], max_length=20)),
                ('at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('actor_kind', models.CharField(max_length=20)),
                ('actor_id', models.CharField(max_length=100)),
                ('actor_label', models.CharField(max_length=200)),
                ('facts', models.JSONField(default=dict)),
                ('round', models.PositiveSmallIntegerField(default=0)),
                ('step', models.PositiveSmallIntegerField(default=0)),
                ('deadline', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='clock.deadline')),
            ],
            options={
                'verbose_name': 'promise event',
                'verbose_name_plural': 'promise events',
                'ordering': ['id'],
                'indexes': [models.Index(fields=['deadline', 'id'], name='clock_event_of_deadline')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('what__in', ['started', 'warned', 'missed', 'escalated', 'met', 'finished-late', 'cancelled'])), fields=('deadline', 'what', 'round', 'step'), name='clock_event_once')],
            },
        ),
        migrations.CreateModel(
            name='Duty',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('name_en', models.CharField(blank=True, max_length=120)),
                ('description', models.TextField(blank=True, max_length=2000, verbose_name='what to do')),
                ('frequency', models.CharField(choices=[('daily', 'Every working day'), ('weekly', 'Every week'), ('monthly', 'Every month'), ('quarterly', 'Every quarter'), ('again', 'Some time after the last')], max_length=10, verbose_name='how often')),
                ('day', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(28)], verbose_name='on day')),
                ('every', models.PositiveSmallIntegerField(editable=False, null=True)),
                ('unit', models.CharField(blank=True, choices=[('days', 'days'), ('weeks', 'weeks'), ('months', 'months')], editable=False, max_length=6)),
                ('due_time', models.TimeField(verbose_name='done by')),
                ('starts_on', models.DateField(verbose_name='from')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='until')),
                ('page', models.CharField(blank=True, editable=False, max_length=200)),
                ('calendar', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='clock.calendar', verbose_name='calendar')),
                ('deputy', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deputy_duties', to='org.person', verbose_name='deputy')),
                ('responsible', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='duties', to='org.person', verbose_name='responsible')),
            ],
            options={
                'verbose_name': 'duty',
                'verbose_name_plural': 'duties',
                'ordering': ['name', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('day__range', (1, 28))), name='clock_duty_day_in_range'), models.CheckConstraint(condition=models.Q(models.Q(('frequency', 'weekly'), _negated=True), ('day__lte', 7), _connector='OR'), name='clock_duty_weekday_in_range'), models.CheckConstraint(condition=models.Q(models.Q(('every__gte', 1), ('frequency', 'again'), models.Q(('unit', ''), _negated=True)), models.Q(models.Q(('frequency', 'again'), _negated=True), ('every__isnull', True), ('unit', '')), _connector='OR'), name='clock_duty_again_says_when'), models.CheckConstraint(condition=models.Q(('ends_on__isnull', True), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='clock_duty_ends_after_start'), models.CheckConstraint(condition=models.Q(('deputy__isnull', True), models.Q(('deputy', models.F('responsible')), _negated=True), _connector='OR'), name='clock_duty_deputy_is_another')],
            },
        ),
        migrations.CreateModel(
            name='DutyOccurrence',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('note', models.TextField(blank=True, max_length=2000, verbose_name='note')),
                ('deadline', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='occurrence', to='clock.deadline')),
                ('done_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('duty', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='occurrences', to='clock.duty')),
            ],
            options={
                'verbose_name': 'duty occurrence',
                'verbose_name_plural': 'duty occurrences',
                'indexes': [models.Index(fields=['-day', '-id'], name='clock_occurrence_newest_first')],
                'constraints': [models.UniqueConstraint(fields=('duty', 'day'), name='clock_duty_once_a_day')],
            },
        ),
    ]
