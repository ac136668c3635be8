"""Tabler's outline icons by name, written by the front-end build as `dist/icons.json`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

ICONS_FILE = Path(__file__).parent / "static" / "web" / "dist" / "icons.json"


@cache
def icon_shapes() -> dict[str, str]:
    """The inner SVG of every icon; empty while the front end is not built (a system check says so)."""
    if not ICONS_FILE.exists():
        return {}
    shapes: dict[str, str] = json.loads(ICONS_FILE.read_text(encoding="utf-8"))
    return shapes
