"""format=flowed (RFC 3676): soft line breaks joined again."""


def unflow(text: str, *, delete_space: bool) -> str:
    """`text` with its flowed paragraphs on one line each; `delete_space` as the parameter DelSp says."""
    joined: list[str] = []
    paragraph = ""
    depth = 0
    is_open = False
    for line in text.split("\n"):
        level, content = _quoting(line)
        if is_open and (level != depth or content == "-- "):
            joined.append(_marked(depth, paragraph))
            is_open, paragraph = False, ""
        depth = level
        paragraph += content
        is_open = content.endswith(" ") and content != "-- "
        if is_open and delete_space:
            paragraph = paragraph[:-1]
        if not is_open:
            joined.append(_marked(depth, paragraph))
            paragraph = ""
    if is_open:
        joined.append(_marked(depth, paragraph))
    return "\n".join(joined)


def _quoting(line: str) -> tuple[int, str]:
    content = line.lstrip(">")
    return len(line) - len(content), content.removeprefix(" ")


def _marked(depth: int, paragraph: str) -> str:
    return f"{'>' * depth} {paragraph}" if depth else paragraph
