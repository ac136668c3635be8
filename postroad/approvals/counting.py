"""When a step is decided. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from postroad.approvals.definition import Mode


class Verdict(StrEnum):
    """What one person says, and what a step comes to."""

    APPROVED = "approved"
    REJECTED = "rejected"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Voice:
    """One of the people asked: what they said, None while they have not; ``decisive`` settles the step alone."""

    said: Verdict | None
    decisive: bool = False


def outcome(mode: Mode, needed: int, voices: Sequence[Voice]) -> Verdict | None:
    """What the step comes to, None while it is open.

    Whoever returns it for changes ends it, and so does whoever it was escalated to. In mode ANY the first
    decision counts. In mode ALL one rejection rejects. In mode SOME it is approved by ``needed`` approvals, and
    rejected as soon as these cannot be reached any more.
    """
    said = [voice.said for voice in voices]
    if Verdict.RETURNED in said:
        return Verdict.RETURNED
    settled = next((voice.said for voice in voices if voice.decisive and voice.said), None)
    if settled:
        return settled
    ordinary = [voice.said for voice in voices if not voice.decisive]
    approvals = ordinary.count(Verdict.APPROVED)
    if Verdict.REJECTED in ordinary and (mode != Mode.SOME or approvals + ordinary.count(None) < needed):
        return Verdict.REJECTED
    return Verdict.APPROVED if approvals >= needed else None
