from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone


@pytest.fixture
def time_machine_at() -> Callable[..., AbstractContextManager[None]]:
    """For being so much later inside a block, given as a timedelta is."""

    @contextmanager
    def later(**span: int) -> Iterator[None]:
        with time_machine.travel(timezone.now() + timedelta(**span), tick=False):
            yield

    return later
