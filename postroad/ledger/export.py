"""The evidence as a file of JSON lines, to be verified by anybody, anywhere, with no database.

First a line naming the format, then each entry by its place in the tree, each head right after the last
entry it covers, and at the end a line with the counts, so that a file cut short is noticed. Inner
nodes are left out: the verifier recomputes them.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from postroad.ledger.verification import Broken, SealedEntry, SealedHead, read_head

FORMAT = "postroad-ledger-export/1"


def write(file: TextIO, records: Iterable[SealedEntry | SealedHead]) -> SealedHead | None:
    """Write all records; returns the last head."""
    entries = heads = 0
    last: SealedHead | None = None
    _line(file, {"format": FORMAT})
    for record in records:
        if isinstance(record, SealedEntry):
            entries += 1
            _line(file, {"index": record.index, "entry": record.body, "leaf_hash": record.stored[0].hex()})
        else:
            heads, last = heads + 1, record
            _line(file, {"head": {**record.body, "digest": record.digest.hex()}})
    _line(file, {"end": {"entries": entries, "heads": heads}})
    return last


def read(file: Iterable[str]) -> Iterator[SealedEntry | SealedHead]:
    """The records of an export, one by one. Raises Broken, naming the line, where the file is damaged."""
    counts = {"entries": 0, "heads": 0}
    ended = False
    for number, line in enumerate(file, start=1):
        content = _parsed(line, number=number)
        if number == 1:
            if content.get("format") != FORMAT:
                raise Broken("line 1", "this is not an export of the evidence")
        elif ended:
            raise Broken(f"line {number}", "something follows the end of the export")
        elif "end" in content:
            ended = True
            if content["end"] != counts:
                raise Broken(f"line {number}", f"the export holds {counts}, not {content['end']}")
        else:
            record = _record(content, number=number)
            counts["entries" if isinstance(record, SealedEntry) else "heads"] += 1
            yield record
    if not ended:
        raise Broken("end of the file", "the export is cut short")


def _line(file: TextIO, content: dict[str, Any]) -> None:
    file.write(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n")


def _parsed(line: str, *, number: int) -> dict[str, Any]:
    try:
        content = json.loads(line)
    except ValueError as error:
        raise Broken(f"line {number}", "it is not JSON") from error
    if not isinstance(content, dict):
        raise Broken(f"line {number}", "it is not a record")
    return content


def _record(content: dict[str, Any], *, number: int) -> SealedEntry | SealedHead:
    try:
        if "head" in content:
            return read_head(content["head"])
        stored = (bytes.fromhex(content["leaf_hash"]),)
        return SealedEntry(index=int(content["index"]), body=dict(content["entry"]), stored=stored)
    except (KeyError, TypeError, ValueError) as error:
        raise Broken(f"line {number}", "it is not a record") from error
