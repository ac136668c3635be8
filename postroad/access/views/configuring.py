"""What IT has to set up in the channels by hand."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from postroad.access import actions, queries
from postroad.access.permissions import Permission
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import NotFound, Refused
from postroad.platform.pagination import keyset


@requires(Permission.GRANT_CONFIGURE)
@require_GET
def configure(request: StaffRequest) -> HttpResponse:
    page = keyset(queries.to_configure(), order=("since", "id"), cursor=request.GET.get("cursor"), size=100)
    own = queries.own_of(request.person, page.items)
    return render(request, "access/configure.html", {"page": page, "own": own})


@requires(Permission.GRANT_CONFIGURE)
@require_POST
def configure_done(request: StaffRequest) -> HttpResponse:
    """Note that the chosen grants were set up or taken away."""
    try:
        chosen = [UUID(text) for text in request.POST.getlist("grant")]
    except ValueError:
        raise NotFound(_("There is nothing here.")) from None
    try:
        done = actions.mark_configured(chosen, request.person)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        text = ngettext("%(count)d permission is noted as done.", "%(count)d permissions are noted as done.", len(done))
        messages.success(request, text % {"count": len(done)})
    return redirect("access:configure")
