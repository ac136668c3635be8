from postroad.supervision.views.exports import export_behind, export_report
from postroad.supervision.views.reports import behind, figure, reports
from postroad.supervision.views.screens import revoke_screen, screen, screen_now, screens
from postroad.supervision.views.wallboard import wallboard, wallboard_now

__all__ = [
    "behind",
    "export_behind",
    "export_report",
    "figure",
    "reports",
    "revoke_screen",
    "screen",
    "screen_now",
    "screens",
    "wallboard",
    "wallboard_now",
]
