"""The customer beside a case: their history first, who they are, what they agreed to, what may answer them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from postroad.desk import actions, queries
from postroad.desk.actions.common import tell
from postroad.desk.customerforms import ArticleUseForm, ConsentForm
from postroad.desk.models import Case, Consent
from postroad.desk.permissions import Permission, Sight, get_case_for, sight_of
from postroad.desk.queries import Entry
from postroad.knowledge import actions as knowledge
from postroad.knowledge import queries as articles
from postroad.knowledge.markdown import plain
from postroad.knowledge.models import Article, Use
from postroad.knowledge.permissions import get_article
from postroad.org.middleware import StaffRequest
from postroad.org.permissions import Permission as OrgPermission
from postroad.org.registry import agreements_of, customer_panels
from postroad.org.views.personal import lines_of
from postroad.platform.actors import subject_of
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, Invalid, NotFound

LONGEST_QUESTION = 2000
SUGGESTED = 3
MOST_DIGITS = 12


def beside(case: Case, thread: list[Entry]) -> dict[str, Any]:
    """What changes while the page is open: the rating, and articles that may help. Four queries."""
    suggested = articles.suggested(
        _question(case, thread), subject=subject_of(case), channel_id=case.channel_id, limit=SUGGESTED
    )
    return {
        "rating": queries.rating_of(case),
        "suggested": [{"one": one, "text": plain(one.article.text), "link": link_to(one.article)} for one in suggested],
    }


def customer_of(request: StaffRequest, case: Case, *, sight: Sight) -> dict[str, Any]:
    """Who the customer is and what was between us; read once, when the page is opened.

    Seven queries, and those of the panels that other packages add.
    """
    contact, organisation = case.contact, case.organisation
    may_see = request.user.may(OrgPermission.CONTACT_VIEW)
    asked = [(panel.template, panel.context(request, contact, organisation)) for panel in customer_panels()]
    return {
        "past": queries.past_of(contact, sight=sight, besides=case) if contact else [],
        "lines": lines_of(contact) if contact and may_see and contact.erased_at is None else [],
        "reveal_url": reverse("org:contact_reveal", args=[contact.pk]) if contact else "",
        "may_reveal": request.user.may(OrgPermission.CONTACT_REVEAL),
        "agreements": agreements_of(contact) if contact and may_see else [],
        "consent_form": ConsentForm(),
        "organisation_url": reverse("org:organisation", args=[organisation.pk]) if organisation and may_see else "",
        "open_elsewhere": queries.open_cases_of(organisation, sight=sight, besides=case) if organisation else 0,
        "customer_panels": [
            render_to_string(template, context, request=request) for template, context in asked if context is not None
        ],
    }


def link_to(article: Article) -> str:
    """Where a customer can read the article; "" where they cannot."""
    return f"{settings.URL}{article.help_path}?lang={article.language}" if article.is_for_customers else ""


def _question(case: Case, thread: list[Entry]) -> str:
    """The subject, and what the customer wrote last."""
    said = [entry.said.message for entry in thread if entry.said and entry.said.message.is_incoming]
    last = said[-1] if said else None
    return f"{case.subject}\n{(last.reply_text or last.text) if last else ''}"[:LONGEST_QUESTION]


@require_POST
@requires(Permission.CASE_WORK)
def use_article(request: StaffRequest, number: int, article_id: UUID) -> HttpResponse:
    """Note that an article goes into the reply. With scripts the page has put it in; without, the draft gets it."""
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    article, form = get_article(article_id), ArticleUseForm(request.POST)
    how = Use.How(form.cleaned_data["how"]) if form.is_valid() else Use.How.TEXT
    knowledge.use(article=article, how=how, subject=subject_of(case), person=request.person)
    tell([case])
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    _into_draft(case, link_to(article) if how == Use.How.LINK else plain(article.text), request)
    messages.success(request, _("It is in your reply."))
    return HttpResponseRedirect(f"{case.get_absolute_url()}#reply")


def _into_draft(case: Case, text: str, request: StaffRequest) -> None:
    draft = queries.open_draft(case, request.person)
    begun = {name: getattr(draft, name) for name in ("to", "cc", "bcc", "sender", "subject", "signed")} if draft else {}
    said = "\n\n".join(filter(None, [draft.text.strip() if draft else "", text]))
    actions.save_draft(case=case, person=request.person, text=said, **begun)


@require_POST
@requires(Permission.CASE_WORK)
def judge_article(request: StaffRequest, number: int, article_id: UUID) -> HttpResponse:
    """Say whether an article helped with the case it was used for."""
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    try:
        knowledge.judge(
            article=get_article(article_id),
            helped=request.POST.get("helped") == "yes",
            subject=subject_of(case),
            person=request.person,
        )
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        tell([case])
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    return HttpResponseRedirect(case.get_absolute_url())


@require_POST
@requires(Permission.CASE_WORK)
def record_consent(request: StaffRequest, number: int) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    if case.contact is None:
        raise NotFound(_("Nobody is known to have written this."))
    form = ConsentForm(request.POST)
    if form.is_valid():
        try:
            actions.record_consent(contact=case.contact, person=request.person, **form.cleaned_data)
        except (Conflict, Invalid) as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, _("Recorded."))
    else:
        messages.error(request, _("Say what they agreed to."))
    return HttpResponseRedirect(case.get_absolute_url())


@require_POST
@requires(Permission.CASE_WORK)
def withdraw_consent(request: StaffRequest, consent_id: UUID) -> HttpResponse:
    """Somebody withdrew what they had agreed to; for who sees a case of theirs."""
    consent = Consent.objects.filter(pk=consent_id).first()
    mine = sight_of(request.person).cases().filter(contact=consent.contact_id) if consent else Case.objects.none()
    case = mine.order_by("-opened_at").first()
    if consent is None or case is None:
        raise NotFound(_("There is no such consent."))
    actions.withdraw_consent(consent=consent, person=request.person)
    messages.success(request, _("Withdrawn from now on."))
    number = request.POST.get("case", "")
    shown = mine.filter(number=number).first() if number.isdecimal() and len(number) <= MOST_DIGITS else None
    return HttpResponseRedirect((shown or case).get_absolute_url())
