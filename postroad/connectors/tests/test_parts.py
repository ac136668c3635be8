"""Long texts in parts."""

from hypothesis import given
from hypothesis import strategies as st

from postroad.connectors.parts import batches_of, parts_of


@given(st.text(st.characters(codec="utf-8"), max_size=300), st.integers(8, 64))
def test_parts_are_the_whole_and_none_is_too_large(text, most):
    parts = list(parts_of(text, most_bytes=most))
    assert "".join(parts) == text
    assert all(0 < len(part.encode()) <= most for part in parts)


def test_a_part_ends_with_a_line_or_a_sentence_where_it_can():
    assert list(parts_of("one two three\nfour five", most_bytes=18)) == ["one two three\n", "four five"]
    assert list(parts_of("第一句。第二句。", most_bytes=20)) == ["第一句。", "第二句。"]
    assert list(parts_of("abcdefghij", most_bytes=4)) == ["abcd", "efgh", "ij"]


def test_batches_keep_the_order():
    assert [list(one) for one in batches_of([1, 2, 3, 4, 5], 2)] == [[1, 2], [3, 4], [5]]
    assert list(batches_of([], 2)) == []
