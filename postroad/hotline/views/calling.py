"""Where telephone systems tell of calls. Who tells proves it by a signature with that hotline's secret."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from postroad.channels.actions import passing_faults
from postroad.channels.protocol import TemporarilyUnavailable
from postroad.hotline import actions, queries
from postroad.platform.authorisation import public


@public(reason="Telephone systems call it; each request is signed with the secret of that hotline.")
@csrf_exempt
@require_POST
def events(request: HttpRequest, key: str) -> HttpResponse:
    line = queries.line_to_serve(key)
    if line is None:
        return JsonResponse({"error": "no-such-hotline", "message": "No hotline is connected here."}, status=404)
    try:
        with passing_faults():
            reply = actions.receive(
                line=line,
                timestamp=request.headers.get("X-Postroad-Timestamp", ""),
                signature=request.headers.get("X-Postroad-Signature", ""),
                body=request.read(actions.LARGEST_BODY + 1),
            )
    except TemporarilyUnavailable:
        return JsonResponse({"error": "unavailable", "message": "Try again in a moment."}, status=503)
    return JsonResponse(reply.content, status=reply.status)
