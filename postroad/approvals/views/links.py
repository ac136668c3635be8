"""Deciding by the link in a mail: opening it only shows what is asked; the decision is a form sent from there."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from postroad.approvals.actions import decide_by_link
from postroad.approvals.counting import Verdict
from postroad.approvals.forms import DecisionForm
from postroad.approvals.links import LinkClosedError, link_behind
from postroad.approvals.models import MailLink
from postroad.approvals.registry import effect_of
from postroad.platform.authorisation import public
from postroad.platform.errors import DomainError, Invalid

WRONG_TRIES = 20
TRIES_COUNT_FOR = 600
TOO_MANY = 429


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@public(reason="the token in the address is a single-use secret of 256 bits, sent to one approver, for one step")
def decide_by_mail(request: HttpRequest, token: str) -> HttpResponse:
    if _tries(request) >= WRONG_TRIES:
        return _closed(request, _("Too many links that do not open. Try again in ten minutes, or sign in."), TOO_MANY)
    try:
        link = link_behind(token)
    except LinkClosedError as closed:
        _count_wrong_try(request)
        return _closed(request, closed.message, closed.status)
    with translation.override(link.person.language):
        return _decide(request, token=token, link=link) if request.method == "POST" else _asked(request, link)


def _decide(request: HttpRequest, *, token: str, link: MailLink) -> HttpResponse:
    form = DecisionForm(request.POST.dict() | {"step_id": link.assignment.step_id})
    if not form.is_valid():
        return _asked(request, link, form=form, status=422)
    verdict = Verdict(form.cleaned_data["verdict"])
    try:
        approval = decide_by_link(token=token, verdict=verdict, comment=form.cleaned_data["comment"])
    except LinkClosedError as closed:
        return _closed(request, closed.message, closed.status)
    except Invalid as refusal:
        for field, message in refusal.fields.items():
            form.add_error(field if field in form.fields else None, message)
        return _asked(request, link, form=form, status=refusal.status)
    except DomainError as refusal:
        return _asked(request, link, form=form, problem=refusal.message, status=refusal.status)
    return render(request, "approvals/link_done.html", {"approval": approval, "verdict": verdict})


def _asked(
    request: HttpRequest, link: MailLink, *, form: DecisionForm | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    approval = link.assignment.step.request
    context: dict[str, Any] = {
        "link": link,
        "approval": approval,
        "payload": approval.payload,
        "kind": effect_of(approval.kind),
        "step": link.assignment.step,
        "in_place": link.assignment.person if link.assignment.person_id != link.person_id else None,
        "form": form or DecisionForm(),
        "problem": problem,
    }
    return render(request, "approvals/link.html", context, status=status)


def _closed(request: HttpRequest, message: str, status: int) -> HttpResponse:
    return render(request, "approvals/link_closed.html", {"message": message}, status=status)


def _tries(request: HttpRequest) -> int:
    return int(cache.get(_key(request), 0))


def _count_wrong_try(request: HttpRequest) -> None:
    cache.set(_key(request), _tries(request) + 1, TRIES_COUNT_FOR)


def _key(request: HttpRequest) -> str:
    return f"approvals.link.{request.META.get('REMOTE_ADDR', '')}"
