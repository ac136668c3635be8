import pytest

from postroad.directory.tests.factories import MemoryDirectory, approve, follow, make_source
from postroad.messengers.protocol import registered


@pytest.fixture
def outside(monkeypatch) -> MemoryDirectory:
    """A directory in memory, registered as the connector `memory`. Reads need no real connection."""
    directory = MemoryDirectory()
    monkeypatch.setitem(registered._sources, directory.key, directory)
    return directory


@pytest.fixture
def source(company, outside):
    """A directory that was followed once, with forty people in two departments."""
    outside.add_department("d1", "研发部")
    outside.add_department("d2", "测试组", "d1")
    for number in range(40):
        outside.add(
            f"u{number}", f"员工{number}", staff_no=f"M{number:03}", department_ids=("d2" if number % 2 else "d1",)
        )
    made = make_source(company)
    run = approve(follow(made), company)
    assert run.state == run.State.APPLIED, run.detail
    return made
