import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from postroad.desk.attachments import LARGEST_TOTAL, LONGEST_NAME, require_sendable, safe_name
from postroad.platform.errors import Invalid


def file(name="报价.pdf", content=b"%PDF-1.7"):
    return SimpleUploadedFile(name, content)


def test_ordinary_files_may_go_out():
    require_sendable([file(), file("photo.JPG")], held=LARGEST_TOTAL - 100)


@pytest.mark.parametrize("name", ["setup.exe", "SETUP.EXE", "note.pdf.js", "link.lnk"])
def test_programs_are_refused_by_name(name):
    with pytest.raises(Invalid) as refused:
        require_sendable([file(name)], held=0)
    assert name in refused.value.fields["files"]


def test_an_empty_file_is_refused():
    with pytest.raises(Invalid):
        require_sendable([file(content=b"")], held=0)


def test_what_waits_with_the_draft_counts_towards_the_limit():
    with pytest.raises(Invalid):
        require_sendable([file()], held=LARGEST_TOTAL)


@given(st.text())
def test_a_name_never_carries_a_path_or_control_characters(name):
    safe = safe_name(name)
    assert safe
    assert len(safe) <= LONGEST_NAME
    assert not set(safe) & {"/", "\\", "\n", "\r", "\0"}


def test_a_long_name_keeps_its_ending():
    assert safe_name("很" * 300 + ".xlsx").endswith(".xlsx")
