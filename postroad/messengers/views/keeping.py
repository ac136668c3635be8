"""Connecting a messenger, changing the connection, ending it."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from postroad.messengers import actions
from postroad.messengers.forms import ConnectForm, MessengerForm, ReasonForm, show_refusal
from postroad.messengers.jobs import Job
from postroad.messengers.models import Messenger
from postroad.messengers.permissions import Permission, get_messenger
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.jobs import enqueue


@requires(Permission.MESSENGER_EDIT)
@require_http_methods(["GET", "POST"])
def connect(request: StaffRequest) -> HttpResponse:
    form = ConnectForm(request.POST or None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        try:
            messenger = actions.connect_messenger(
                key=form.cleaned_data["key"],
                name=form.cleaned_data["name"],
                connector=form.cleaned_data["connector"],
                settings=form.settings(),
                secrets=form.secrets(),
                actor=request.person.as_actor(),
            )
        except Invalid as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Connected. Its people and groups are being read."))
            return redirect(messenger)
    return _form_page(request, form, "messengers/connect.html")


@requires(Permission.MESSENGER_EDIT)
@require_POST
def connection_fields(request: HttpRequest) -> HttpResponse:
    """The fields of the chosen messenger, while the form is being filled in."""
    form = ConnectForm(initial=request.POST.dict())
    return render(request, "messengers/_connection_fields.html", {"form": form})


@requires(Permission.MESSENGER_EDIT)
@require_http_methods(["GET", "POST"])
def edit(request: StaffRequest, messenger_id: UUID) -> HttpResponse:
    messenger = get_messenger(messenger_id)
    form = MessengerForm(request.POST or None, messenger=messenger)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_messenger(
                messenger=messenger,
                name=form.cleaned_data["name"],
                settings=form.settings(),
                secrets=form.secrets(),
                actor=request.person.as_actor(),
            )
        except (Invalid, Conflict) as refusal:
            _show(form, refusal)
        else:
            messages.success(request, _("The messenger was changed and is being checked."))
            return redirect(messenger)
    return _form_page(request, form, "messengers/edit.html", messenger=messenger)


@requires(Permission.MESSENGER_EDIT)
@require_POST
def check(request: StaffRequest, messenger_id: UUID) -> HttpResponse:
    messenger = get_messenger(messenger_id)
    enqueue(Job.CHECK, once=True, messenger_id=str(messenger.pk))
    messages.info(request, _("The check is under way; its result appears below by itself."))
    return redirect(messenger)


@requires(Permission.MESSENGER_EDIT)
@require_POST
def take_again(request: StaffRequest, messenger_id: UUID) -> HttpResponse:
    """Try to store what was set aside."""
    messenger = get_messenger(messenger_id)
    taken, failed = actions.take_again(messenger=messenger, actor=request.person.as_actor())
    if failed:
        message = _("%(taken)d stored; %(failed)d still cannot be. The reason stands below.")
        messages.warning(request, message % {"taken": taken, "failed": failed})
    else:
        messages.success(request, _("%(taken)d stored.") % {"taken": taken})
    return redirect(messenger)


@requires(Permission.MESSENGER_EDIT)
@require_POST
def read(request: StaffRequest, messenger_id: UUID) -> HttpResponse:
    """Read people and groups anew, in the background."""
    messenger = get_messenger(messenger_id)
    for job in (Job.READ_DIRECTORY, Job.READ_ROOMS):
        enqueue(job, once=True, messenger_id=str(messenger.pk))
    messages.info(request, _("People and groups are being read; what changed appears below by itself."))
    return redirect(messenger)


@requires(Permission.MESSENGER_EDIT)
@require_http_methods(["GET", "POST"])
def suspend(request: StaffRequest, messenger_id: UUID) -> HttpResponse:
    messenger = get_messenger(messenger_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.suspend_messenger(messenger=messenger, actor=request.person.as_actor(), **form.cleaned_data)
        messages.success(request, _("The messenger is suspended."))
        return redirect(messenger)
    text = _("Nothing is read, changed or sent until it is resumed. People go on chatting in it.")
    return _form_page(
        request,
        form,
        "messengers/form.html",
        messenger=messenger,
        title=_("Suspend the messenger"),
        text=text,
        save=_("Suspend"),
    )


@requires(Permission.MESSENGER_EDIT)
@require_POST
def resume(request: StaffRequest, messenger_id: UUID) -> HttpResponse:
    messenger = get_messenger(messenger_id)
    actions.resume_messenger(messenger=messenger, actor=request.person.as_actor())
    messages.success(request, _("The messenger is in use again."))
    return redirect(messenger)


@requires(Permission.MESSENGER_EDIT)
@require_http_methods(["GET", "POST"])
def retire(request: StaffRequest, messenger_id: UUID) -> HttpResponse:
    messenger = get_messenger(messenger_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.retire_messenger(messenger=messenger, actor=request.person.as_actor(), **form.cleaned_data)
        except Conflict as refusal:
            _show(form, refusal)
        else:
            messages.success(request, _("The messenger is retired."))
            return redirect(messenger)
    text = _("This cannot be undone. What was said and what is on record stays.")
    return _form_page(
        request,
        form,
        "messengers/form.html",
        messenger=messenger,
        title=_("Retire the messenger"),
        text=text,
        save=_("Retire"),
    )


def _show(form: forms.Form, refusal: Invalid | Conflict) -> None:
    if isinstance(refusal, Invalid):
        show_refusal(form, refusal)
    else:
        form.add_error(None, refusal.message)


def _form_page(
    request: StaffRequest, form: forms.Form, template: str, *, messenger: Messenger | None = None, **more: str
) -> HttpResponse:
    context = {"form": form, "messenger": messenger, **more}
    return render(request, template, context, status=422 if form.errors else 200)
