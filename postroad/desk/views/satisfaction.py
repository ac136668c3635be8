"""Ratings: how a channel asks for them, the customer's page, and following a low one up."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from postroad.desk import actions, queries
from postroad.desk.customerforms import SCORES, FollowUpForm, RateForm, RatingRulesForm
from postroad.desk.models import Rating
from postroad.desk.permissions import Permission, get_case_for, get_channel_for
from postroad.desk.views.case import case_page
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, NotFound
from postroad.web.outside import for_outside, outside_page


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.QUEUE_MANAGE)
def rating_rules(request: StaffRequest, key: str) -> HttpResponse:
    """Whether and how customers of a channel are asked."""
    channel = get_channel_for(request.person, key)
    form = RatingRulesForm(request.POST or None, instance=queries.rating_rules_of(channel))
    if request.method == "POST" and form.is_valid():
        actions.change_rating_rules(channel=channel, person=request.person, **form.cleaned_data)
        messages.success(request, _("Customers are asked like this from now on."))
        return HttpResponseRedirect(reverse("desk:queues"))
    context = {"channel": channel, "form": form, "can_ask": channel.kind in queries.ASKED_AT}
    return render(request, "desk/rating_rules.html", context, status=422 if form.is_bound else 200)


@require_POST
@requires(Permission.CASE_WORK)
def follow_rating_up(request: StaffRequest, number: int) -> HttpResponse:
    case = get_case_for(request.person, number, Permission.CASE_WORK)
    rating = queries.rating_of(case)
    if rating is None:
        raise NotFound(_("The customer has not rated this case."))
    form = FollowUpForm(request.POST)
    if not form.is_valid():
        return case_page(request, case, status=422, follow_up_form=form)
    try:
        actions.follow_up(rating=rating, note=form.cleaned_data["note"], person=request.person)
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Followed up."))
    return HttpResponseRedirect(case.get_absolute_url())


@require_http_methods(["GET", "HEAD", "POST"])
@for_outside(reason="A customer answers about their own case; the signed link names it and shows nothing of it.")
def rate(request: HttpRequest, token: str) -> HttpResponse:
    """The customer's answer. Looking changes nothing, so mail scanners that open links answer nothing."""
    rating = actions.rating_by_token(token)
    with translation.override(request.GET.get("lang") or rating.language):
        return _rate(request, rating)


def _rate(request: HttpRequest, rating: Rating) -> HttpResponse:
    form, status, given = RateForm(request.POST or None), 200, False
    if request.method == "POST" and form.is_valid():
        try:
            rating = actions.rate(rating=rating, **form.cleaned_data)
            given = True
        except Conflict:
            status = 409
    elif request.method == "POST":
        status = 422
    context = {
        "rating": rating,
        "form": form,
        "given": given,
        "open": rating.may_answer(timezone.now()),
        "question": actions.question_of(queries.rating_rules_of(rating.channel), translation.get_language()),
        "scores": SCORES,
        "chosen": str(form.data.get("score") or rating.score or ""),
        "words": form.data.get("words", rating.words),
    }
    return outside_page("desk/rate.html", context, status=status)
