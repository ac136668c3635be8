"""What is offered to those whom nobody answers on a channel."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from postroad.channels.models import Kind
from postroad.desk import actions, queries
from postroad.desk.permissions import Permission, get_channel_for
from postroad.desk.tierforms import TierRuleForm
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.QUEUE_MANAGE)
def tier_rule(request: StaffRequest, key: str) -> HttpResponse:
    channel = get_channel_for(request.person, key)
    tiers = queries.next_tiers(channel)
    # A form of its own instance: a refused input must not look like what is in force.
    form = TierRuleForm(request.POST or None, instance=queries.tier_rule_of(channel), tiers=tiers)
    if channel.kind == Kind.LIVE_CHAT:
        # The chat itself asks, in the visitor's language and in its own words.
        del form.fields["text"], form.fields["text_en"]
    if request.method == "POST" and form.is_valid():
        actions.change_tier_rule(channel=channel, person=request.person, **form.cleaned_data)
        messages.success(request, _("From now on that is offered to those whom nobody answers."))
        return HttpResponseRedirect(reverse("desk:tier_rule", args=[channel.key]))
    context = {"channel": channel, "form": form, "tiers": tiers, "chat": channel.kind == Kind.LIVE_CHAT}
    return render(request, "desk/tier_rule.html", context, status=422 if form.is_bound else 200)
