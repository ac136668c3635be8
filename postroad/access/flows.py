"""The approval flows that an installation starts with for permissions, and where an application is changed."""

from typing import Any

from django.urls import reverse

from postroad.approvals.models import Request
from postroad.channels.flows import TWO_SIGNATURES

# The key of a payload that names whose word is enough in an emergency.
WORD_OF = "word_of"

ONE_WORD: dict[str, Any] = {
    "steps": [
        {
            "name": "行政部负责人或分管领导",
            "name_en": "Administration head or supervising leader",
            "approvers": {"rule": "named_in_request", "field": WORD_OF},
            "mode": "any",
            "due_minutes": 60,
            "remind_minutes": 15,
        }
    ]
}

FLOWS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("access.grant", "权限申请", "Granting permissions", TWO_SIGNATURES),
    ("access.change", "权限变更", "Changing permissions", TWO_SIGNATURES),
    ("access.revoke", "权限收回", "Revoking permissions", TWO_SIGNATURES),
    ("access.emergency", "紧急授权", "Emergency permissions", ONE_WORD),
    ("access.review", "紧急授权复核", "Review of emergency permissions", TWO_SIGNATURES),
)


def application_page(request: Request) -> str:
    """Where a draft or a returned application is looked at and changed."""
    return reverse("access:application", args=[request.pk])
