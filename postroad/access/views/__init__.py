"""Pages of the permission list."""

from postroad.access.views.applying import (
    application,
    application_discard,
    application_edit,
    application_submit,
    apply,
    change,
    form2_import,
    revoke,
    suggestions,
)
from postroad.access.views.configuring import configure, configure_done
from postroad.access.views.features import feature_review, feature_review_finish, feature_reviews
from postroad.access.views.permission_list import grant, grants, grants_export, grants_results
from postroad.access.views.recertifying import recertification, recertification_start, recertifications, sheet

__all__ = [
    "application",
    "application_discard",
    "application_edit",
    "application_submit",
    "apply",
    "change",
    "configure",
    "configure_done",
    "feature_review",
    "feature_review_finish",
    "feature_reviews",
    "form2_import",
    "grant",
    "grants",
    "grants_export",
    "grants_results",
    "recertification",
    "recertification_start",
    "recertifications",
    "revoke",
    "sheet",
    "suggestions",
]
