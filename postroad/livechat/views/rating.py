"""How satisfied a visitor was: the question with its words, and the answer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from postroad.channels.models import Channel
from postroad.livechat import limits
from postroad.livechat.actions.rating import rate
from postroad.livechat.ratings import ratings
from postroad.livechat.views.answers import for_visitors, given_in, text_in, visit_in


@for_visitors("GET", "POST")
def rating(request: HttpRequest, chat: Channel) -> HttpResponse:
    visit = visit_in(request, chat, rate=limits.SIGNS)
    if request.method == "POST":
        given = given_in(request)
        score = given.get("score")
        score = score if isinstance(score, int) and not isinstance(score, bool) else 0
        rate(visit=visit, score=score, words=text_in(given, "words"))
        return HttpResponse(status=204)
    keeper = ratings()
    return JsonResponse(
        {
            "question": keeper.question(visit) if keeper and visit.asked_until else "",
            "scale": _("1 is the lowest, 5 the highest"),
            "words": _("What was good, what could be better? (optional)"),
            "send": pgettext("chat", "Send"),
            "thanks": _("Thank you for your answer."),
            "change": _("Change the answer"),
            "failed": _("That did not work. Please try again."),
        }
    )
