"""How each channel's cases are handed out, acknowledged and closed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from postroad.desk import actions, queries
from postroad.desk.forms import QueueForm
from postroad.desk.permissions import Permission, get_channel_for
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires


@require_safe
@requires(Permission.QUEUE_MANAGE)
def queues(request: StaffRequest) -> HttpResponse:
    return render(request, "desk/queues.html", {"queues": queries.all_queues()})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.QUEUE_MANAGE)
def queue(request: StaffRequest, key: str) -> HttpResponse:
    channel = get_channel_for(request.person, key)
    # A form of its own instance: a refused input must not look like what is in force.
    form = QueueForm(request.POST or None, instance=queries.queue_of(channel))
    if request.method == "POST" and form.is_valid():
        actions.change_queue(channel=channel, person=request.person, **form.cleaned_data)
        messages.success(request, _("The queue is run like this from now on."))
        return HttpResponseRedirect(reverse("desk:queues"))
    status = 422 if form.is_bound else 200
    return render(request, "desk/queue.html", {"channel": channel, "form": form}, status=status)
