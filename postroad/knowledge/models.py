"""Articles with all their versions, and what became of their use."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postroad.platform.models import Identified

LONGEST_TEXT = 50_000


class ArticleState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("article", "Draft")
    PUBLISHED = "published", pgettext_lazy("article", "Published")
    RETIRED = "retired", pgettext_lazy("article", "Retired")


class Language(models.TextChoices):
    CHINESE = "zh-hans", "中文"
    ENGLISH = "en", "English"


class Article(Identified):
    """What somebody of ours knows, written down once. `text` is Markdown.

    `public` articles are read by anybody once they are published; the others only inside. `channels`: those for whose
    cases the article is suggested; none means all. What is shown is the newest version.
    """

    score: float
    """How well it answers a question, where `queries.suggestions` found it; not kept."""

    title = models.CharField(_("title"), max_length=160)
    text = models.TextField(
        _("text"),
        max_length=LONGEST_TEXT,
        help_text=_("Markdown: # heading, - list, 1. steps, **bold**, [words](https://address), tables."),
    )
    language = models.CharField(_("language"), max_length=10, choices=Language, default=Language.CHINESE)
    topic = models.CharField(_("topic"), max_length=60, blank=True)
    channels: models.ManyToManyField[models.Model, models.Model] = models.ManyToManyField(
        "channels.Channel", blank=True, related_name="articles", verbose_name=_("only for cases of these channels")
    )
    state = models.CharField(_("state"), max_length=10, choices=ArticleState, default=ArticleState.DRAFT)
    public = models.BooleanField(
        _("customers may read it"),
        default=False,
        help_text=_("Once published, it is on the public help pages, which need no sign-in."),
    )
    owner = models.ForeignKey("org.Person", models.PROTECT, related_name="articles", verbose_name=_("owner"))
    review_on = models.DateField(_("next review"))
    version = models.PositiveIntegerField(default=1)
    published_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)
    search = SearchVectorField(null=True, editable=False)

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        constraints: ClassVar = [
            models.CheckConstraint(name="knowledge_article_state_known", condition=Q(state__in=ArticleState.values)),
            models.CheckConstraint(name="knowledge_article_language_known", condition=Q(language__in=Language.values)),
            models.CheckConstraint(
                name="knowledge_article_published_once_it_is",
                condition=~Q(state="published") | Q(published_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-changed_at", "-id"], name="knowledge_article_latest"),
            models.Index(fields=["review_on"], name="knowledge_article_review", condition=Q(state="published")),
            GinIndex(fields=["search"], name="knowledge_article_search"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("knowledge:article", args=[self.pk])

    @property
    def is_for_customers(self) -> bool:
        return self.public and self.state == ArticleState.PUBLISHED

    @property
    def help_path(self) -> str:
        return reverse("help:article", args=[self.pk])


class ArticleVersion(Identified):
    """An article as it was at a time; never changed."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=160)
    text = models.TextField()
    author = models.ForeignKey("org.Person", models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("version of an article")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["article", "number"], name="knowledge_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"


class Use(Identified):
    """That an article was used, and whether it helped; the counts are made of these rows.

    By an agent for a case (`person`, `subject_id`; once per article and case), or read by somebody outside who said
    whether it helped: then nothing is kept of who that was.
    """

    class How(models.TextChoices):
        TEXT = "text", _("Text put into a reply")
        LINK = "link", _("Link put into a reply")
        READ = "read", _("Read on the help pages")

    class Verdict(models.TextChoices):
        OPEN = "", _("Not said")
        HELPED = "helped", _("Helped")
        DID_NOT = "did-not", _("Did not help")

    article = models.ForeignKey(Article, models.CASCADE, related_name="uses")
    how = models.CharField(max_length=4, choices=How)
    # What it was used for, in the words of `platform.actors.Subject`; "" where it was read outside.
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.CharField(max_length=60, blank=True)
    person = models.ForeignKey("org.Person", models.PROTECT, null=True, blank=True, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict, blank=True, default=Verdict.OPEN)
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("use of an article")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["article", "subject_type", "subject_id"],
                condition=~Q(subject_id=""),
                name="knowledge_used_once_for_a_thing",
            ),
            models.CheckConstraint(
                name="knowledge_use_inside_or_outside",
                condition=Q(how="read", subject_id="", person__isnull=True) & ~Q(verdict="")
                | ~Q(how="read") & ~Q(subject_id="") & Q(person__isnull=False),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["subject_type", "subject_id"], name="knowledge_used_for")]

    def __str__(self) -> str:
        return f"{self.article_id} {self.how}"
