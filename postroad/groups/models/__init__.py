"""What groups should exist, what differs from that, what was done about it, and who answers for them."""

from postroad.groups.models.answering import Answering, Attestation, AttestedChannel, HandOver
from postroad.groups.models.applying import ApplyRun, ApplyStep
from postroad.groups.models.differences import Amendment, Difference, Field, Obstacle
from postroad.groups.models.strays import StrayQuestion
from postroad.groups.models.templates import Group, GroupTemplate, Project, ProjectMember

__all__ = [
    "Amendment",
    "Answering",
    "ApplyRun",
    "ApplyStep",
    "Attestation",
    "AttestedChannel",
    "Difference",
    "Field",
    "Group",
    "GroupTemplate",
    "HandOver",
    "Obstacle",
    "Project",
    "ProjectMember",
    "StrayQuestion",
]
