"""Words of a text, and what people type to find them, held against PostgreSQL itself."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from postroad.platform.text import highlights, tokens, tsquery, tsvector_literal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, World!", ["hello", "world"]),
        ("请帮我开发票", ["请帮", "帮我", "我开", "开发", "发票"]),
        ("税", ["税"]),
        ("ERP系统 v2", ["erp", "系统", "v2"]),
        ("ＡＢＣ１２", ["abc12"]),
        ("a_b-c'd", ["a", "b", "c", "d"]),
        ("東京タワー", ["東京", "京タ", "タワ", "ワー"]),
        ("", []),
    ],
)
def test_words_of_spaced_scripts_and_pairs_of_cjk_characters(text, expected):
    assert tokens(text) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("发票", "'发票'"),
        ("税", "'税':*"),
        ("invoice 发票问题", "'invoice' & ('发票' <1> '票问' <1> '问题')"),
        ('"erp 系统" -spam', "('erp' <1> '系统') & !('spam')"),
        ("“两 个”", "('两' <1> '个':*)"),
        ("INV-2024/7", "('inv' <1> '2024' <1> '7')"),
        ("inv*", "'inv':*"),
        ("-only", ""),
        ('"', ""),
        ("", ""),
    ],
)
def test_what_a_person_types(query, expected):
    assert tsquery(query) == expected


def found(text, query):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::tsvector @@ %s::tsquery", [tsvector_literal(text), tsquery(query)])
        return cursor.fetchone()[0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "query", "is_found"),
    [
        ("请帮我开发票，谢谢", "发票", True),
        ("请帮我开发票，谢谢", "开发票", True),
        ("请帮我开发票，谢谢", "开票", False),
        ("请帮我开发票，谢谢", "票", True),
        ("请帮我开发票，谢谢", "谢", True),
        ("发改委 开票", "发票", False),
        ("使用ERP系统开票", "erp系统", True),
        ("使用ERP系统开票", '"erp 系统开"', True),
        ("invoice number INV-2024/7", "INV-2024/7", True),
        ("invoice number 7/2024", "INV-2024/7", False),
        ("one two three", '"one three"', False),
        ("one two three", "one three", True),
        ("one two three", "one -three", False),
        ("invoices", "invoice", False),
        ("invoices", "invoice*", True),
    ],
)
def test_postgresql_finds_what_was_asked_for(text, query, is_found):
    assert found(text, query) is is_found


CHINESE = st.text("的一是不发票开请 ab,。", max_size=40)


@pytest.mark.django_db
@given(before=CHINESE, wanted=st.text("的一是不发票开请", min_size=1, max_size=6), after=CHINESE)
def test_every_substring_of_cjk_characters_is_found(before, wanted, after):
    assert found(before + wanted + after, wanted)


@pytest.mark.django_db
@given(text=CHINESE, wanted=st.text("的一是不发票开请", min_size=2, max_size=4))
def test_nothing_is_found_that_is_not_there(text, wanted):
    assert found(text, wanted) is (wanted in text)


@pytest.mark.django_db
@given(text=st.text(max_size=200).filter(lambda text: "\0" not in text), query=st.text(max_size=60))
def test_postgresql_accepts_whatever_people_write(text, query):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::tsvector, %s::tsquery", [tsvector_literal(text), tsquery(query)])
    highlights(query)


@pytest.mark.django_db
def test_a_text_beyond_what_postgresql_holds_is_indexed_as_far_as_it_goes():
    assert found(" ".join(f"word{number}" for number in range(300_000)), "word1")
    assert found("".join(chr(0x4E00 + number % 20_000) for number in range(300_000)), "一丁")
    assert found("字" * 300_000, "字字")
    assert found("a " * 300_000 + "x" * 5_000, "a")


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        ("发票", "请开发票，发票号", ["发票", "发票"]),
        ("invoice", "Invoice or invoices", ["Invoice"]),
        ("invoice*", "Invoice or invoices", ["Invoice", "invoice"]),
        ('"erp 系统"', "用ERP 系统", ["ERP 系统"]),
        ("a -b", "a b", ["a"]),
    ],
)
def test_what_was_looked_for_is_pointed_out(query, text, marked):
    pattern = highlights(query)
    assert [match.group() for match in pattern.finditer(text)] == marked


def test_nothing_to_look_for_points_out_nothing():
    assert highlights("-x ,") is None
