"""Whether text can be read on a colour (WCAG 2.2, 1.4.3). Pure."""

from __future__ import annotations

ENOUGH = 4.5
WHITE, DARK = "#ffffff", "#111827"


def luminance(colour: str) -> float:
    """The relative luminance of `#rrggbb`, 0 black to 1 white."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def text_on(colour: str) -> str:
    """White or near-black, whichever reads better on a colour; one of them always reads well enough."""
    return max(WHITE, DARK, key=lambda text: contrast(colour, text))


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB's own figures
