"""The state of simulated messengers: what a real one keeps on its own servers. Nobody but this package reads it."""

from typing import Any

from django.db import models
from django.db.models import Q

from postroad.platform.models import Identified


class Place(Identified):
    """One simulated messenger, apart from all others. `down` and `limited_until` are faults to order."""

    name = models.CharField(max_length=60, unique=True)
    down = models.BooleanField(default=False)
    limited_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    id = models.BigAutoField(primary_key=True)
    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="departments")
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    parent_code = models.CharField(max_length=60, blank=True)
    head_ids: models.JSONField[list[str], list[str]] = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "code"], name="simulated_department_once")]

    def __str__(self) -> str:
        return self.name


class User(models.Model):
    """Somebody with an account. `outside`: not of the company; they can write to its service accounts."""

    id = models.BigAutoField(primary_key=True)
    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="users")
    user_id = models.CharField(max_length=64)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    staff_no = models.CharField(max_length=40, blank=True)
    mail = models.CharField(max_length=254, blank=True)
    title = models.CharField(max_length=120, blank=True)
    department_codes: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    active = models.BooleanField(default=True)
    outside = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "user_id"], name="simulated_user_once")]

    def __str__(self) -> str:
        return self.name


class Group(models.Model):
    """A chat group. `key` is set for those made over the interface: what makes making them idempotent.

    With a `service_id`: what somebody and that service account say to each other.
    """

    id = models.BigAutoField(primary_key=True)
    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="groups")
    room_id = models.CharField(max_length=64)
    key = models.CharField(max_length=100, blank=True)
    service_id = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=60)
    owner_id = models.CharField(max_length=64)
    admin_ids: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    settings: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    creator_id = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField()
    last_said_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["place", "room_id"], name="simulated_group_once"),
            models.UniqueConstraint(fields=["place", "key"], name="simulated_group_made_once", condition=~Q(key="")),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    id = models.BigAutoField(primary_key=True)
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="memberships")
    user_id = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "user_id"], name="simulated_membership_once")]

    def __str__(self) -> str:
        return self.user_id


class Occurrence(models.Model):
    """Something that happened, in order: said, joined, renamed. Listeners read on from the last id they had."""

    id = models.BigAutoField(primary_key=True)
    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="occurrences")
    # "message", "directory", or a `RoomEventKind`.
    kind = models.CharField(max_length=20)
    room_id = models.CharField(max_length=64, blank=True)
    external_id = models.CharField(max_length=64, blank=True)
    user_id = models.CharField(max_length=64, blank=True)
    user_ids: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    text = models.TextField(blank=True)
    reply_to = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()
    ours = models.BooleanField(default=False)
    redacted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["place", "room_id", "external_id"],
                name="simulated_message_once",
                condition=Q(kind="message"),
            )
        ]
        indexes = [models.Index(fields=["place", "id"], name="simulated_occurrences")]

    def __str__(self) -> str:
        return f"{self.kind} {self.room_id}"


class File(models.Model):
    """A file that was sent with a message."""

    id = models.BigAutoField(primary_key=True)
    occurrence = models.ForeignKey(Occurrence, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=120)
    content = models.BinaryField()

    def __str__(self) -> str:
        return self.name
