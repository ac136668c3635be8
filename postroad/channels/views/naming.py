"""The naming rules: one for each kind of channel."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from postroad.channels import actions, queries
from postroad.channels.forms import NamingRuleForm, show_refusal
from postroad.channels.models import Kind
from postroad.channels.naming import FIELDS, BadPattern, Rule, check_pattern
from postroad.channels.permissions import Permission
from postroad.channels.views.applying import kind_or_404
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import Invalid

BREAKING_SHOWN = 10


@requires(Permission.CHANNEL_VIEW)
@require_GET
def naming_rules(request: StaffRequest) -> HttpResponse:
    rules = queries.naming_rules()
    rows = [{"kind": kind, "rule": rules.get(kind)} for kind in Kind]
    context = {"rows": rows, "may_edit": request.user.may(Permission.NAMING_EDIT)}
    return render(request, "channels/naming_rules.html", context)


@requires(Permission.NAMING_EDIT)
@require_http_methods(["GET", "POST"])
def naming_rule(request: StaffRequest, kind: str) -> HttpResponse:
    of_kind = kind_or_404(kind)
    stored = queries.naming_rules().get(of_kind)
    initial = (
        {
            "pattern": stored.pattern,
            "reserved_words": "\n".join(stored.reserved_words),
            "max_length": stored.max_length,
        }
        if stored
        else {}
    )
    form = NamingRuleForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_naming_rule(
                kind=of_kind,
                pattern=form.cleaned_data["pattern"],
                reserved_words=form.words(),
                max_length=form.cleaned_data["max_length"],
                actor=request.person.as_actor(),
            )
        except Invalid as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The naming rule is set."))
            return redirect("channels:naming_rules")
    context = {
        "form": form,
        "kind": of_kind,
        "stored": stored,
        "fields": list(FIELDS.items()),
        "back": reverse("channels:naming_rules"),
    }
    return render(request, "channels/naming_rule.html", context, status=422 if form.errors else 200)


@requires(Permission.NAMING_EDIT)
@require_POST
def naming_rule_try(request: StaffRequest, kind: str) -> HttpResponse:
    """What the rule as typed would mean for the channels there are; changes nothing."""
    of_kind = kind_or_404(kind)
    form = NamingRuleForm(request.POST)
    context: dict[str, Any] = {}
    if form.is_valid():
        rule = Rule(form.cleaned_data["pattern"], tuple(form.words()), form.cleaned_data["max_length"])
        try:
            check_pattern(rule.pattern)
        except BadPattern as error:
            context["fault"] = str(error)
        else:
            found = queries.breaking(rule, queries.in_use(kind=of_kind))
            context |= {"found": found, "shown": found.breaking[:BREAKING_SHOWN]}
    return render(request, "channels/_rule_try.html", context)


@requires(Permission.NAMING_EDIT)
@require_POST
def naming_rule_remove(request: StaffRequest, kind: str) -> HttpResponse:
    stored = queries.naming_rules().get(kind_or_404(kind))
    if stored is not None:
        actions.remove_naming_rule(rule=stored, actor=request.person.as_actor())
        messages.success(request, _("The naming rule is removed."))
    return redirect("channels:naming_rules")
