import os

import pytest
from django.core.files.storage import storages

from postroad.platform import blobs
from postroad.platform.crypto import CannotOpen
from postroad.platform.models import Blob

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_storage(tmp_path, monkeypatch):
    storage = storages.create_storage(
        {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    )
    monkeypatch.setattr(blobs, "default_storage", storage)


@pytest.mark.parametrize(
    "size", [0, 1, blobs.INLINE_BYTES, blobs.INLINE_BYTES + 1, blobs.FRAME_BYTES, blobs.FRAME_BYTES * 2 + 5]
)
def test_content_of_any_size_comes_back_unaltered(size):
    data = os.urandom(size)
    blob = Blob.objects.get(pk=blobs.store(data).pk)
    assert blobs.read(blob) == data
    assert blob.size == size


def test_a_stream_gives_the_same_blob_as_its_bytes():
    data = os.urandom(3_000_000)
    whole = blobs.store(data)
    streamed = blobs.store_stream(data[start : start + 777_777] for start in range(0, len(data), 777_777))
    assert streamed.pk == whole.pk


def test_equal_contents_are_kept_once_and_leave_no_stray_file(tmp_path):
    data = os.urandom(blobs.INLINE_BYTES * 3)
    first, second, third = blobs.store(data), *blobs.store_many([data, data])
    assert first.pk == second.pk == third.pk
    assert Blob.objects.count() == 1
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == 1


def test_many_small_contents_cost_the_same_number_of_queries(django_assert_num_queries):
    for number in (3, 30):
        with django_assert_num_queries(2):
            kept = blobs.store_many([os.urandom(100) for _ in range(number)])
        assert len({blob.pk for blob in kept}) == number


def test_nothing_readable_lies_in_the_row_or_in_the_file(tmp_path):
    small, large = b"needle" * 100, b"needle" * 100_000
    row = blobs.store(small)
    blobs.store(large)
    assert b"needle" not in bytes(Blob.objects.get(pk=row.pk).sealed)
    (file,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert b"needle" not in file.read_bytes()


def test_a_file_altered_on_disk_is_noticed(tmp_path):
    blob = blobs.store(os.urandom(200_000))
    (file,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    content = bytearray(file.read_bytes())
    content[1000] ^= 1
    file.chmod(0o600)
    file.write_bytes(content)
    with pytest.raises(CannotOpen):
        blobs.read(Blob.objects.get(pk=blob.pk))
