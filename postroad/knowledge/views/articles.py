"""Articles inside: the list, one of them, writing and publishing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from postroad.knowledge import actions, queries
from postroad.knowledge.forms import ArticleForm, FilterForm, PreviewForm, ReviewForm, usual_review
from postroad.knowledge.markdown import rendered
from postroad.knowledge.models import Article, ArticleState
from postroad.knowledge.permissions import Permission, get_article, get_article_to_change, get_version, may_change
from postroad.ledger.queries import history_of
from postroad.org.middleware import StaffRequest
from postroad.org.models import Person, today
from postroad.org.queries import holders
from postroad.org.roles import roles_carrying
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.pagination import Page, keyset

HISTORY_SHOWN = 30


@require_safe
@requires(Permission.ARTICLE_VIEW)
def articles(request: StaffRequest) -> HttpResponse:
    return render(request, "knowledge/articles.html", _listed(request))


@require_safe
@requires(Permission.ARTICLE_VIEW)
def article_results(request: StaffRequest) -> HttpResponse:
    return render(request, "knowledge/articles_results.html", _listed(request))


@require_safe
@requires(Permission.ARTICLE_VIEW)
def article(request: StaffRequest, article_id: UUID) -> HttpResponse:
    return _article_page(request, get_article(article_id))


@require_safe
@requires(Permission.ARTICLE_VIEW)
def article_version(request: StaffRequest, article_id: UUID, number: int) -> HttpResponse:
    """An article as it once was."""
    found = get_article(article_id)
    version = get_version(found, number)
    context = {"article": found, "version": version, "html": rendered(version.text)}
    return render(request, "knowledge/version.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.ARTICLE_WRITE)
def article_new(request: StaffRequest) -> HttpResponse:
    begun = {"owner": request.person, "review_on": usual_review(), "language": request.person.language}
    form = ArticleForm(request.POST or None, initial=begun, owners=_owners(request.person))
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.write(**form.values(), person=request.person)
        except Invalid as refusal:
            _blame(form, refusal)
        else:
            messages.success(request, _("Kept as a draft. Publish it when it is right."))
            return HttpResponseRedirect(made.get_absolute_url())
    return _form_page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.ARTICLE_WRITE)
def article_edit(request: StaffRequest, article_id: UUID) -> HttpResponse:
    found = get_article_to_change(request.person, article_id)
    shown = Article.objects.get(pk=found.pk)
    owners = _owners(found.owner)
    form = ArticleForm(request.POST or None, instance=shown, initial={"version": found.version}, owners=owners)
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"] or 0
        try:
            actions.change(article=found, version=version, person=request.person, **form.values())
        except Invalid as refusal:
            _blame(form, refusal)
        except Conflict as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(found.get_absolute_url())
    return _form_page(request, form, found)


@require_POST
@requires(Permission.ARTICLE_WRITE)
def preview(request: StaffRequest) -> HttpResponse:
    """What is being written, as readers will see it."""
    form = PreviewForm(request.POST)
    text = form.cleaned_data["text"] if form.is_valid() else ""
    return render(request, "knowledge/_preview.html", {"html": rendered(text)})


@require_POST
@requires(Permission.ARTICLE_PUBLISH)
def publish(request: StaffRequest, article_id: UUID) -> HttpResponse:
    return _moved(request, article_id, ArticleState.PUBLISHED, _("Published."))


@require_POST
@requires(Permission.ARTICLE_PUBLISH)
def retire(request: StaffRequest, article_id: UUID) -> HttpResponse:
    return _moved(
        request, article_id, ArticleState.RETIRED, _("Retired: it is suggested and shown to nobody any more.")
    )


@require_POST
@requires(Permission.ARTICLE_WRITE)
def review(request: StaffRequest, article_id: UUID) -> HttpResponse:
    """The owner, or who may publish, says that the article is still right."""
    found = get_article(article_id)
    if found.owner != request.person:
        found = get_article_to_change(request.person, article_id)
    form = ReviewForm(request.POST)
    form.is_valid()
    try:
        actions.review(article=found, next_on=form.cleaned_data.get("next_on"), person=request.person)
    except (Conflict, Invalid) as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Reviewed."))
    return HttpResponseRedirect(found.get_absolute_url())


def _moved(request: StaffRequest, article_id: UUID, state: ArticleState, said: str) -> HttpResponse:
    found = get_article(article_id)
    try:
        actions.move(article=found, state=state, person=request.person)
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, said)
    return HttpResponseRedirect(found.get_absolute_url())


def _listed(request: StaffRequest) -> dict[str, Any]:
    form = FilterForm(request.GET, topics=queries.topics())
    found = queries.articles(form.wanted)
    if form.wanted.words.strip():
        page = Page(list(found[: queries.FOUND_AT_MOST]), None, None)
    else:
        page = keyset(found, order=("-changed_at", "-id"), cursor=request.GET.get("cursor"))
    counts = queries.counts_of([one.pk for one in page.items])
    return {
        "form": form,
        "page": page,
        "rows": [{"article": one, "counts": counts[one.pk], "overdue": _overdue(one)} for one in page.items],
        "narrowed": any(form.cleaned_data.values()),
        "may_write": request.user.may(Permission.ARTICLE_WRITE),
    }


def _article_page(request: StaffRequest, article: Article) -> HttpResponse:
    may_publish = request.user.may(Permission.ARTICLE_PUBLISH)
    context = {
        "article": article,
        "html": rendered(article.text),
        "channels": list(article.channels.order_by("name")),
        "counts": queries.counts_of([article.pk])[article.pk],
        "versions": queries.versions_of(article),
        "overdue": _overdue(article),
        "help_url": request.build_absolute_uri(article.help_path) if article.is_for_customers else "",
        "may_change": may_change(request.person, article),
        "may_publish": may_publish,
        "may_review": may_publish or article.owner == request.person,
        "history": history_of(article)[:HISTORY_SHOWN],
        "next_review": usual_review(),
    }
    return render(request, "knowledge/article.html", context)


def _form_page(request: StaffRequest, form: ArticleForm, article: Article | None) -> HttpResponse:
    context = {"form": form, "article": article, "topics": queries.topics()}
    return render(request, "knowledge/edit.html", context, status=422 if form.is_bound else 200)


def _owners(also: Person) -> list[Person]:
    """Who may answer for an article: those who may publish, and whoever does already."""
    found = {also.pk: also}
    for role in roles_carrying(Permission.ARTICLE_WRITE):
        found |= {person.pk: person for person in holders(role, today())}
    return list(found.values())


def _overdue(article: Article) -> bool:
    return article.state == ArticleState.PUBLISHED and article.review_on <= today()


def _blame(form: ArticleForm, refusal: Invalid) -> None:
    for field, message in refusal.fields.items():
        form.add_error(field if field in form.fields else None, message)
