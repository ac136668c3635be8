"""Stored content on its way to a browser: to be saved, never to be opened in a page of ours."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header

from postroad.platform import blobs
from postroad.platform.models import Blob

# If a browser shows it after all: nothing runs, nothing is fetched.
POLICY = "default-src 'none'; sandbox"


def save_as(request: HttpRequest, blob: Blob, *, name: str, content_type: str) -> StreamingHttpResponse:
    """Answers with the content of `blob`, a megabyte at a time, for the browser to save as `name`."""
    chunks = blobs.chunks_of(blob)
    # An asynchronous server would gather a synchronous iterator in memory as a whole.
    content = _in_threads(chunks) if isinstance(request, ASGIRequest) else chunks
    response = StreamingHttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response.headers["Content-Length"] = str(blob.size)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


async def _in_threads(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while chunk := await sync_to_async(lambda: next(chunks, b""))():
        yield chunk
