import django.db.models.deletion
import postroad.platform.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('clock', '0002_append_only'),
        ('hotline', '0001_initial'),
        ('org', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='KeyAccount',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('contract_number', models.CharField(blank=True, max_length=80, verbose_name='contract number')),
                ('contract_from', models.DateField(blank=True, null=True, verbose_name='contract valid from')),
                ('contract_until', models.DateField(blank=True, null=True, verbose_name='contract valid until')),
                ('contract_link', models.URLField(blank=True, max_length=500, verbose_name='where the contract is')),
                ('note', models.TextField(blank=True, max_length=2000, verbose_name='what one should know')),
                ('opened_on', models.DateField()),
                ('ended_on', models.DateField(null=True)),
                ('end_reason', models.CharField(blank=True, max_length=300)),
                ('deputy', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deputised_accounts', to='org.person')),
                ('manager', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='managed_accounts', to='org.person')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='org.organisation')),
            ],
            options={
                'verbose_name': 'key account',
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_on__isnull', True)), fields=('organisation',), name='key_account_one_running'), models.CheckConstraint(condition=models.Q(('deputy__isnull', True), models.Q(('deputy', models.F('manager')), _negated=True), _connector='OR'), name='key_account_deputy_is_another'), models.CheckConstraint(condition=models.Q(('contract_from__isnull', True), ('contract_until__isnull', True), ('contract_until__gte', models.F('contract_from')), _connector='OR'), name='key_account_contract_ends_after_start'), models.CheckConstraint(condition=models.Q(('ended_on__isnull', True), ('ended_on__gte', models.F('opened_on')), _connector='OR'), name='key_account_ends_after_start')],
            },
        ),
        migrations.CreateModel(
            name='HandOver',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('cause', models.CharField(choices=[('left', 'The manager leaves'), ('planned', 'The manager changes')], max_length=10)),
                ('words', models.TextField(blank=True, max_length=2000, verbose_name='what the successor should know')),
                ('state', models.CharField(choices=[('open', 'Open'), ('handed-over', 'Handed over'), ('passed', 'Passed on by itself'), ('kept', 'The manager keeps it')], default='open', max_length=12)),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('deadline', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clock.deadline')),
                ('previous', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('proposed', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('successor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hand_overs', to='accounts.keyaccount')),
            ],
            options={
                'verbose_name': 'hand-over',
                'indexes': [models.Index(fields=['account', '-opened_at'], name='key_account_hand_over_latest')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('account',), name='key_account_one_open_hand_over'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='key_account_hand_over_closed_has_time')],
            },
        ),
        migrations.CreateModel(
            name='Rhythm',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('medium', models.CharField(choices=[('messenger', 'Messenger or chat'), ('phone', 'Telephone'), ('mail', 'Mail'), ('meeting', 'Visit or meeting')], max_length=10)),
                ('ended_on', models.DateField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rhythms', to='accounts.keyaccount')),
                ('duty', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='account_rhythm', to='clock.duty')),
                ('escalated', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clock.dutyoccurrence')),
                ('escalated_to', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
            ],
            options={
                'verbose_name': 'contact rhythm',
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_on__isnull', True)), fields=('account', 'medium'), name='key_account_one_rhythm_a_medium'), models.CheckConstraint(condition=models.Q(('medium__in', ['messenger', 'phone', 'mail', 'meeting'])), name='key_account_rhythm_medium_known')],
            },
        ),
        migrations.CreateModel(
            name='Touch',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('medium', models.CharField(choices=[('messenger', 'Messenger or chat'), ('phone', 'Telephone'), ('mail', 'Mail'), ('meeting', 'Visit or meeting')], max_length=10, verbose_name='medium')),
                ('direction', models.CharField(choices=[('in', 'from them'), ('out', 'from us'), ('both', 'together')], max_length=4)),
                ('source', models.CharField(choices=[('message', 'message'), ('call', 'call'), ('entry', 'entered by hand')], max_length=7)),
                ('at', models.DateTimeField(verbose_name='when')),
                ('message_id', models.UUIDField(null=True, unique=True)),
                ('words', models.TextField(blank=True, max_length=2000, verbose_name='what it was about')),
                ('counts', models.BooleanField(default=False)),
                ('undelivered', models.BooleanField(default=False)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='touches', to='accounts.keyaccount')),
                ('call', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='hotline.call')),
                ('contact', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.contact')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
            ],
            options={
                'verbose_name': 'contact',
                'indexes': [models.Index(fields=['account', '-at', '-id'], name='key_account_touch_latest'), models.Index(condition=models.Q(('counts', True)), fields=['account', '-at'], name='key_account_touch_counted')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('call__isnull', True), ('message_id__isnull', False), ('source', 'message')), models.Q(('call__isnull', False), ('message_id__isnull', True), ('source', 'call')), models.Q(('call__isnull', True), ('message_id__isnull', True), ('source', 'entry'), models.Q(('words', ''), _negated=True)), _connector='OR'), name='key_account_touch_has_its_source'), models.CheckConstraint(condition=models.Q(('counts', False), ('person__isnull', False), _connector='OR'), name='key_account_touch_that_counts_has_a_person')],
            },
        ),
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('starts_on', models.DateField(verbose_name='from')),
                ('ends_on', models.DateField(verbose_name='until')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='account_absences', to='org.person')),
            ],
            options={
                'verbose_name': 'absence',
                'indexes': [models.Index(fields=['ends_on'], name='key_account_absence_by_end')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='key_account_absence_period')],
            },
        ),
    ]
