"""To whom a channel's new cases go, with a dry run; and skills."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from postroad.desk import actions, queries
from postroad.desk.models import Skill
from postroad.desk.permissions import Permission, get_channel_for, get_skill, sight_of
from postroad.desk.queueforms import RoutingForm, SkillForm
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import Invalid


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.QUEUE_MANAGE)
def routing(request: StaffRequest, key: str) -> HttpResponse:
    """The rules in order, and who would have got the last cases; `do=try` tries rules without saving them."""
    channel = get_channel_for(request.person, key)
    now = queries.queue_of(channel).rules
    asked = request.POST if request.method == "POST" else None
    form = RoutingForm(asked, rules=now)
    rules = now if asked is None else form.rules if form.is_valid() else []
    if asked is not None and asked.get("do") != "try" and form.is_valid():
        try:
            actions.set_routing(channel=channel, rules=rules, person=request.person)
        except Invalid as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("New cases are handed out like this from now on."))
            return HttpResponseRedirect(reverse("desk:routing", args=[channel.key]))
    context = {
        "channel": channel,
        "form": form,
        "tried": asked is not None and rules != now,
        "rules": rules,
        "replayed": queries.dry_run(channel, rules),
        "skills": queries.all_skills(),
    }
    return render(request, "desk/routing.html", context, status=422 if form.is_bound and form.errors else 200)


@require_safe
@requires(Permission.QUEUE_MANAGE)
def skills(request: StaffRequest) -> HttpResponse:
    return render(request, "desk/skills.html", {"skills": queries.all_skills()})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.QUEUE_MANAGE)
def skill_new(request: StaffRequest) -> HttpResponse:
    return _skill_form(request, Skill())


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.QUEUE_MANAGE)
def skill_edit(request: StaffRequest, skill_id: UUID) -> HttpResponse:
    return _skill_form(request, get_skill(skill_id))


@require_POST
@requires(Permission.QUEUE_MANAGE)
def skill_remove(request: StaffRequest, skill_id: UUID) -> HttpResponse:
    actions.remove_skill(skill=get_skill(skill_id), person=request.person)
    messages.success(request, _("The skill was removed."))
    return HttpResponseRedirect(reverse("desk:skills"))


def _skill_form(request: StaffRequest, skill: Skill) -> HttpResponse:
    served = sight_of(request.person).queues()
    # A form of its own instance: a refused input must not look like what is in force.
    form = SkillForm(request.POST or None, instance=skill, served=served, colleagues=queries.colleagues(served))
    if request.method == "POST" and form.is_valid():
        actions.save_skill(skill=skill, person=request.person, **form.cleaned_data)
        messages.success(request, _("The skill counts for the next case."))
        return HttpResponseRedirect(reverse("desk:skills"))
    status = 422 if form.is_bound else 200
    return render(request, "desk/skill_edit.html", {"form": form, "skill": skill}, status=status)
