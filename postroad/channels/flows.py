"""The approval flows that an installation starts with for channels, and where a returned request is changed."""

from typing import Any

from django.urls import reverse

from postroad.approvals.models import Request

WORKING_DAY_MINUTES = 8 * 60

# The Administration head, then the supervising leader of the applicant's department.
TWO_SIGNATURES: dict[str, Any] = {
    "steps": [
        {
            "name": "行政部负责人",
            "name_en": "Administration head",
            "approvers": {"rule": "role", "role": "administration_head"},
            "mode": "any",
            "due_minutes": 2 * WORKING_DAY_MINUTES,
            "remind_minutes": WORKING_DAY_MINUTES,
        },
        {
            "name": "分管领导",
            "name_en": "Supervising leader",
            "approvers": {"rule": "supervising_leader"},
            "mode": "any",
            "due_minutes": 2 * WORKING_DAY_MINUTES,
            "remind_minutes": WORKING_DAY_MINUTES,
        },
    ]
}


def revise_page(request: Request) -> str:
    """Where a returned application is changed."""
    return reverse("channels:revise", args=[request.subject_id])


def edit_page(request: Request) -> str:
    """Where a returned change is changed."""
    return reverse("channels:edit", args=[request.subject_id])
