"""The pictures in README and docs, taken from a running demo (`make demo` in another terminal)."""

import os
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
ADDRESS = os.environ.get("POSTROAD_URL", "http://localhost:8000")
HOME = Path(os.environ.get("POSTROAD_HOME", ROOT / "var"))
CHROMIUM = os.environ.get("POSTROAD_CHROMIUM", "/usr/bin/chromium")

# picture, who looks, which page
PICTURES = (
    ("board", "yaqin.wang", "/board/"),
    ("cases", "min.wu", "/desk/?view=all"),
    ("case", "min.wu", "/desk/10001/"),
)
LANGUAGES = {"zh": "zh-hans", "en": "en"}
DESKTOP = {"width": 1280, "height": 800}


def main() -> int:
    IMAGES.mkdir(parents=True, exist_ok=True)
    password = (HOME / "secrets" / "demo_password").read_text().strip()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        for name, username, path in PICTURES:
            page = browser.new_context(viewport=DESKTOP).new_page()
            sign_in(page, username=username, password=password)
            for suffix, language in LANGUAGES.items():
                speak(page, language)
                page.goto(ADDRESS + path)
                page.wait_for_load_state("load")
                page.screenshot(path=IMAGES / f"{name}-{suffix}.png")
            speak(page, "zh-hans")
        browser.close()
    return 0


def sign_in(page: Page, *, username: str, password: str) -> None:
    page.goto(ADDRESS)
    page.fill("input[name=login]", username)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{ADDRESS}/")


def speak(page: Page, language: str) -> None:
    """Switches the person's language as they would: by the button in the head of the page."""
    page.goto(ADDRESS)
    if page.locator("html").get_attribute("lang") != language:
        page.locator("button[data-language-switch]").first.click()
        page.wait_for_selector(f"html[lang={language}] main h1")


if __name__ == "__main__":
    sys.exit(main())
