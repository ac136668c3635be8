import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.utils.timezone
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
            name='Article',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('text', models.TextField(help_text='Markdown: # heading, - list, 1. steps, **bold**, [words](https://address), tables.', max_length=50000, verbose_name='text')),
                ('language', models.CharField(choices=[('zh-hans', '中文'), ('en', 'English')], default='zh-hans', max_length=10, verbose_name='language')),
                ('topic', models.CharField(blank=True, max_length=60, verbose_name='topic')),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('published', 'Published'), ('retired', 'Retired')], default='draft', max_length=10, verbose_name='state')),
                ('public', models.BooleanField(default=False, help_text='Once published, it is on the public help pages, which need no sign-in.', verbose_name='customers may read it')),
                ('review_on', models.DateField(verbose_name='next review')),
                ('version', models.PositiveIntegerField(default=1)),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('search', django.contrib.postgres.search.SearchVectorField(editable=False, null=True)),
                ('channels', models.ManyToManyField(blank=True, related_name='articles', to='channels.channel', verbose_name='only for cases of these channels')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='articles', to='org.person', verbose_name='owner')),
            ],
            options={
                'verbose_name': 'article',
                'verbose_name_plural': 'articles',
                'indexes': [models.Index(fields=['-changed_at', '-id'], name='knowledge_article_latest'), models.Index(condition=models.Q(('state', 'published')), fields=['review_on'], name='knowledge_article_review'), django.contrib.postgres.indexes.GinIndex(fields=['search'], name='knowledge_article_search')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'published', 'retired'])), name='knowledge_article_state_known'), models.CheckConstraint(condition=models.Q(('language__in', ['zh-hans', 'en'])), name='knowledge_article_language_known'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'published'), _negated=True), ('published_at__isnull', False), _connector='OR'), name='knowledge_article_published_once_it_is')],
            },
        ),
        migrations.CreateModel(
            name='ArticleVersion',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('title', models.CharField(max_length=160)),
                ('text', models.TextField()),
                ('written_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='knowledge.article')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
            ],
            options={
                'verbose_name': 'version of an article',
                'constraints': [models.UniqueConstraint(fields=('article', 'number'), name='knowledge_version_once')],
            },
        ),
        migrations.CreateModel(
            name='Use',
            fields=[
                ('id', models.UUIDField(default=postroad.platform.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('how', models.CharField(choices=[('text', 'Text put into a reply'), ('link', 'Link put into a reply'), ('read', 'Read on the help pages')], max_length=4)),
                ('subject_type', models.CharField(blank=True, max_length=60)),
                ('subject_id', models.CharField(blank=True, max_length=60)),
                ('verdict', models.CharField(blank=True, choices=[('', 'Not said'), ('helped', 'Helped'), ('did-not', 'Did not help')], default='', max_length=10)),
                ('used_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uses', to='knowledge.article')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.person')),
            ],
            options={
                'verbose_name': 'use of an article',
                'indexes': [models.Index(fields=['subject_type', 'subject_id'], name='knowledge_used_for')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('subject_id', ''), _negated=True), fields=('article', 'subject_type', 'subject_id'), name='knowledge_used_once_for_a_thing'), models.CheckConstraint(condition=models.Q(models.Q(('how', 'read'), ('person__isnull', True), ('subject_id', ''), models.Q(('verdict', ''), _negated=True)), models.Q(models.Q(('how', 'read'), _negated=True), models.Q(('subject_id', ''), _negated=True), ('person__isnull', False)), _connector='OR'), name='knowledge_use_inside_or_outside')],
            },
        ),
    ]
