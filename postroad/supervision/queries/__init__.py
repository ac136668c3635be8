"""Every read of supervision, by name."""

from postroad.supervision.queries.backlog import Flow, flow
from postroad.supervision.queries.behind import Fact, Part, facts_page, facts_to_export
from postroad.supervision.queries.names import Choices, choices_for, names_of
from postroad.supervision.queries.reports import (
    BUCKETS,
    NOTHING,
    SMALL,
    Selection,
    Summary,
    distribution,
    select,
    summaries,
)
from postroad.supervision.queries.wallboard import Agents, Lane, Wallboard, wallboard

__all__ = [
    "BUCKETS",
    "NOTHING",
    "SMALL",
    "Agents",
    "Choices",
    "Fact",
    "Flow",
    "Lane",
    "Part",
    "Selection",
    "Summary",
    "Wallboard",
    "choices_for",
    "distribution",
    "facts_page",
    "facts_to_export",
    "flow",
    "names_of",
    "select",
    "summaries",
    "wallboard",
]
