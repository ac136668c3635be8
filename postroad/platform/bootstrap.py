"""Getting Django ready inside a command, with the embedded database running if it is the one in use."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def use_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postroad.settings")
    import django

    django.setup()
    spare_the_collector()


def spare_the_collector() -> None:
    """What is loaded now stays for good: the garbage collector need not look through it again and again."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@contextmanager
def running_database() -> Iterator[None]:
    """Starts the embedded database if it is in use and down, and stops it again if we started it."""
    from django.conf import settings

    from postroad.platform.database.address import uses_embedded_server
    from postroad.platform.database.embedded import EmbeddedServer

    if not uses_embedded_server():
        yield
        return
    server = EmbeddedServer(settings.HOME / "postgres")
    started = server.start()
    try:
        yield
    finally:
        if started:
            from django.db import connections

            connections.close_all()
            server.stop()


def needs_database(command: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """For a command that works on the installation: Django set up, database reachable."""

    @wraps(command)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        use_django()
        with running_database():
            return command(*args, **kwargs)

    return run
