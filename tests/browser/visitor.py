"""A person at a browser, and what must never happen on any page they open."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.browser.installation import Installation

ROOT = Path(__file__).resolve().parent.parent.parent
SHOTS = ROOT / "screenshots" / "browser"
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
PASSWORD = "correct horse battery 42"
PATIENCE_MS = 40_000
LATENCY_MS = int(os.environ.get("POSTROAD_TEST_LATENCY_MS", "0"))
SERIOUS = {"serious", "critical"}

# Answers with a status of 4xx that a journey asks for are no fault of the page.
# The last two: a request that is given up because its page is left.
EXPECTED_NOISE = (
    "status of 404",
    "status of 403",
    "status of 409",
    "status of 422",
    "htmx:sendAbort",
    "htmx:afterRequest",
)

LISTEN_TO_POLICY = """
window.policyBreaches = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.policyBreaches.push(`${event.violatedDirective} ${event.blockedURI || event.sourceFile}`));
"""

# Like a person, a test acts on a page whose scripts have run, which is before DOMContentLoaded: until then nothing on it
# is visible. Else a key that is pressed right after a link was followed does what it does without scripts.
HIDE_UNTIL_READY = """
if (window === top) {
  const hidden = new CSSStyleSheet();
  hidden.replaceSync("html { visibility: hidden }");
  document.adoptedStyleSheets.push(hidden);
  document.addEventListener("DOMContentLoaded", () => hidden.replaceSync(""));
}
"""


def take_the_slow_line(page: Page) -> None:
    """With POSTROAD_TEST_LATENCY_MS every answer comes that much later and nothing is cached, as over a bad line."""
    if not LATENCY_MS:
        return
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    unlimited = {"downloadThroughput": -1, "uploadThroughput": -1}
    line.send("Network.emulateNetworkConditions", {"offline": False, "latency": LATENCY_MS, **unlimited})


@cache
def axe_source() -> str:
    return (ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


class Visitor:
    """One browser context; `page` is Playwright's page. `close` tells what went wrong meanwhile."""

    def __init__(self, browser: Browser, installation: Installation, *, language: str, phone: bool) -> None:
        self.installation = installation
        self.language = language
        self.phone = phone
        self.context = browser.new_context(
            viewport=PHONE if phone else DESKTOP,
            is_mobile=phone,
            has_touch=phone,
            locale="zh-CN" if language == "zh-hans" else "en-GB",
            timezone_id="Asia/Shanghai",
            base_url=installation.url,
        )
        self.context.add_cookies([{"name": "django_language", "value": language, "url": installation.url}])
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.add_init_script(LISTEN_TO_POLICY)
        self.context.add_init_script(HIDE_UNTIL_READY)
        self.page: Page = self.context.new_page()
        take_the_slow_line(self.page)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self._troubles.append(f"script error: {error}"))
        self._troubles: list[str] = []

    def sign_in(self, name: str) -> None:
        """By the form the first time; later visits of the same person go on in that session."""
        if session := self.installation.sessions.get(name):
            self.context.add_cookies([{"name": "sessionid", "value": session, "url": self.installation.url}])
            self.open("/")
        else:
            self._fill_in_the_form(name)
        expect(self.page.locator("main h1")).to_be_visible()
        expect(self.page.locator("input[name=password]")).to_have_count(0)
        self.installation.sessions[name] = self._cookie("sessionid")
        self._speak(self.language)

    def _fill_in_the_form(self, name: str) -> None:
        self.open("/")
        self.page.locator("input[name=login]").fill(name)
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.locator("form").filter(has=self.page.locator("input[name=password]")).locator("button").first.click()
        expect(self.page.locator("main h1")).to_be_visible()
        expect(self.page.locator("input[name=password]")).to_have_count(0)

    def _cookie(self, name: str) -> str:
        [value] = [cookie["value"] for cookie in self.context.cookies() if cookie.get("name") == name]
        return value

    def _speak(self, language: str) -> None:
        """By the switch in the top bar, which on a phone may lie in a menu: the choice of the last visit stays."""
        if self.page.locator("html").get_attribute("lang") != language:
            self.page.locator("[data-language-switch]").first.dispatch_event("click")
            expect(self.page.locator("html")).to_have_attribute("lang", language)
            expect(self.page.locator("main h1")).to_be_visible()

    def open(self, path: str) -> None:
        response = self.page.goto(path)
        assert response is not None
        assert response.ok, f"{path} answered {response.status}"

    def inspect(self, name: str = "") -> None:
        """Fail on what axe-core finds serious on the page as it is now, and on anything wider than the screen.

        With a name the page is pictured too.
        """
        self._collect_breaches()
        if name:
            self.picture(name)
        self.page.evaluate(axe_source())
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious = [one for one in found["violations"] if one["impact"] in SERIOUS]
        told = [
            f"{one['id']}: {one['help']}: {json.dumps([node['html'][:160] for node in one['nodes'][:3]])}"
            for one in serious
        ]
        assert not serious, f"{self.page.url}\n" + "\n".join(told)
        width = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width <= 0, f"{self.page.url} is {width} px wider than the screen"

    def picture(self, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    def close(self) -> list[str]:
        self._collect_breaches()
        self.context.close()
        return self._troubles

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(noise in message.text for noise in EXPECTED_NOISE):
            self._troubles.append(f"console: {message.text} ({self.page.url})")

    def _collect_breaches(self) -> None:
        breaches = self.page.evaluate("window.policyBreaches ? window.policyBreaches.splice(0) : []")
        self._troubles += [f"content security policy: {one} ({self.page.url})" for one in breaches]
