import pytest

from postroad.approvals.tests.factories import Effects, use_effects


@pytest.fixture
def effects(monkeypatch, settings) -> Effects:
    """The tests' kind of request is registered, its summary template can be found."""
    from pathlib import Path

    templates = dict(settings.TEMPLATES[0])
    templates["DIRS"] = [Path(__file__).parent / "templates"]
    settings.TEMPLATES = [templates]
    return use_effects(monkeypatch)
