"""Origins, identities, colours, positions: what needs no database."""

import time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.livechat import colours, identity, origins, tokens
from postroad.livechat.queries import Position
from postroad.livechat.uploads import safe_name
from postroad.platform.ids import new_id


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://www.example.com", "https://www.example.com"),
        (" HTTPS://WWW.Example.COM/ ", "https://www.example.com"),
        ("https://example.com:443", "https://example.com"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("https://例子.测试", "https://xn--fsqu00a.xn--0zwm56d"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_sites_are_kept_as_browsers_send_them(text, origin):
    assert origins.normalised(text) == origin


@pytest.mark.parametrize(
    "text", ["", "example.com", "ftp://example.com", "https://a.test/path", "https://u@a.test", "*"]
)
def test_what_is_no_site_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        origins.normalised(text)


@pytest.mark.parametrize("origin", ["null", "https://www.company.test.evil.test", "http://www.company.test"])
def test_nothing_that_only_looks_like_an_allowed_site_is_let_in(origin):
    assert not origins.is_allowed(origin, allowed=["https://www.company.test"], own="http://localhost:8000")


CLAIM = {"id": "42", "name": "李雷", "mail": "", "exp": int(time.time()) + 86400}


def test_an_identity_is_read_only_with_the_right_key_in_time_and_whole():
    token = identity.signed(CLAIM, secret="key")
    assert identity.read(token, secret="key").name == "李雷"
    assert identity.read(token, secret="other") is None
    assert identity.read(token, secret="") is None
    assert identity.read(token, secret="key", now=time.time() + 86401) is None
    assert identity.read(identity.signed({"id": "42", "name": "x"}, secret="key"), secret="key") is None
    assert identity.read(identity.signed(CLAIM | {"id": ""}, secret="key"), secret="key") is None
    assert identity.read(identity.signed(CLAIM | {"name": ["x"]}, secret="key"), secret="key") is None


@given(st.text(max_size=200))
def test_no_text_is_taken_for_an_identity_or_a_link(text):
    assert identity.read(text, secret="key") is None
    assert tokens.visit_of(text) is None


@given(st.integers(0, 0xFFFFFF))
def test_text_on_any_colour_can_be_read(number):
    colour = f"#{number:06x}"
    assert colours.contrast(colours.text_on(colour), colour) >= colours.ENOUGH - 0.3


def test_the_contrast_is_that_of_the_standard():
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@given(st.lists(st.uuids(), unique=True, max_size=12), st.data())
def test_a_position_loses_nothing_whatever_becomes_visible_late(ids, data):
    """What was told up to a position is known exactly, or everything is told again."""
    told = data.draw(st.lists(st.sampled_from(ids), unique=True)) if ids else []
    position = Position(len(told), max(told, default=None))
    believed = Position.read(str(position)).told(ids)
    assert believed in (set(told), set())
    if told == sorted(ids)[: len(told)]:
        assert believed == set(told)


def test_a_late_message_makes_everything_be_told_again():
    early, late = sorted([new_id(), new_id()])
    position = Position(1, late)
    assert position.told([late]) == {late}
    assert position.told([early, late]) == set()


@pytest.mark.parametrize("text", ["", "1", "x.y", "1.nonsense", f"99999999.{UUID(int=1).hex}"])
def test_a_strange_position_is_the_beginning(text):
    assert Position.read(text) == Position()


def test_names_of_files_carry_no_path_and_no_trick():
    assert safe_name("../../etc/passwd") == "passwd"
    assert safe_name("C:\\a\\b.png") == "b.png"
    assert "\u202e" not in safe_name("photo\u202egnp.exe")
