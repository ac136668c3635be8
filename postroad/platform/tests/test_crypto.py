import base64
import os
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.platform import crypto
from postroad.platform.models import SubjectKey


def ring_of(*keys: bytes) -> str:
    return ",".join(base64.b64encode(key).decode() for key in keys)


@given(plain=st.binary(max_size=2000), context=st.text(max_size=40))
def test_what_was_sealed_opens_in_its_own_context_only(plain, context):
    sealed = crypto.seal(plain, context=context)
    assert crypto.open_sealed(sealed, context=context) == plain
    with pytest.raises(crypto.CannotOpen):
        crypto.open_sealed(sealed, context=context + "x")


def test_an_altered_value_does_not_open():
    sealed = bytearray(crypto.seal(b"13800138000", context="person.phone"))
    sealed[-1] ^= 1
    with pytest.raises(crypto.CannotOpen, match="altered"):
        crypto.open_sealed(bytes(sealed), context="person.phone")


@pytest.mark.parametrize("garbage", [b"", b"\x01", b"\x01abcd", b"\x02" + bytes(60), bytes(range(80))])
def test_garbage_is_refused_not_a_crash(garbage):
    with pytest.raises(crypto.CannotOpen):
        crypto.open_sealed(garbage, context="x")


def test_an_old_key_still_opens_after_a_new_one_is_put_in_front(settings):
    old, new = os.urandom(32), os.urandom(32)
    settings.KEY_RING = ring_of(old)
    sealed, digest = crypto.seal(b"kept", context="x"), crypto.digest("a@b.cn", context="mail")
    settings.KEY_RING = ring_of(new, old)
    assert crypto.open_sealed(sealed, context="x") == b"kept"
    assert crypto.digest("a@b.cn", context="mail") == digest, "look-ups must survive a rotation"
    settings.KEY_RING = ring_of(new)
    with pytest.raises(crypto.CannotOpen, match="not on POSTROAD_KEY_RING"):
        crypto.open_sealed(sealed, context="x")


@pytest.mark.django_db
def test_destroying_a_subjects_key_erases_its_data_and_nobody_elses():
    keys, erased, kept = crypto.SubjectKeys(), uuid4(), uuid4()
    sealed = {one: keys.seal(one, "13800138000", context="person.phone") for one in (erased, kept)}
    crypto.destroy_subject_key(erased)
    fresh = crypto.SubjectKeys([erased, kept])
    assert fresh.open(kept, sealed[kept], context="person.phone") == "13800138000"
    with pytest.raises(crypto.KeyDestroyed):
        fresh.open(erased, sealed[erased], context="person.phone")
    with pytest.raises(crypto.KeyDestroyed):
        fresh.seal(erased, "again", context="person.phone")


@pytest.mark.django_db
def test_a_thousand_subjects_cost_two_queries(django_assert_num_queries):
    ids = [uuid4() for _ in range(1000)]
    with django_assert_num_queries(2):
        crypto.SubjectKeys(ids, create=True)
    assert SubjectKey.objects.count() == 1000


@pytest.mark.django_db
def test_a_sealed_field_moved_to_another_subject_does_not_open():
    keys, one, other = crypto.SubjectKeys(), uuid4(), uuid4()
    sealed = keys.seal(one, "secret", context="person.phone")
    keys.seal(other, "other", context="person.phone")
    with pytest.raises(crypto.CannotOpen):
        keys.open(other, sealed, context="person.phone")
