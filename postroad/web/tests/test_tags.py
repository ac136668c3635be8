"""Times, durations, countdowns, masks and form controls."""

import datetime as dt

import pytest
import time_machine
from bs4 import BeautifulSoup
from django import forms
from django.template import TemplateSyntaxError
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from postroad.web.icons import icon_shapes
from postroad.web.templatetags import postroad as tags

NOON = dt.datetime(2025, 5, 20, 4, 0, tzinfo=dt.UTC)  # 12:00 in Shanghai


@pytest.fixture(autouse=True)
def _at_noon():
    with time_machine.travel(NOON, tick=False), translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("moment", "english", "chinese"),
    [
        (NOON - dt.timedelta(hours=2), "10:00", "10:00"),
        (NOON - dt.timedelta(hours=13), "19 May 23:00", "5月19日 23:00"),
        (NOON - dt.timedelta(days=200), "1 Nov 2024 12:00", "2024年11月1日 12:00"),
    ],
)
def test_a_moment_is_shown_in_local_time_as_short_as_can_be(moment, english, chinese):
    assert BeautifulSoup(tags.local_time(moment), "html.parser").text == english
    with translation.override("zh-hans"):
        assert BeautifulSoup(tags.local_time(moment), "html.parser").text == chinese


def test_no_moment_is_shown_as_nothing():
    assert tags.local_time(None) == tags.local_date(None) == tags.duration(None) == ""


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "0 s", "0 秒"),
        (59, "59 s", "59 秒"),
        (9 * 60 + 12, "9 min 12 s", "9 分 12 秒"),
        (10 * 60 + 12, "10 min", "10 分"),
        (2 * 3600 + 5 * 60, "2 h 5 min", "2 小时 5 分"),
        (3 * 86400 + 4 * 3600 + 59, "3 d 4 h", "3 天 4 小时"),
        (-60, "1 min", "1 分"),
    ],
)
def test_a_duration_is_shown_in_its_two_largest_units(seconds, english, chinese):
    assert tags.duration(dt.timedelta(seconds=seconds)) == english
    with translation.override("zh-hans"):
        assert tags.duration(dt.timedelta(seconds=seconds)) == chinese


@given(st.timedeltas(min_value=dt.timedelta(0), max_value=dt.timedelta(days=4000)))
def test_a_duration_never_promises_more_than_there_is(span):
    units = {"d": 86400, "h": 3600, "min": 60, "s": 1}
    words = tags.duration(span).split()
    shown = sum(int(amount) * units[unit] for amount, unit in zip(words[::2], words[1::2], strict=True))
    exact_to = {"d": 3600, "h": 60, "min": 60, "s": 1}[words[1]]
    assert shown <= span.total_seconds() < shown + exact_to


@pytest.mark.parametrize(
    ("minutes", "tone", "word"), [(90, "secondary", "due in"), (59, "warning", "due soon"), (-1, "danger", "overdue")]
)
def test_a_countdown_turns_colour_and_word_together(minutes, tone, word):
    element = BeautifulSoup(tags.countdown(NOON + dt.timedelta(minutes=minutes)), "html.parser").time
    assert f"state-{tone}" in element["class"]
    assert element.select_one("[data-word]").text == word
    assert element["datetime"] == (NOON + dt.timedelta(minutes=minutes)).isoformat()


@pytest.mark.parametrize(("name", "expected"), [("孙丽", "丽"), ("欧阳建国", "建国"), ("Sun Li", "SL"), ("", "")])
def test_initials_suit_chinese_and_other_names(name, expected):
    assert tags.initials(name) == expected


def test_a_mask_shows_nothing_of_the_value_and_offers_the_recorded_look():
    assert "href" not in tags.masked("phone")
    assert 'href="/reveal/"' in tags.masked("mail", "/reveal/")


@pytest.mark.skipif(not icon_shapes(), reason="the front end is not built")
def test_an_icon_that_tabler_does_not_have_is_refused():
    assert "<path" in tags.icon("mail")
    with pytest.raises(TemplateSyntaxError, match="no-such-icon"):
        tags.icon("no-such-icon")


class ExampleForm(forms.Form):
    name = forms.CharField(label="Name", help_text="As on the door")
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    colour = forms.ChoiceField(label="Colour", choices=[("r", "Red")])
    agreed = forms.BooleanField(label="Agreed", required=False)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


def test_a_form_names_each_control_and_ties_the_error_to_its_field():
    soup = BeautifulSoup(render_to_string("web/_form.html", {"form": ExampleForm({"kind": "a"})}), "html.parser")
    assert soup.select_one("[role=alert]")
    name = soup.select_one("#id_name")
    assert {"form-control", "is-invalid"} <= set(name["class"])
    described_by = name["aria-describedby"].split()
    assert all(soup.select_one(f"#{part}") for part in described_by)
    assert "id_name_error" in described_by
    assert soup.select_one("label[for=id_name]").text == "Name"
    assert soup.select_one("fieldset legend").text.strip() == "Kind"
    assert soup.select_one("select.form-select")
    assert soup.select_one("label.form-check input[type=checkbox]")
    assert soup.select_one("input[type=hidden][name=secret]")
