"""System checks of the board."""

from __future__ import annotations

from typing import Any

from django.core import checks

from postroad.board.standard import controls
from postroad.platform.measures import registered_measures


@checks.register("postroad")
def measures_are_of_the_standard(**_kwargs: Any) -> list[checks.CheckMessage]:
    return [
        checks.Error(f"{key} is measured, but the standard has no such control.", id="board.E001")
        for key in registered_measures()
        if key not in controls()
    ]
