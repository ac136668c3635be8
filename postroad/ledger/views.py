"""The evidence as a list, and each entry with its proof."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from postroad.ledger.forms import EvidenceFilter
from postroad.ledger.permissions import Permission, get_entry
from postroad.ledger.queries import Proof, entries, inclusion_proof, latest_head
from postroad.ledger.verification import Broken, check_proof
from postroad.platform.authorisation import requires
from postroad.platform.errors import Conflict
from postroad.platform.pagination import keyset


@require_safe
@requires(Permission.VIEW)
def entry_list(request: HttpRequest) -> HttpResponse:
    return render(request, "ledger/entries.html", _listed(request) | {"head": latest_head()})


@require_safe
@requires(Permission.VIEW)
def entry_list_results(request: HttpRequest) -> HttpResponse:
    return render(request, "ledger/entries_results.html", _listed(request))


@require_safe
@requires(Permission.VIEW)
def entry(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = get_entry(uuid)
    context: dict[str, Any] = {"entry": found, "data": json.dumps(found.data, ensure_ascii=False, indent=2)}
    try:
        context["proof"] = inclusion_proof(found)
        check_proof(context["proof"].document)
    except Conflict as waiting:
        context["waiting"] = waiting.message
    except Broken as broken:
        context["broken"] = str(broken)
    return render(request, "ledger/entry.html", context)


@require_safe
@requires(Permission.VIEW)
def proof(request: HttpRequest, uuid: UUID) -> HttpResponse:
    del request
    found: Proof = inclusion_proof(get_entry(uuid))
    response = JsonResponse(found.document, json_dumps_params={"ensure_ascii": False, "indent": 2})
    response["Content-Disposition"] = f'attachment; filename="proof-{uuid}.json"'
    return response


def _listed(request: HttpRequest) -> dict[str, Any]:
    form = EvidenceFilter(request.GET)
    page = keyset(entries(**form.criteria), order=("-at", "-seq"), cursor=request.GET.get("cursor"))
    return {"form": form, "page": page, "filtered": bool(form.criteria)}
