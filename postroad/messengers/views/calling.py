"""Where messengers call us. Who calls proves it by the signature that the messenger's connector checks."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_noop
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from postroad.channels.actions import passing_faults
from postroad.channels.protocol import TemporarilyUnavailable
from postroad.messengers import actions, queries
from postroad.messengers.protocol import Callback, CallbackRefused
from postroad.platform.authorisation import public

# A Matrix homeserver sends up to 100 events of up to 64 KB at once, and the same again until they are taken.
LARGEST_BODY = 8 * 1024 * 1024
TOO_LARGE = gettext_noop("too large")


@public(reason="Messengers call it; each call is verified by the signature of that messenger.")
@csrf_exempt
@require_http_methods(["GET", "POST", "PUT"])
def callback(request: HttpRequest, key: str, rest: str = "") -> HttpResponse:
    messenger = queries.by_key(key)
    if messenger is None:
        return HttpResponse(status=404)
    body = request.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        actions.refuse_callback(messenger=messenger, reason=TOO_LARGE)
        return HttpResponse(status=413)
    told = Callback(
        method=str(request.method),
        path=rest,
        query=request.GET.dict(),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
        received_at=timezone.now(),
    )
    try:
        with passing_faults():
            reply = actions.receive_callback(messenger=messenger, callback=told)
    except CallbackRefused as refusal:
        return HttpResponse(status=refusal.status)
    except TemporarilyUnavailable:
        return HttpResponse(status=503)
    return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
