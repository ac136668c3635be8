"""Real mail that nobody here wrote, compared with the facts expected of it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from postroad.connectors.mail.parsing import ParsedMail
from postroad.connectors.mail.parsing.parse import read_mail
from postroad.connectors.mail.parsing.replies import visible_reply
from postroad.connectors.mail.parsing.source import MemorySource

CORPORA = Path(__file__).parents[5] / "shared" / "corpora"
AUTO_OF_KIND = {"bounce": "bounce", "mailing_list": "list", "complaint": "auto-reply", "receipt": "auto-reply"}

# What we do otherwise than expected, and why.
ACCEPTED = {
    (
        "mikel/rfc2822__example13.eml",
        "message_id",
    ): "expected with its brackets and the obsolete white space inside them",
    ("mikel/error_emails__content_transfer_encoding_7-bit.eml", "text_contains"): "expected as mojibake: the bytes are "
    "UTF-8 declared as ISO-8859-1, which we read as UTF-8",
    ("cpython/msg_02.eml", "auto"): "a Mailman digest (X-Mailman-Version), whatever its kind",
    ("flanker/bounce__delayed-broken.eml", "auto"): "a bare delivery status that says failed is a bounce",
}

pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason=f"no corpora at {CORPORA}")


def one_spaced(text: str) -> str:
    return " ".join(text.split())


def unspaced(text: str) -> str:
    return re.sub(r"\s+", "", text)


def facts_of(mail: ParsedMail) -> dict[str, Any]:
    return {
        "from": mail.from_[0].address.lower() if mail.from_ else "",
        "from_name": mail.from_[0].name if mail.from_ else "",
        "to": sorted(box.address.lower() for box in mail.to),
        "cc": sorted(box.address.lower() for box in mail.cc),
        "subject": mail.subject,
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to,
        "n_attachments": len(mail.attachments),
        "attachment_names": sorted(one.name for one in mail.attachments if one.name),
    }


def differences(mail: ParsedMail, sample: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Field → (what we found, what is expected) where the two differ."""
    facts = facts_of(mail)
    found: dict[str, tuple[Any, Any]] = {}
    for field, expected in sample["expect"].items():
        if field == "text_contains":
            is_same = unspaced(expected) in unspaced(mail.text)
        elif isinstance(expected, str):
            is_same = one_spaced(facts[field]) == one_spaced(expected)
        else:
            is_same = facts[field] == (sorted(expected) if isinstance(expected, list) else expected)
        if not is_same:
            found[field] = (facts.get(field, mail.text[:200]), expected)
    must_not = sample["must_not_autorespond"]
    if must_not and (mail.auto is None or mail.may_autorespond):
        found["must_not_autorespond"] = (mail.auto, True)
    expected_auto = AUTO_OF_KIND.get(sample["kind"])
    if (expected_auto or not must_not) and mail.auto != expected_auto:
        found["auto"] = (mail.auto, expected_auto)
    return found


def test_every_expected_fact_of_every_mail_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    samples = json.loads((CORPORA / "mail" / "expected.json").read_text())["files"]
    mismatches = {}
    facts = 0
    for name, sample in samples.items():
        mail = read_mail(MemorySource((CORPORA / "mail" / sample["file"]).read_bytes()), [])
        facts += len(sample["expect"]) + 1
        for field, difference in differences(mail, sample).items():
            mismatches[name, field] = difference
    with capsys.disabled():
        print(f"\n{len(samples)} mails, {facts} facts, {len(mismatches)} otherwise than expected")  # noqa: T201  the summary is the point
        for (name, field), (actual, expected) in mismatches.items():
            reason = ACCEPTED.get((name, field), "UNEXPLAINED")
            print(f"  {name} {field}: {actual!r:.80} instead of {expected!r:.80} ({reason})")  # noqa: T201
    assert len(samples) > 100
    assert set(mismatches) == set(ACCEPTED)


def reply_cases() -> list[Any]:
    path = CORPORA / "replies" / "cases.json"
    return [pytest.param(case, id=case["id"]) for case in json.loads(path.read_text())] if path.exists() else []


@pytest.mark.parametrize("case", reply_cases())
def test_the_visible_reply_is_what_remains(case: dict[str, Any]) -> None:
    text = case["input"].replace("\r\n", "\n")
    reply = visible_reply(text.split("\n"))
    expected = case["expect"]

    def trimmed(value: str) -> list[str]:
        return [line.rstrip() for line in value.strip().split("\n")]

    if "visible" in expected:
        assert trimmed(reply) == trimmed(expected["visible"])
    if expected.get("unchanged"):
        assert reply == text.strip()
    assert reply.startswith(expected.get("visible_starts_with", ""))
    assert all(wanted in reply for wanted in expected.get("must_contain", []))
    assert not any(hidden in reply for hidden in expected.get("hidden_contains", []))
