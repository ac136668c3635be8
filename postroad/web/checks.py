"""System checks of the shell."""

from __future__ import annotations

from typing import Any

from django.core import checks

from postroad.web.icons import ICONS_FILE


@checks.register("postroad")
def front_end_is_built(**_kwargs: Any) -> list[checks.CheckMessage]:
    if ICONS_FILE.exists():
        return []
    return [
        checks.Warning(
            "The front end is not built: pages come without style, icons and live updates.",
            hint="Run `npm ci && npm run build` (or `make frontend`) in the project's root.",
            id="web.W001",
        )
    ]
