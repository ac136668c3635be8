"""The ASGI application: pages and the live stream, and in front of them the streams of live chat's visitors."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postroad.settings")

_django = get_asgi_application()

from django.urls import get_resolver  # noqa: E402 - models exist only once Django is set up

from postroad.livechat.streams import VisitorsDoor  # noqa: E402 - the same

# All pages are loaded before the first request, which would wait for seconds, and all that come meanwhile with it.
get_resolver().url_patterns  # noqa: B018 - read for what reading it loads

application = VisitorsDoor(_django)
