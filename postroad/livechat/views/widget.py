"""The widget itself: the script that sites embed, and a page of ours around it."""

from __future__ import annotations

import gzip
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags, quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from postroad.livechat import queries, texts
from postroad.platform.authorisation import public
from postroad.platform.errors import NotFound

BUILT = Path(settings.BASE_DIR) / "postroad" / "web" / "static" / "web" / "dist" / "widget.js"
KEPT_SECONDS = 600


@require_safe
@public(reason="Web sites embed it; it holds nothing but code.")
def script(request: HttpRequest) -> HttpResponse:
    """The widget under an address that never changes; browsers ask again after ten minutes."""
    if not BUILT.exists():
        raise NotFound(_("The widget is not built: run npm run build."))
    plain, packed, etag = _built(BUILT.stat().st_mtime_ns)
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        response = HttpResponse(status=304)
    elif "gzip" in request.headers.get("Accept-Encoding", ""):
        response = HttpResponse(packed, content_type="text/javascript; charset=utf-8")
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = HttpResponse(plain, content_type="text/javascript; charset=utf-8")
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


@require_safe
@public(reason="A chat opened by its link has this page; it shows only what the visitor's own key opens.")
def page(request: HttpRequest, key: str) -> HttpResponse:
    """The chat as a page of its own: where a link to another device leads, or a company without a site."""
    chat = queries.chat_by_key(key)
    if chat is None:
        raise NotFound(_("There is no such chat."))
    return render(request, "livechat/page.html", {"chat": chat, "title": texts.title(texts.settings_of(chat))})


@cache
def _built(changed: int) -> tuple[bytes, bytes, str]:
    del changed
    plain = BUILT.read_bytes()
    # Without a time in it, so that every process packs the same bytes.
    return plain, gzip.compress(plain, 9, mtime=0), quote_etag(sha256(plain).hexdigest()[:32])
