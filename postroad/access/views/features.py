"""The monthly review of the messengers' social features."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from postroad.access import actions, queries
from postroad.access.features import FEATURES
from postroad.access.forms import FeatureForm
from postroad.access.models import FeatureReview
from postroad.access.permissions import Permission, get_feature_review_for
from postroad.org.middleware import StaffRequest
from postroad.platform.authorisation import requires
from postroad.platform.errors import Invalid


@requires(Permission.FEATURES_VIEW)
@require_GET
def feature_reviews(request: StaffRequest) -> HttpResponse:
    return render(request, "access/feature_reviews.html", {"reviews": list(queries.feature_reviews()[:36])})


@requires(Permission.FEATURES_VIEW)
@require_GET
def feature_review(request: StaffRequest, review_id: UUID) -> HttpResponse:
    review = get_feature_review_for(request.person, review_id)
    return _page(request, review, _forms(request, queries.findings_before(review)))


@requires(Permission.FEATURES_REVIEW)
@require_POST
def feature_review_finish(request: StaffRequest, review_id: UUID) -> HttpResponse:
    review = get_feature_review_for(request.person, review_id)
    forms = _forms(request, {})
    faulty = [form for form in forms if not form.is_valid()]
    if not faulty:
        try:
            actions.finish_feature_review(
                review=review, findings={form.messenger: form.findings() for form in forms}, person=request.person
            )
        except Invalid as refusal:
            _show(refusal, forms)
        else:
            messages.success(request, _("The review is on record."))
            return redirect("access:feature_reviews")
    return _page(request, review, forms)


def _forms(request: StaffRequest, known: Mapping[str, Any]) -> list[FeatureForm]:
    """A form for each messenger, filled with what was found the month before."""
    data = request.POST if request.method == "POST" else None
    return [
        FeatureForm(data, prefix=f"m{number}", messenger=name, initial=FeatureForm.initial_of(known.get(name, {})))
        for number, name in enumerate(queries.messengers_to_review())
    ]


def _show(refusal: Invalid, forms: list[FeatureForm]) -> None:
    by_name = {form.messenger: form for form in forms}
    for key, message in refusal.fields.items():
        name, _dot, feature = key.rpartition(".")
        target = by_name.get(name, forms[0])
        target.add_error(f"{feature}-state" if feature in FEATURES else None, message)


def _page(request: StaffRequest, review: FeatureReview, forms: list[FeatureForm]) -> HttpResponse:
    faulty = any(form.errors for form in forms)
    context = {
        "review": review,
        "forms": forms,
        "faulty": faulty,
        "may_review": request.user.may(Permission.FEATURES_REVIEW) and review.reviewed_at is None,
        "found": queries.findings_shown(review),
    }
    return render(request, "access/feature_review.html", context, status=422 if faulty else 200)
