"""Groups: the list, the plan, one group, and having them made as declared."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from postroad.groups import actions, queries
from postroad.groups.forms import DelegateForm, MoveForm, ReasonForm, show
from postroad.groups.jobs import Job
from postroad.groups.models import Group
from postroad.groups.permissions import Permission, get_group_for, get_run, may_repair
from postroad.groups.plan import ChannelPlan, make_plan, messengers_governed
from postroad.groups.simulate import simulate_move
from postroad.groups.views.shared import form_page, held, tabs
from postroad.ledger.queries import history_of
from postroad.messengers.protocol import MessengerFault
from postroad.org.middleware import StaffRequest
from postroad.platform.actors import subject_of
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, DomainError, Refused
from postroad.platform.jobs import enqueue
from postroad.platform.pagination import keyset

HISTORY_SHOWN = 20
WHICH = ("", "differing", "in-order", "failing")


@requires(Permission.GROUP_KEEP)
@require_GET
def groups(request: StaffRequest) -> HttpResponse:
    return render(request, "groups/groups.html", {**_list_context(request), "tabs": tabs(request, "groups")})


@requires(Permission.GROUP_KEEP)
@require_GET
def groups_results(request: StaffRequest) -> HttpResponse:
    return render(request, "groups/groups_results.html", _list_context(request))


def _list_context(request: StaffRequest) -> dict[str, Any]:
    which = request.GET.get("which", "")
    wanted = queries.GroupFilter(text=request.GET.get("q", "")[:100], which=which if which in WHICH else "")
    found = queries.groups_listed(request.person, wanted)
    page = keyset(found, order=("channel__name", "id"), cursor=request.GET.get("cursor"))
    return {
        "page": page,
        "wanted": wanted,
        "filtered": wanted != queries.GroupFilter(),
        "held": held(request),
        "may_apply": request.user.may(Permission.PLAN_APPLY),
        "may_see_plan": request.user.may(Permission.GROUP_VIEW_ALL),
    }


@requires(Permission.GROUP_VIEW_ALL)
@require_GET
def plan(request: StaffRequest) -> HttpResponse:
    """What differs in all groups, compared now."""
    found = make_plan()
    context = {
        "plan": found,
        "held": held(request),
        "may_apply": request.user.may(Permission.PLAN_APPLY),
        "tabs": tabs(request, "groups"),
    }
    return render(request, "groups/plan.html", context)


@requires(Permission.GROUP_VIEW_ALL)
@require_GET
def plan_json(request: StaffRequest) -> JsonResponse:
    """The same for programs, as `postroad channels plan --json` prints it."""
    del request
    return JsonResponse(make_plan().as_json(), json_dumps_params={"ensure_ascii": False, "indent": 2})


@requires(Permission.PLAN_APPLY)
@require_POST
def apply(request: StaffRequest) -> HttpResponse:
    """Have all groups made as declared, in the background."""
    for messenger in messengers_governed():
        _apply_soon(request, messenger_id=messenger.pk)
    messages.info(request, _("Under way. What is done appears here by itself."))
    return redirect("groups:runs")


def _apply_soon(request: StaffRequest, *, messenger_id: UUID, channel_id: str = "", confirmed: bool = False) -> None:
    enqueue(
        Job.APPLY_BY_HAND,
        messenger_id=str(messenger_id),
        person_id=str(request.person.pk),
        channel_id=channel_id,
        confirmed=int(confirmed),
    )


# --- one group ----------------------------------------------------------------------------------------------


@requires(Permission.GROUP_KEEP)
@require_GET
def group(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    shown = get_group_for(request.person, channel_id)
    return render(request, "groups/group.html", {**_group_context(request, shown), "tabs": tabs(request, "groups")})


@requires(Permission.GROUP_KEEP)
@require_GET
def group_state(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    """The differences and what was done, for the page to renew."""
    shown = get_group_for(request.person, channel_id)
    return render(request, "groups/_group_state.html", _group_context(request, shown))


def _group_context(request: StaffRequest, shown: Group) -> dict[str, Any]:
    found = make_plan([shown.channel_id]).channels
    one: ChannelPlan | None = found[0] if found else None
    differences = list(queries.open_differences_of(shown.channel))
    return {
        "group": shown,
        "channel": shown.channel,
        "plan": one,
        "differences": differences,
        "tellers": queries.tellers(differences),
        "closed": list(queries.recently_closed(shown.channel)),
        "steps": list(queries.steps_about(shown.channel)),
        "amendments": list(queries.amendments_of(shown.channel)),
        "history": history_of(subject_of(shown.channel))[:HISTORY_SHOWN],
        "may_repair": may_repair(request.person, shown),
        "is_closed": bool(one and one.of("closed")),
        "is_ending": bool(one and one.of("ending")),
    }


def _repairable_group(request: StaffRequest, channel_id: UUID) -> Group:
    shown = get_group_for(request.person, channel_id)
    if not may_repair(request.person, shown):
        raise Refused(_("This group is kept by others; ask its owner."))
    return shown


@requires(Permission.GROUP_KEEP)
@require_POST
def repair(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    """Have one group made as declared, in the background."""
    shown = _repairable_group(request, channel_id)
    _apply_soon(request, messenger_id=shown.messenger_id, channel_id=str(channel_id), confirmed=True)
    messages.info(request, _("The repair is under way; what it does appears below by itself."))
    return redirect(shown)


@requires(Permission.GROUP_KEEP)
@require_POST
def make_anew(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    """Make a group again that was closed in the messenger."""
    shown = _repairable_group(request, channel_id)
    actions.make_anew(group=shown, actor=request.person.as_actor())
    _apply_soon(request, messenger_id=shown.messenger_id, channel_id=str(channel_id), confirmed=True)
    messages.info(request, _("The group is being made anew."))
    return redirect(shown)


@requires(Permission.GROUP_KEEP)
@require_http_methods(["GET", "POST"])
def close(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    """End a group: close its room, retire its channel."""
    shown = _repairable_group(request, channel_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.close_group(group=shown, reason=form.cleaned_data["reason"], person=request.person)
        except DomainError as refusal:
            show(form, refusal)
        except MessengerFault as fault:
            form.add_error(None, _("The messenger did not do it: %(reason)s") % {"reason": fault})
        else:
            messages.success(request, _("The group is closed."))
            return redirect("groups:groups")
    text = _("The group ends in the messenger and its channel is retired. What was said stays in the archive.")
    return form_page(
        request,
        form,
        title=_("Close the group"),
        text=text,
        save=_("Close the group"),
        back=shown.get_absolute_url(),
        back_label=str(shown),
        active="groups",
    )


@requires(Permission.GROUP_KEEP)
@require_http_methods(["GET", "POST"])
def delegate(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    """Name who owns the group in place of the head."""
    shown = _repairable_group(request, channel_id)
    form = DelegateForm(request.POST or None, initial={"delegate": shown.delegate})
    if request.method == "POST" and form.is_valid():
        try:
            actions.name_delegate(group=shown, delegate=form.cleaned_data["delegate"], actor=request.person.as_actor())
        except DomainError as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("The owner is changed here; the messenger follows."))
            return redirect(shown)
    return form_page(
        request,
        form,
        title=_("Owner of the group"),
        back=shown.get_absolute_url(),
        back_label=str(shown),
        active="groups",
    )


@requires(Permission.GROUP_VIEW_ALL)
@require_GET
def move(request: StaffRequest) -> HttpResponse:
    """What it would mean for groups if somebody moved or left; changes nothing."""
    form = MoveForm(request.GET or None)
    context: dict[str, Any] = {"form": form, "tabs": tabs(request, "groups")}
    if form.is_bound and form.is_valid():
        context["person"], context["to"] = form.cleaned_data["person"], form.cleaned_data["to"]
        context["found"] = simulate_move(form.cleaned_data["person"], form.cleaned_data["to"])
    return render(request, "groups/move.html", context)


# --- runs ---------------------------------------------------------------------------------------------------


@requires(Permission.GROUP_VIEW_ALL)
@require_GET
def runs(request: StaffRequest) -> HttpResponse:
    return render(request, "groups/runs.html", {**_runs_context(request), "tabs": tabs(request, "runs")})


@requires(Permission.GROUP_VIEW_ALL)
@require_GET
def runs_results(request: StaffRequest) -> HttpResponse:
    return render(request, "groups/runs_results.html", _runs_context(request))


def _runs_context(request: StaffRequest) -> dict[str, Any]:
    return {"page": keyset(queries.runs_listed(), order=("-started_at", "-id"), cursor=request.GET.get("cursor"))}


@requires(Permission.GROUP_VIEW_ALL)
@require_GET
def run(request: StaffRequest, run_id: UUID) -> HttpResponse:
    shown = get_run(run_id)
    page = keyset(queries.steps_of(shown), order=("position",), cursor=request.GET.get("cursor"), size=100)
    context = {
        "run": shown,
        "page": page,
        "may_apply": request.user.may(Permission.PLAN_APPLY),
        "tabs": tabs(request, "runs"),
    }
    return render(request, "groups/run.html", context)


@requires(Permission.PLAN_APPLY)
@require_POST
def run_confirm(request: StaffRequest, run_id: UUID) -> HttpResponse:
    """Let a held run be done after all: as things stand now."""
    shown = get_run(run_id)
    if shown.state != shown.State.HELD:
        raise Conflict(_("This run does not wait any more."))
    _apply_soon(request, messenger_id=shown.messenger_id, confirmed=True)
    messages.info(request, _("Under way. What is done appears here by itself."))
    return redirect("groups:runs")


@requires(Permission.PLAN_APPLY)
@require_POST
def run_drop(request: StaffRequest, run_id: UUID) -> HttpResponse:
    shown = get_run(run_id)
    actions.drop_held(run=shown, actor=request.person.as_actor())
    messages.success(request, _("Nothing was changed in the messenger."))
    return redirect("groups:runs")
