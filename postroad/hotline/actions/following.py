"""What follows from how a call stands: a case and a call back owed, a call back kept, or a line in the history.

Called with the caller locked, so that two calls of one number are followed one after the other. All of it may be
repeated: messages have names of their own, and what is settled stays settled.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from postroad.hotline import queries
from postroad.hotline.actions.calling_back import Outcome, begin, belong, close, note_attempt, repeat
from postroad.hotline.actions.saying import say
from postroad.hotline.models import SPOKEN, UNANSWERED, Call, CallBack, CallEvent, Direction, State
from postroad.hotline.registry import case_keeper


def follow(call: Call, *, before: State, source: CallEvent.Source) -> None:
    """Do what follows from a call that has just been told anew; `before` is how it stood before."""
    # Imported records come after the fact, with nobody at the telephone to say how it went.
    over = source == CallEvent.Source.IMPORT
    if call.direction == Direction.OUT:
        _follow_our_own(call, before=before, over=over)
    elif call.is_unanswered:
        _owe_a_call_back(call, before=before)
    elif call.state in SPOKEN:
        _follow_answered(call, over=over)


def _follow_our_own(call: Call, *, before: State, over: bool) -> None:
    """Somebody of ours called a number: who waits there was called back, whether they picked up or not."""
    if call.caller_id is None:
        return
    for standing in queries.open_call_backs(call.caller_id):
        if standing.since > call.started_at:
            continue
        if call.state in SPOKEN:
            belong(call, standing)
            _settle(standing, call, over=over)
        elif call.state in UNANSWERED and before not in UNANSWERED:
            belong(call, standing)
            note_attempt(standing, at=call.started_at, person=call.agent)


def _follow_answered(call: Call, *, over: bool) -> None:
    open_now = queries.open_call_backs(call.caller_id) if call.caller_id else []
    own = next((one for one in open_now if one.pk == call.call_back_id), None)
    if own:
        # It was told as missed, and the word that it had been answered came late.
        close(own, Outcome.WAS_ANSWERED, at=_spoken_at(call), person=call.agent, settled=own.missed == 1)
    for standing in open_now:
        if standing is not own and standing.since <= _spoken_at(call):
            belong(call, standing)
            _settle(standing, call, over=over)
    if call.state == State.ANSWERED:
        say(call, "answered", thread_id=call.call_back.thread_id if call.call_back else "")


def _owe_a_call_back(call: Call, *, before: State) -> None:
    """Nobody answered: the caller is owed a call back. One who tries again is on the list once, with the count.

    Who withheld the number cannot be called back; the figures count the call as missed.
    """
    if call.caller_id is None:
        return
    if call.call_back is None:
        if standing := _standing_with(call):
            repeat(call, standing)
        else:
            _settle_by_what_came_since(begin(call), call)
    if call.state == State.VOICEMAIL and before != State.VOICEMAIL and call.call_back:
        CallBack.objects.filter(pk=call.call_back.pk).update(voicemails=F("voicemails") + 1)
        say(call, "voicemail", thread_id=call.call_back.thread_id)


def _standing_with(call: Call) -> CallBack | None:
    """The call back that this call adds to. One whose case was finished otherwise is over."""
    assert call.caller_id
    for standing in queries.open_call_backs(call.caller_id):
        if standing.channel_id != call.channel_id:
            continue
        case = case_keeper().cases_of([standing.conversation_id]).get(standing.conversation_id)
        if case is None or not case.finished:
            return standing
        close(standing, Outcome.CASE_FINISHED, at=call.missed_at, person=None, settled=False)
    return None


def _settle_by_what_came_since(standing: CallBack, call: Call) -> None:
    """A call told late: if they were spoken to since, that was the call back, early or late as it was."""
    since = Call.objects.filter(caller=call.caller_id, state__in=SPOKEN, test=False, answered_at__gte=call.missed_at)
    if spoken := since.select_related("agent").order_by("answered_at").first():
        belong(spoken, standing)
        _settle(standing, spoken, over=True)


def _settle(standing: CallBack, call: Call, *, over: bool) -> None:
    """They were spoken to. `over`: nobody is there to say that more is to be done."""
    ours = call.direction == Direction.OUT
    outcome = (Outcome.SETTLED if over else Outcome.REACHED) if ours else Outcome.CAME_THROUGH
    close(standing, outcome, at=_spoken_at(call), person=call.agent, settled=over)


def _spoken_at(call: Call) -> datetime:
    return call.answered_at or call.started_at
