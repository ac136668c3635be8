"""Hostile HTML, sanitised, in a real browser with nothing else to protect it: no script runs, nothing is fetched."""

import json
from pathlib import Path

import pytest

from postroad.conversations.sanitise import sanitised

PAYLOADS = Path(__file__).resolve().parents[2] / "../shared/corpora/xss/payloads.json"
TRAP = '<script>window.ran = true</script><img src=x onerror="window.ran = true">'
TRACKER = '<img src="https://tracker.test/a.gif"><p style="background:url(https://tracker.test/b.gif)">x</p>'


@pytest.mark.skipif(not PAYLOADS.exists(), reason="the shared corpora are not here")
def test_sanitised_html_runs_nothing_and_fetches_nothing(browser):
    payloads = [one["payload"] for one in json.loads(PAYLOADS.read_text())]
    fetched, dialogs = [], []
    page = browser.new_page()
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.route("**/*", lambda route: (fetched.append(route.request.url), route.abort()))

    page.set_content(TRAP + TRACKER)
    page.wait_for_function("window.ran === true")
    assert any("tracker.test" in address for address in fetched), "the traps work"

    page.evaluate("window.ran = undefined")
    fetched.clear()
    for payload in [*payloads, TRAP, TRACKER]:
        page.set_content(f"<!doctype html><body>{sanitised(payload) or ''}")
        page.evaluate("for (const one of document.querySelectorAll('a, [tabindex]')) one.focus()")
    page.wait_for_timeout(300)
    assert dialogs == []
    assert page.evaluate("window.ran") is None
    assert fetched == []
    page.close()
