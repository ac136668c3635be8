import datetime
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
import postroad.platform.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('channels', '0001_initial'),
        ('clock', '0002_append_only'),
        ('conversations', '0002_partitions'),
        ('livechat', '0001_initial'),
        ('org', '0001_initial'),
        ('platform', '0002_cache'),
    ]

    operations = [
        migrations.CreateModel(
            name='AgentPresence',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('seen_at', models.DateTimeField()),
                ('away', models.BooleanField(default=False)),
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='agent_presence', to='org.person')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CannedAnswer',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=80, unique=True, verbose_name='title')),
                ('text', models.TextField(help_text="{name} stands for the customer's name, {agent} for one's own, {number} for the case's number.", max_length=4000, verbose_name='text')),
                ('channel', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='canned_answers', to='channels.channel', verbose_name='only on this channel')),
            ],
            options={
                'verbose_name': 'canned answer',
            },
        ),
        migrations.CreateModel(
            name='Case',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.BigIntegerField(editable=False, unique=True, verbose_name='number')),
                ('subject', models.CharField(blank=True, max_length=500, verbose_name='subject')),
                ('state', models.CharField(choices=[('new', 'New'), ('open', 'Open'), ('waiting', 'Waiting for the customer'), ('solved', 'Solved'), ('closed', 'Closed')], default='new', max_length=10, verbose_name='state')),
                ('priority', models.CharField(choices=[('low', 'Low'), ('normal', 'Normal'), ('high', 'High'), ('urgent', 'Urgent')], default='normal', max_length=10, verbose_name='priority')),
                ('automatic', models.BooleanField(default=False)),
                ('undelivered', models.BooleanField(default=False)),
                ('next_due_at', models.DateTimeField(default=datetime.datetime(9000, 1, 1, 0, 0, tzinfo=datetime.timezone.utc))),
                ('opened_at', models.DateTimeField(verbose_name='opened')),
                ('last_message_at', models.DateTimeField(verbose_name='last message')),
                ('first_replied_at', models.DateTimeField(blank=True, null=True)),
                ('reopened_at', models.DateTimeField(blank=True, null=True)),
                ('solved_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('closed_reason', models.CharField(blank=True, choices=[('done', 'no answer needed'), ('quiet', 'solved, and quiet since'), ('spam', 'spam'), ('merged', 'merged into another case')], max_length=10)),
                ('tag_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), blank=True, db_default=[], default=list, size=None)),
                ('field_values', models.JSONField(blank=True, db_default={}, default=dict)),
                ('search', django.contrib.postgres.search.SearchVectorField(editable=False, null=True)),
                ('assignee', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='org.person', verbose_name='assignee')),
                ('channel', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='channels.channel', verbose_name='channel')),
                ('contact', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='org.contact', verbose_name='contact')),
                ('follow_up_of', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='follow_ups', to='desk.case')),
                ('merged_into', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged_cases', to='desk.case')),
                ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='org.organisation', verbose_name='organisation')),
            ],
            options={
                'verbose_name': 'case',
                'verbose_name_plural': 'cases',
                'indexes': [models.Index(fields=['next_due_at', '-id'], name='desk_case_by_due'), models.Index(fields=['opened_at', 'id'], name='desk_case_by_opened'), models.Index(condition=models.Q(('first_replied_at__isnull', False)), fields=['first_replied_at'], name='desk_case_by_first_reply'), models.Index(condition=models.Q(('state__in', ('new', 'open', 'waiting'))), fields=['channel', 'next_due_at', '-id'], name='desk_case_channel_due'), models.Index(condition=models.Q(('state__in', ('new', 'open', 'waiting'))), fields=['assignee', 'next_due_at', '-id'], name='desk_case_assignee_due'), models.Index(condition=models.Q(('state__in', ('new', 'open', 'waiting'))), fields=['next_due_at', '-id'], name='desk_case_active_due'), models.Index(condition=models.Q(('assignee__isnull', True), ('state__in', ('new', 'open'))), fields=['next_due_at', '-id'], name='desk_case_unassigned_due'), models.Index(condition=models.Q(('state', 'waiting')), fields=['next_due_at', '-id'], name='desk_case_waiting_due'), models.Index(condition=models.Q(('automatic', True), ('state__in', ('new', 'open', 'waiting'))), fields=['next_due_at', '-id'], name='desk_case_automatic_due'), models.Index(condition=models.Q(('state__in', ('new', 'open', 'waiting')), ('undelivered', True)), fields=['next_due_at', '-id'], name='desk_case_undelivered_due'), models.Index(condition=models.Q(('state', 'solved')), fields=['-solved_at', '-id'], name='desk_case_solved'), models.Index(fields=['contact', '-opened_at'], name='desk_case_of_contact'), models.Index(condition=models.Q(('merged_into__isnull', False)), fields=['merged_into'], name='desk_case_merged'), models.Index(condition=models.Q(('follow_up_of__isnull', False)), fields=['follow_up_of'], name='desk_case_follow_up'), django.contrib.postgres.indexes.GinIndex(fields=['search'], name='desk_case_search'), django.contrib.postgres.indexes.GinIndex(condition=models.Q(('tag_ids', []), _negated=True), fastupdate=False, fields=['tag_ids'], name='desk_case_tags'), django.contrib.postgres.indexes.GinIndex(condition=models.Q(('field_values', {}), _negated=True), fastupdate=False, fields=['field_values'], name='desk_case_fields')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['new', 'open', 'waiting', 'solved', 'closed'])), name='desk_case_state_known'), models.CheckConstraint(condition=models.Q(('priority__in', ['low', 'normal', 'high', 'urgent'])), name='desk_case_priority_known'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('closed_reason__in', ['done', 'quiet', 'spam', 'merged']), ('state', 'closed')), models.Q(models.Q(('state', 'closed'), _negated=True), ('closed_at__isnull', True), ('closed_reason', '')), _connector='OR'), name='desk_case_closed_has_moment_and_reason'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'solved'), _negated=True), ('solved_at__isnull', False), _connector='OR'), name='desk_case_solved_has_moment'), models.CheckConstraint(condition=models.Q(('merged_into__isnull', True), models.Q(('closed_reason', 'merged'), ('state', 'closed')), _connector='OR'), name='desk_case_merged_is_closed'), models.CheckConstraint(condition=models.Q(('merged_into', models.F('id')), _negated=True), name='desk_case_not_merged_into_itself')],
            },
        ),
        migrations.CreateModel(
            name='AwayReply',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('sent_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='channels.channel')),
                ('contact', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='org.contact')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='desk.case')),
            ],
            options={
                'indexes': [models.Index(fields=['channel', 'contact', '-sent_at'], name='desk_away_told_lately')],
            },
        ),
        migrations.CreateModel(
            name='Acknowledgement',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('sent_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='channels.channel')),
                ('contact', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='org.contact')),
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='acknowledgement', to='desk.case')),
            ],
            options={
                'indexes': [models.Index(fields=['channel', 'contact', '-sent_at'], name='desk_acknowledged_lately')],
            },
        ),
        migrations.CreateModel(
            name='CaseConversation',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('first_message_id', models.UUIDField()),
                ('until_message_id', models.UUIDField(blank=True, null=True)),
                ('aside', models.BooleanField(default=False)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='desk.case')),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='case_links', to='conversations.conversation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('until_message_id__isnull', True)), fields=('conversation',), name='desk_conversation_in_one_case'), models.CheckConstraint(condition=models.Q(('until_message_id__isnull', True), ('until_message_id__gt', models.F('first_message_id')), _connector='OR'), name='desk_link_ends_after_start')],
            },
        ),
        migrations.CreateModel(
            name='CaseLink',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('related', 'is related to'), ('duplicate', 'is a duplicate of'), ('blocked', 'is blocked by'), ('part', 'is part of'), ('split', 'was split off from')], max_length=10)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='linked_to', to='desk.case')),
                ('other', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='linked_from', to='desk.case')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('case', 'other', 'kind'), name='desk_case_link_once'), models.CheckConstraint(condition=models.Q(('case', models.F('other')), _negated=True), name='desk_case_link_to_another'), models.CheckConstraint(condition=models.Q(('kind__in', ['related', 'duplicate', 'blocked', 'part', 'split'])), name='desk_case_link_known')],
            },
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('purpose', models.CharField(max_length=200, verbose_name='what they agreed to')),
                ('source', models.CharField(choices=[('phone', 'on the telephone'), ('mail', 'in a mail'), ('paper', 'on paper'), ('talk', 'face to face')], default='phone', max_length=10, verbose_name='where they said so')),
                ('given_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('contact', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='consents', to='org.contact')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
                ('withdrawn_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
            ],
            options={
                'verbose_name': 'consent',
                'constraints': [models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('contact', 'purpose'), name='desk_consent_once_at_a_time'), models.CheckConstraint(condition=models.Q(('withdrawn_at__isnull', True), ('withdrawn_at__gte', models.F('given_at')), _connector='OR'), name='desk_consent_withdrawn_after_given')],
            },
        ),
        migrations.CreateModel(
            name='Cover',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('open_cases', models.CharField(choices=[('team', "go back into the team's queue"), ('deputy', 'go to the deputy'), ('keep', 'stay with them')], default='team', max_length=10, verbose_name='cases in hand')),
                ('absence', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='cover', to='accounts.absence')),
                ('deputy', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person', verbose_name='deputy')),
            ],
            options={
                'verbose_name': 'cover',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('open_cases', 'deputy'), _negated=True), ('deputy__isnull', False), _connector='OR'), name='desk_cover_has_its_deputy')],
            },
        ),
        migrations.CreateModel(
            name='CustomField',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField(editable=False, unique=True)),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('kind', models.CharField(choices=[('text', 'Text'), ('number', 'Number'), ('date', 'Date'), ('choice', 'One of a list'), ('yes-no', 'Yes or no')], default='text', max_length=10, verbose_name='kind')),
                ('choices', models.JSONField(blank=True, default=list, verbose_name='choices')),
                ('help_text', models.CharField(blank=True, max_length=200, verbose_name='explanation')),
                ('required_to_solve', models.BooleanField(default=False, verbose_name='must be filled in before a case is solved')),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('channel', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='custom_fields', to='channels.channel', verbose_name='only on this channel')),
            ],
            options={
                'verbose_name': 'custom field',
                'ordering': ['number'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), condition=models.Q(('retired_at__isnull', True)), name='desk_field_once', violation_error_message='There is a field of this name already.'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'choice'), _negated=True), models.Q(('choices', []), _negated=True), _connector='OR'), name='desk_field_choice_has_choices')],
            },
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('reply', 'Reply'), ('aside', 'To somebody else')], default='reply', max_length=5)),
                ('key', models.UUIDField(default=postroad.platform.ids.new_id, unique=True)),
                ('sender', models.CharField(blank=True, max_length=254)),
                ('to', models.TextField(blank=True)),
                ('cc', models.TextField(blank=True)),
                ('bcc', models.TextField(blank=True)),
                ('subject', models.CharField(blank=True, max_length=500)),
                ('text', models.TextField(blank=True)),
                ('signed', models.BooleanField(default=True)),
                ('about', models.UUIDField(blank=True, null=True)),
                ('after', models.CharField(blank=True, max_length=10)),
                ('written_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('send_at', models.DateTimeField(blank=True, null=True)),
                ('told_at', models.DateTimeField(blank=True, null=True)),
                ('scheduled', models.BooleanField(default=False)),
                ('held_back', models.CharField(blank=True, choices=[('customer-wrote', 'The customer wrote again before it was sent.'), ('case-ended', 'The case was ended before it was sent.'), ('writer-gone', 'Who wrote it does not answer cases any more.'), ('refused', 'It could not be sent as it stands.')], max_length=20)),
                ('refusal', models.CharField(blank=True, max_length=500)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='drafts', to='desk.case')),
                ('conversation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='conversations.conversation')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='case_drafts', to='org.person')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('held_back', ''), ('send_at__isnull', False)), fields=['send_at'], name='desk_draft_to_send'), models.Index(condition=models.Q(('held_back', ''), _negated=True), fields=['person'], name='desk_draft_held_back')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('kind', 'reply'), ('send_at__isnull', True)), fields=('case', 'person'), name='desk_draft_once'), models.UniqueConstraint(condition=models.Q(('kind', 'aside'), ('send_at__isnull', True)), fields=('case', 'person', 'about'), name='desk_draft_aside_once'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'aside'), _negated=True), ('about__isnull', False), _connector='OR'), name='desk_draft_aside_about'), models.CheckConstraint(condition=models.Q(models.Q(('held_back', ''), ('scheduled', False), ('send_at__isnull', True), ('told_at__isnull', True)), models.Q(('send_at__isnull', False), ('told_at__isnull', False)), _connector='OR'), name='desk_draft_waits_since')],
            },
        ),
        migrations.CreateModel(
            name='DraftAttachment',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=255)),
                ('content_type', models.CharField(max_length=127)),
                ('blob', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.blob')),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='desk.draft')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Escalation',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('tells', models.CharField(choices=[('assignee', 'who works on the case'), ('team-lead', 'the team lead'), ('head', 'the head of the department'), ('supervisor', 'the supervising leader')], max_length=20)),
                ('late', models.BooleanField()),
                ('told_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('mailed_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='escalations', to='desk.case')),
                ('deadline', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clock.deadline')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='org.person')),
            ],
            options={
                'ordering': ('told_at', 'id'),
                'indexes': [models.Index(fields=['person', '-told_at'], name='desk_escalation_to_person'), models.Index(condition=models.Q(('mailed_at__isnull', True)), fields=['told_at'], name='desk_escalation_to_mail')],
            },
        ),
        migrations.CreateModel(
            name='Ladder',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('rungs', models.JSONField(default=list)),
                ('channel', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='ladder', to='channels.channel')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('channel',), name='desk_ladder_once_a_channel', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='Macro',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                ('steps', models.JSONField(default=list, verbose_name='steps')),
                ('channel', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='macros', to='channels.channel', verbose_name='only on this channel')),
            ],
            options={
                'verbose_name': 'macro',
                'ordering': ['name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('steps', []), _negated=True), name='desk_macro_does_something')],
            },
        ),
        migrations.CreateModel(
            name='MailRules',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('undo_seconds', models.PositiveSmallIntegerField(default=10, help_text='0 sends at once.', validators=[django.core.validators.MaxValueValidator(120)], verbose_name='seconds in which a reply can be taken back')),
                ('away_reply', models.BooleanField(default=False, verbose_name='tell who writes outside working hours when we are back')),
                ('away_text', models.TextField(blank=True, help_text="{opens} stands for when we are back, {number} for the case's number, {subject} for its subject. At most once per sender and day; robots and mailing lists get none.", max_length=4000, verbose_name='what they are told, in Chinese')),
                ('away_text_en', models.TextField(blank=True, max_length=4000, verbose_name='what they are told, in English')),
                ('channel', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='mail_rules', to='channels.channel')),
            ],
            options={
                'verbose_name': 'mail rules',
                'constraints': [models.CheckConstraint(condition=models.Q(('away_reply', False), models.Q(('away_text', ''), _negated=True), models.Q(('away_text_en', ''), _negated=True), _connector='OR'), name='desk_away_reply_says_something')],
            },
        ),
        migrations.CreateModel(
            name='Note',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('text', models.TextField(max_length=10000, verbose_name='internal note')),
                ('written_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='case_notes', to='org.person')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='desk.case')),
            ],
            options={
                'verbose_name': 'internal note',
                'indexes': [models.Index(fields=['case', 'written_at'], name='desk_note_of_case')],
            },
        ),
        migrations.CreateModel(
            name='Mention',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('seen_at', models.DateTimeField(blank=True, null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='case_mentions', to='org.person')),
                ('note', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mentions', to='desk.note')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('seen_at__isnull', True)), fields=['person'], name='desk_mention_unseen')],
                'constraints': [models.UniqueConstraint(fields=('note', 'person'), name='desk_mention_once')],
            },
        ),
        migrations.CreateModel(
            name='Presence',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('seen_at', models.DateTimeField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='presences', to='desk.case')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='case_presences', to='org.person')),
            ],
            options={
                'indexes': [models.Index(fields=['seen_at'], name='desk_presence_by_time')],
                'constraints': [models.UniqueConstraint(fields=('case', 'person'), name='desk_presence_once')],
            },
        ),
        migrations.CreateModel(
            name='Queue',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('routing', models.JSONField(blank=True, default=list)),
                ('acknowledge', models.BooleanField(default=False, verbose_name='acknowledge new cases by mail')),
                ('acknowledgement', models.TextField(blank=True, help_text="{number} stands for the case's number, {subject} for its subject.", max_length=4000, verbose_name='text of the acknowledgement')),
                ('waiting_notice', models.TextField(blank=True, help_text='Stands below a reply after which we wait. Empty: nothing is said.', max_length=2000, verbose_name='what the customer is told when we wait for them')),
                ('close_after_days', models.PositiveSmallIntegerField(default=14, help_text='An answer to a solved case reopens it; one to a closed case opens a follow-up.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)], verbose_name='days until a solved case is closed')),
                ('channel', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='queue', to='channels.channel')),
            ],
            options={
                'verbose_name': 'queue',
                'constraints': [models.CheckConstraint(condition=models.Q(('acknowledge', False), models.Q(('acknowledgement', ''), _negated=True), _connector='OR'), name='desk_queue_says_what_it_acknowledges')],
            },
        ),
        migrations.CreateModel(
            name='Rating',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('way', models.CharField(choices=[('mail', 'by mail'), ('chat', 'in the chat')], max_length=4)),
                ('language', models.CharField(max_length=10)),
                ('message_id', models.UUIDField(blank=True, null=True)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField()),
                ('score', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('words', models.TextField(blank=True, max_length=2000)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('followed_up_at', models.DateTimeField(blank=True, null=True)),
                ('follow_up_note', models.TextField(blank=True, max_length=2000)),
                ('agent', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ratings', to='org.person')),
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='rating', to='desk.case')),
                ('channel', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='ratings', to='channels.channel')),
                ('contact', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='ratings', to='org.contact')),
                ('followed_up_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
            ],
            options={
                'verbose_name': 'rating',
                'indexes': [models.Index(fields=['contact', '-asked_at'], name='desk_rating_lately'), models.Index(fields=['channel', 'answered_at'], name='desk_rating_of_channel'), models.Index(fields=['agent', 'answered_at'], name='desk_rating_of_agent'), models.Index(condition=models.Q(('score__isnull', False)), fields=['answered_at'], name='desk_rating_by_time'), models.Index(condition=models.Q(('message_id__isnull', False)), fields=['message_id'], name='desk_rating_mail')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', True), ('score__isnull', True)), models.Q(('answered_at__isnull', False), ('score__range', (1, 5))), _connector='OR'), name='desk_rating_score_from_one_to_five')],
            },
        ),
        migrations.CreateModel(
            name='RatingRules',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('enabled', models.BooleanField(default=False, verbose_name='ask how satisfied the customer was')),
                ('since', models.DateTimeField(blank=True, null=True)),
                ('delay_minutes', models.PositiveIntegerField(default=1440, help_text='1440 minutes are a day. In a live chat the question appears in the chat itself; 0 asks at once.', validators=[django.core.validators.MaxValueValidator(43200)], verbose_name='minutes a case must have been solved and quiet')),
                ('every_days', models.PositiveSmallIntegerField(default=30, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)], verbose_name='days before the same person is asked again')),
                ('expires_days', models.PositiveSmallIntegerField(default=14, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(90)], verbose_name='days in which they can answer')),
                ('question', models.CharField(blank=True, max_length=200, verbose_name='question in Chinese')),
                ('question_en', models.CharField(blank=True, max_length=200, verbose_name='question in English')),
                ('channel', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='rating_rules', to='channels.channel')),
            ],
            options={
                'verbose_name': 'satisfaction question',
                'constraints': [models.CheckConstraint(condition=models.Q(('enabled', False), ('since__isnull', False), _connector='OR'), name='desk_ratings_enabled_since')],
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('shared', models.BooleanField(default=False, verbose_name='show it to everybody at the desk')),
                ('query', models.JSONField(default=dict)),
                ('columns', models.JSONField(default=list, verbose_name='columns')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='case_views', to='org.person')),
            ],
            options={
                'verbose_name': 'saved view',
                'ordering': ['name', 'id'],
                'constraints': [models.UniqueConstraint(fields=('owner', 'name'), name='desk_view_once', violation_error_message='You have a view of this name already.')],
            },
        ),
        migrations.CreateModel(
            name='SenderAddress',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('address', models.EmailField(max_length=254, verbose_name='address')),
                ('name', models.CharField(blank=True, max_length=120, verbose_name='name shown to the customer')),
                ('answers_here', models.BooleanField(default=True, verbose_name="mail to it arrives in this channel's mailbox")),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sender_addresses', to='channels.channel')),
            ],
            options={
                'verbose_name': 'sender address',
                'ordering': ('address',),
                'constraints': [models.UniqueConstraint(models.F('channel'), django.db.models.functions.text.Lower('address'), name='desk_sender_address_once')],
            },
        ),
        migrations.CreateModel(
            name='SentDraft',
            fields=[
                ('key', models.UUIDField(primary_key=True, serialize=False)),
                ('sent_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='desk.case')),
            ],
            options={
                'indexes': [models.Index(fields=['sent_at'], name='desk_sent_draft_by_time')],
            },
        ),
        migrations.CreateModel(
            name='Signature',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('text', models.TextField(blank=True, max_length=2000, verbose_name='signature in Chinese')),
                ('text_en', models.TextField(blank=True, max_length=2000, verbose_name='signature in English')),
                ('html', models.TextField(blank=True, max_length=10000, verbose_name='formatted signature in Chinese (HTML)')),
                ('html_en', models.TextField(blank=True, max_length=10000, verbose_name='formatted signature in English (HTML)')),
                ('channel', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='signatures', to='channels.channel', verbose_name='only on this channel')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='signatures', to='org.person')),
            ],
            options={
                'verbose_name': 'signature',
                'constraints': [models.UniqueConstraint(fields=('person', 'channel'), name='desk_signature_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('person__isnull', False), ('channel__isnull', False), _connector='OR'), name='desk_signature_is_somebodys')],
            },
        ),
        migrations.CreateModel(
            name='Skill',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('name_en', models.CharField(blank=True, max_length=120)),
                ('words', models.TextField(blank=True, help_text='One on each line.', max_length=2000, verbose_name='taken by cases that hold one of these words')),
                ('language', models.CharField(blank=True, choices=[('zh', 'Chinese'), ('en', 'English'), ('other', 'another language')], max_length=10, verbose_name='taken by cases written in')),
                ('channels', models.ManyToManyField(blank=True, related_name='+', to='channels.channel', verbose_name='taken by every case on')),
                ('people', models.ManyToManyField(blank=True, related_name='+', to='org.person', verbose_name='who has it')),
            ],
            options={
                'verbose_name': 'skill',
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Spell',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('began_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(blank=True, max_length=10)),
                ('reopened_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='spells', to='desk.case')),
                ('person', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='org.person')),
            ],
            options={
                'indexes': [models.Index(fields=['began_at'], name='desk_spell_by_start'), models.Index(condition=models.Q(('ended_at__isnull', False)), fields=['ended_at'], name='desk_spell_by_end'), django.contrib.postgres.indexes.GistIndex(models.Func('began_at', 'ended_at', models.Value('[]'), function='tstzrange'), name='desk_spell_open_at')],
                'constraints': [models.UniqueConstraint(fields=('case', 'number'), name='desk_spell_number_once'), models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('case',), name='desk_spell_one_open'), models.CheckConstraint(condition=models.Q(('ended_at__isnull', True), ('ended_at__gte', models.F('began_at')), _connector='OR'), name='desk_spell_ends_after_start'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('outcome', '')), models.Q(('ended_at__isnull', False), models.Q(('outcome', ''), _negated=True)), _connector='OR'), name='desk_spell_ended_with_outcome')],
            },
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=40, verbose_name='name')),
                ('colour', models.CharField(choices=[('grey', 'Grey'), ('blue', 'Blue'), ('green', 'Green'), ('yellow', 'Yellow'), ('red', 'Red'), ('purple', 'Purple')], default='grey', max_length=10, verbose_name='colour')),
            ],
            options={
                'verbose_name': 'tag',
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='desk_tag_once', violation_error_message='There is a tag of this name already.'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='desk_tag_has_name')],
            },
        ),
        migrations.CreateModel(
            name='Turn',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.BigIntegerField()),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='channels.channel')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='org.person')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('channel', 'person'), name='desk_turn_once')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='case',
            trigger=pgtrigger.compiler.Trigger(name='keep_spells', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE is_over boolean; was_over boolean; back_at timestamptz;', func="\n        is_over := NEW.state IN ('solved', 'closed');\n        IF TG_OP = 'INSERT' THEN\n            was_over := false;\n            INSERT INTO desk_spell (case_id, number, began_at, outcome) VALUES (NEW.id, 1, NEW.opened_at, '');\n        ELSE\n            was_over := OLD.state IN ('solved', 'closed');\n        END IF;\n        IF was_over AND NOT is_over THEN\n            UPDATE desk_spell SET reopened_at = greatest(ended_at, coalesce(NEW.reopened_at, NEW.last_message_at))\n            WHERE case_id = NEW.id AND reopened_at IS NULL\n            RETURNING reopened_at INTO back_at;\n            INSERT INTO desk_spell (case_id, number, began_at, outcome)\n            SELECT NEW.id, count(*) + 1, back_at, '' FROM desk_spell WHERE case_id = NEW.id;\n        ELSIF is_over AND NOT was_over THEN\n            UPDATE desk_spell\n            SET ended_at = greatest(began_at, coalesce(NEW.solved_at, NEW.closed_at)),\n                outcome = CASE NEW.state WHEN 'solved' THEN 'solved' ELSE NEW.closed_reason END,\n                person_id = NEW.assignee_id\n            WHERE case_id = NEW.id AND ended_at IS NULL;\n        END IF;\n        RETURN NULL;\n    ", hash='78f5b11b4098fae887a877123cb5b4ce06d06187', operation='INSERT OR UPDATE OF "state"', pgid='pgtrigger_keep_spells_1d6f9', table='desk_case', when='AFTER')),
        ),
        migrations.CreateModel(
            name='TierRule',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('enabled', models.BooleanField(default=False, verbose_name='offer another way')),
                ('since', models.DateTimeField(blank=True, null=True)),
                ('minutes', models.PositiveSmallIntegerField(default=0, help_text='0: at once. On a hotline the telephone system then gets the link in the answer to its call event.', validators=[django.core.validators.MaxValueValidator(1440)], verbose_name='after so many minutes without an answer')),
                ('text', models.CharField(blank=True, max_length=500, verbose_name='text in Chinese')),
                ('text_en', models.CharField(blank=True, max_length=500, verbose_name='text in English')),
                ('channel', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='tier_rule', to='channels.channel')),
                ('offers', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='channels.channel', verbose_name='what is offered')),
            ],
            options={
                'verbose_name': 'tier rule',
                'constraints': [models.CheckConstraint(condition=models.Q(('enabled', False), models.Q(('offers__isnull', False), ('since__isnull', False)), _connector='OR'), name='desk_tier_rule_in_force_is_whole'), models.CheckConstraint(condition=models.Q(('offers', models.F('channel')), _negated=True), name='desk_tier_rule_leads_on')],
            },
        ),
        migrations.CreateModel(
            name='Offer',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('ways', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('mail', 'by mail'), ('telephone', 'through the telephone system'), ('chat', 'in the chat')], max_length=10), size=None)),
                ('digest', models.BinaryField(null=True, unique=True)),
                ('since', models.DateTimeField()),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('taken_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='offers', to='desk.case')),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='channels.channel')),
                ('conversation', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='conversations.conversation')),
                ('visit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='livechat.visit')),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='made', to='desk.tierrule')),
            ],
            options={
                'verbose_name': 'offer of another way',
                'indexes': [models.Index(condition=models.Q(('taken_at__isnull', True)), fields=['conversation'], name='desk_offer_open')],
                'constraints': [models.UniqueConstraint(fields=('case', 'rule'), name='desk_offer_once_a_case_and_rule'), models.CheckConstraint(condition=models.Q(('ways', []), _negated=True), name='desk_offer_reached_them'), models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('made_at'))), name='desk_offer_expires_later')],
            },
        ),
    ]
