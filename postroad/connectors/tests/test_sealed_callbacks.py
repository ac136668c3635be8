"""Sealed callbacks against every vector that the vendors publish."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.connectors.sealed_callbacks import REPLAY_WINDOW, SealedCallbacks, check_time, key_of
from postroad.messengers.protocol import CallbackRefused

DOCUMENTED = SealedCallbacks("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7")
V1 = {
    "timestamp": "1409659589",
    "nonce": "263014780",
    "encrypted": "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
    "signature": "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
}
V2 = {
    "timestamp": "1409659813",
    "nonce": "1372623149",
    "encrypted": (
        "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/s"
        "YYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJ"
        "YuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGU"
        "callcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDY"
        "A5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q=="
    ),
    "signature": "477715d11cdb4164915debcba66cb864d751f3e6",
}


def test_vector_1_the_url_check_of_the_documentation():
    assert DOCUMENTED.open(**V1) == b"1616140317555161061"


def test_vector_2_the_message_of_the_documentation():
    plain = DOCUMENTED.open(**V2)
    assert hashlib.sha256(plain).hexdigest() == "62f23e2db9188b2883215b599af3d8ffcaa3fae68770c8f84529cfc560683f32"
    assert len(plain) == 284


@pytest.mark.parametrize(
    ("sealed", "parts", "plain"),
    [
        pytest.param(
            SealedCallbacks(
                "hJqcu3uJ9Tn2gXPmxx2w9kkCkCE2EPYo", "6qkdMrq68nTKduznJYO1A37W2oEgpkMUvkttRToqhUt", "ww1436e0e65a779aee"
            ),
            {
                "timestamp": "1476416373",
                "nonce": "47744683",
                "encrypted": "fsi1xnbH4yQh0+PJxcOdhhK6TDXkjMyhEPA7xB2TGz6b+g7xyAbEkRxN/3cNXW9qdqjnoVzEtpbhnFyq6SVHyA==",
                "signature": "012bc692d0a58dd4b10f8dfe5c4ac00ae211ebeb",
            },
            b"1288432023552776189",
            id="vector 3",
        ),
        pytest.param(
            SealedCallbacks(
                "kjr2TKI8umCBfVF3wAHk8JiPwma5VBme", "4Ma3YBrSBbX2aez8MJpXGBne5LSDwgGqHbhM9WPYIws", "ww6a112864f8022910"
            ),
            {
                "timestamp": "1583940690",
                "nonce": "VHh7ymSeb0jc4lSb",
                "encrypted": "6KmUQuPVu7UhjyVqRdbo5SfcRqaHvbUlKSHFvBV2ZuR6TIlKsygcfeSd1GDplg1C5KSKr6UPHCaC/nIX3ZNt9w==",
                "signature": "1ba3cb09c0d2c2b3ed6900d37f91a6efae6cb011",
            },
            b"94966531020182955848408",
            id="vector 4",
        ),
        pytest.param(
            SealedCallbacks("123456", "1234567890123456789012345678901234567890123", "dingsnotzck6pm5veliw"),
            {
                "timestamp": "1614767836",
                "nonce": "A7Co0cJLMzIDtMMI",
                "encrypted": "YvkvaGe4hQxd3VxRmEty0dVlnCOAqwf56xwTRHDHoOURqhalbmBJQk5FNcRk42Gl5T0YQXZNwpwWSm1xAFJ5ZA==",
                "signature": "9a95a004dd16f5c307e849b994173f76aa26e5eb",
            },
            b"success",
            id="DingTalk, with spare bits in the key",
        ),
    ],
)
def test_published_callbacks_open(sealed, parts, plain):
    assert sealed.open(**parts) == plain


def test_vector_5_closing_with_known_salt():
    sealed = SealedCallbacks("any", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wxb11529c136998cb6")
    assert sealed._closed("我是中文abcd123".encode(), b"aaaabbbbccccdddd") == (
        "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
    )


@given(st.binary(max_size=500), st.text("0123456789", min_size=1), st.text(st.characters(codec="utf-8")))
def test_what_is_closed_opens(plain, timestamp, nonce):
    encrypted, signature = DOCUMENTED.close(plain, timestamp=timestamp, nonce=nonce)
    assert DOCUMENTED.open(signature=signature, timestamp=timestamp, nonce=nonce, encrypted=encrypted) == plain


@pytest.mark.parametrize("part", ["signature", "timestamp", "nonce", "encrypted"])
def test_anything_changed_is_refused(part):
    with pytest.raises(CallbackRefused, match="signature"):
        DOCUMENTED.open(**{**V1, part: V1[part][::-1]})


def test_somebody_elses_callback_is_refused():
    other = SealedCallbacks(DOCUMENTED.token, DOCUMENTED.encoding_aes_key, "wx-other")
    with pytest.raises(CallbackRefused, match="another company"):
        other.open(**V1)


@pytest.mark.parametrize("encrypted", ["", "no base64 !", "YWJj", "P9nAzCzyDtyTWESHep1vCw=="])
def test_rightly_signed_nonsense_is_refused(encrypted):
    signature = DOCUMENTED._signature("1", "2", encrypted)
    with pytest.raises(CallbackRefused, match="decrypted"):
        DOCUMENTED.open(signature=signature, timestamp="1", nonce="2", encrypted=encrypted)


def test_a_key_has_43_characters():
    assert len(key_of(DOCUMENTED.encoding_aes_key)) == 32
    for wrong in ("", "abc", DOCUMENTED.encoding_aes_key[:-1], "!" * 43):
        with pytest.raises(ValueError, match=r".+"):
            key_of(wrong)


def test_neither_key_nor_token_is_in_the_representation():
    assert DOCUMENTED.token not in repr(DOCUMENTED)
    assert DOCUMENTED.encoding_aes_key not in repr(DOCUMENTED)


NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "reason"),
    [
        (REPLAY_WINDOW + timedelta(seconds=1), "long ago"),
        (-REPLAY_WINDOW - timedelta(seconds=1), "future"),
        (timedelta(0), None),
        (REPLAY_WINDOW, None),
        (-REPLAY_WINDOW, None),
    ],
)
def test_only_what_was_sent_just_now_passes(age, reason):
    sent_at = str(int((NOW - age).timestamp()))
    if reason is None:
        check_time(sent_at, received_at=NOW)
        return
    with pytest.raises(CallbackRefused, match=reason):
        check_time(sent_at, received_at=NOW)


@pytest.mark.parametrize("nonsense", ["", "-1", "soon", "1e9", "１２３", "9" * 30])
def test_a_time_that_is_none_is_refused(nonsense):
    with pytest.raises(CallbackRefused, match="missing"):
        check_time(nonsense, received_at=NOW)
