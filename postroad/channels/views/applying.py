"""Applying for a channel: the form, and what it shows while one is typing."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from postroad.channels import actions, queries
from postroad.channels.forms import ApplicationForm, ChannelForm, ConnectionFields, secrets_known, show_refusal
from postroad.channels.models import Kind, State
from postroad.channels.naming import example
from postroad.channels.permissions import Permission, Right, get_channel_for
from postroad.org.middleware import StaffRequest
from postroad.org.models import Department
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, Invalid, NotFound


@requires(Permission.CHANNEL_APPLY)
@require_http_methods(["GET", "POST"])
def application(request: StaffRequest) -> HttpResponse:
    person = request.person
    initial = {"owner": person, "department": person.department_id, "first_reply_in_working_time": True}
    form = ApplicationForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            channel = actions.apply_for_channel(
                particulars=form.value(), secrets=form.secrets(), applicant=person, actor=person.as_actor()
            )
        except Invalid as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The application was submitted. You see here how it goes on."))
            return redirect(channel)
    context = {"form": form, "title": _("Apply for a channel"), "back": reverse("channels:channels")}
    return render(request, "channels/application.html", context, status=422 if form.errors else 200)


@requires(Permission.CHANNEL_APPLY)
@require_http_methods(["GET", "POST"])
def revise(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    """A returned application, to be changed and submitted again by whoever applied."""
    channel = get_channel_for(request.person, channel_id, Right.VIEW)
    returned = queries.open_requests(channel).filter(applicant=request.person).first()
    if returned is None or returned.state not in returned.CHANGEABLE or channel.state != State.APPLIED:
        raise Conflict(_("This application cannot be changed now."))
    initial = {**ChannelForm.initial_of(channel), **ConnectionFields.connection_of(channel)}
    form = ApplicationForm(request.POST or None, initial=initial, secrets_known=secrets_known(channel))
    if request.method == "POST" and form.is_valid():
        try:
            actions.revise_application(
                channel=channel,
                particulars=form.value(),
                secrets=form.secrets(),
                actor=request.person.as_actor(),
            )
        except Invalid as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The application was submitted again."))
            return redirect(channel)
    context = {"form": form, "title": _("Revise the application"), "back": channel.get_absolute_url()}
    return render(request, "channels/application.html", context, status=422 if form.errors else 200)


@requires(Permission.CHANNEL_APPLY)
@require_POST
def application_steps(request: StaffRequest) -> HttpResponse:
    """Who would be asked if the form were submitted as it stands; changes nothing."""
    form = ApplicationForm(request.POST)
    complete = form.is_valid()
    steps = actions.planned_steps(particulars=form.value(), applicant=request.person) if complete else []
    return render(request, "channels/_steps.html", {"steps": steps, "complete": complete})


@requires(Permission.CHANNEL_APPLY)
@require_POST
def connection_fields(request: StaffRequest) -> HttpResponse:
    """The fields of the connector and the way that were just chosen, with what was typed; changes nothing."""
    form = ConnectionFields(initial=request.POST.dict())
    return render(request, "channels/_connection_fields.html", {"form": form})


@requires(Permission.CHANNEL_APPLY)
@require_GET
def name_check(request: StaffRequest) -> HttpResponse:
    """What the naming rule of the kind says of the name as it is typed, and what a name looks like."""
    name, kind = request.GET.get("name", "").strip(), request.GET.get("kind", "")
    rule = queries.naming_rules().get(kind)
    context: dict[str, Any] = {"name": name, "rule": rule}
    if rule is not None:
        known = queries.known_fields(_department(request.GET.get("department", "")))
        context["example"] = example(rule.pattern, known)
        context["problems"] = queries.problems_of(name, rule, known) if name else []
        context["kind"] = Kind(kind).label
    return render(request, "channels/_name_check.html", context)


@requires(Permission.CHANNEL_VIEW)
@require_GET
def people_options(request: StaffRequest) -> HttpResponse:
    """The few people that fit what was typed, for a field's suggestions."""
    typed = next((str(value) for name, value in request.GET.items() if value), "")
    return render(request, "channels/_people_options.html", {"people": queries.people_like(typed[:60])})


def _department(text: str) -> Department | None:
    try:
        return Department.objects.filter(pk=UUID(text)).first()
    except ValueError:
        return None


def kind_or_404(kind: str) -> Kind:
    """Raises NotFound for a kind that does not exist."""
    if kind not in Kind.values:
        raise NotFound(_("There is no such kind of channel."))
    return Kind(kind)
