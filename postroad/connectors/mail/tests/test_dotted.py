"""The end of DATA and the dots in it, whatever the pieces in which the stream arrives."""

from hypothesis import example, given
from hypothesis import strategies as st

from postroad.connectors.mail.dotted import DottedContent

CONTENTS = st.lists(
    st.sampled_from([b"\r", b"\n", b".", b"a", b"\r\n", b"\r\n.", b"\r\n..", b"x\r\n"]), max_size=30
).map(b"".join)


def on_the_wire(content: bytes) -> bytes:
    """What a sender makes of content that ends with a line end, or is empty."""
    lines = content.split(b"\r\n")
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines) + b".\r\n"


def taken_in(wire: bytes, sizes: list[int]) -> tuple[bytes, bytes, bool]:
    dotted, content, position, sizes = DottedContent(), b"", 0, list(sizes)
    while position < len(wire) and not dotted.ended:
        size = sizes.pop(0) if sizes else 4
        content += dotted.feed(wire[position : position + size])
        position += size
    return content, dotted.rest + wire[position:], dotted.ended


@given(CONTENTS, st.lists(st.integers(1, 7), max_size=60), st.binary(max_size=5))
@example(b"\r", [1, 1, 1], b"")
def test_content_and_what_follows_come_out_as_they_were(content, sizes, following):
    if content and not content.endswith(b"\r\n"):
        content += b"\r\n"
    assert taken_in(on_the_wire(content) + following, sizes) == (content, following, True)


def test_no_other_line_end_ends_the_content():
    for smuggled in (b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\r.\r\n", b"\r\n\x00.\r\n"):
        wire = b"Subject: x\r\n\r\nbody" + smuggled + b"MAIL FROM:<evil@outside.test>\r\n.\r\n"
        content, following, ended = taken_in(wire, [len(wire)])
        assert ended
        assert following == b""
        assert b"MAIL FROM" in content


def test_a_long_run_of_carriage_returns_is_not_kept_in_memory():
    dotted = DottedContent()
    given_out = sum(len(dotted.feed(b"\r" * 10_000)) for _ in range(50))
    assert given_out > 499_000
