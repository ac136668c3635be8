"""Pages of the patrol: whose groups, one group's day, what to do about a finding, and the words looked for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from postroad.messengers.protocol import Feature, MessengerFault
from postroad.org.models import today
from postroad.org.permissions import person_may
from postroad.patrol import actions, queries
from postroad.patrol.checks import look
from postroad.patrol.forms import FindingForm, TryForm, WordsForm
from postroad.patrol.models import Finding, Kind
from postroad.patrol.permissions import Permission, get_finding_for, get_round_for
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict, Invalid, Refused

if TYPE_CHECKING:
    from postroad.org.middleware import StaffRequest

DEALINGS = {
    Finding.Outcome.DISMISSED: actions.dismiss,
    Finding.Outcome.REMINDED: actions.remind,
    Finding.Outcome.REDACTED: actions.redact,
    Finding.Outcome.REMOVED: actions.remove_author,
}


@require_safe
@requires(Permission.PATROL)
def rounds(request: StaffRequest) -> HttpResponse:
    """The groups one patrols, what is to be dealt with first."""
    context = {
        "standings": queries.standings(request.person),
        "may_edit_words": person_may(request.person, Permission.WORDS_EDIT),
    }
    return render(request, "patrol/rounds.html", context)


@require_safe
@requires(Permission.PATROL)
def rounds_results(request: StaffRequest) -> HttpResponse:
    return render(request, "patrol/rounds_results.html", {"standings": queries.standings(request.person)})


@require_safe
@requires(Permission.PATROL)
def channel(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    """What was said in a group on a day (default: yesterday), and everything found that is not dealt with yet."""
    patrolled = get_round_for(request.person, channel_id)
    day = _day(request)
    room = queries.room_of(patrolled.channel)
    features = queries.features_of(room)
    open_findings = list(queries.open_findings(patrolled.channel))
    return render(
        request,
        "patrol/channel.html",
        {
            "round": patrolled,
            "channel": patrolled.channel,
            "day": day,
            "before": day - timedelta(days=1),
            "after": day + timedelta(days=1) if day < today() else None,
            "shown": queries.said_on(patrolled.channel, day),
            "open_findings": open_findings,
            "occurrence": queries.occurrences_today([patrolled.duty_id]).get(patrolled.duty_id),
            "may_redact": Feature.REDACT_OTHERS in features,
            "may_remove": Feature.REMOVE_MEMBER in features,
            "hears_all": Feature.RECEIVE_GROUP_MESSAGES in features,
            "reminder": _("Please keep this group to work. Thank you."),
        },
    )


@require_POST
@requires(Permission.PATROL)
def deal(request: StaffRequest, finding_id: UUID) -> HttpResponse:
    """Do what was chosen about a finding."""
    finding = get_finding_for(request.person, finding_id)
    form = FindingForm(request.POST)
    if not form.is_valid():
        raise Invalid({"outcome": _("Choose what is to be done.")})
    outcome = Finding.Outcome(form.cleaned_data["outcome"])
    try:
        DEALINGS[outcome](finding=finding, person=request.person, reason=form.cleaned_data["reason"])
    except Invalid as refusal:
        messages.error(request, " ".join(refusal.fields.values()))
    except (Conflict, Refused) as refusal:
        messages.error(request, str(refusal))
    except MessengerFault as fault:
        messages.error(request, _("The messenger did not do it: %(reason)s") % {"reason": fault})
    else:
        messages.success(request, outcome.label)
    return redirect("patrol:channel", finding.channel_id)


@require_POST
@requires(Permission.PATROL)
def finish(request: StaffRequest, channel_id: UUID) -> HttpResponse:
    """Say that the group was patrolled today."""
    patrolled = get_round_for(request.person, channel_id)
    try:
        actions.finish(round_=patrolled, person=request.person)
    except Conflict as refusal:
        messages.error(request, str(refusal))
        return redirect(patrolled)
    messages.success(request, _("%(group)s is patrolled for today.") % {"group": patrolled.channel})
    return redirect("patrol:rounds")


@require_http_methods(["GET", "POST"])
@requires(Permission.WORDS_EDIT)
def words(request: StaffRequest) -> HttpResponse:
    """The words that the patrol looks for, and a sentence to try them on."""
    known = {kind.value: "\n".join(some) for kind, some in queries.word_lists().items()}
    form = WordsForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            for kind, some in form.words().items():
                actions.set_words(kind=kind, words=some, actor=request.person.as_actor())
        except Invalid as refusal:
            form.add_error(kind.value, refusal.fields["words"])
        else:
            messages.success(request, _("The patrol looks for these words from the next message on."))
            return redirect("patrol:words")
    tried = TryForm(request.GET or None)
    text = tried.cleaned_data["text"] if tried.is_valid() else ""
    found = look([text])[0] if text else []
    return render(
        request,
        "patrol/words.html",
        {
            "form": form,
            "tried": tried,
            "text": text,
            "places": [[one.start, one.end] for one in found],
            "kinds": [Kind(kind).label for kind in sorted({one.kind for one in found})],
        },
    )


def _day(request: StaffRequest) -> date:
    """The day asked for, never one to come; the last one before today when none or nonsense is asked for."""
    try:
        asked = parse_date(request.GET.get("day", ""))
    except ValueError:
        asked = None
    return min(asked, today()) if asked else today() - timedelta(days=1)
