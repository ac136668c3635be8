"""A connected messenger, and what was last seen of its people and rooms. What is seen is only ever overwritten by
seeing again; what the company wants of it stands elsewhere.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from postroad.channels.models import CHANNEL_KEY, said
from postroad.platform.models import Identified


class Messenger(Identified):
    """The company's own installation or tenant of a messenger. Ends by being retired."""

    class State(models.TextChoices):
        IN_USE = "in-use", _("In use")
        SUSPENDED = "suspended", _("Suspended")
        RETIRED = "retired", _("Retired")

    key = models.CharField(_("short key"), max_length=40, unique=True, validators=[CHANNEL_KEY])
    name = models.CharField(_("name"), max_length=120)
    connector = models.CharField(_("connector"), max_length=40)
    connector_settings: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    sealed_secrets = models.BinaryField(null=True, editable=False)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.IN_USE)

    # None until first tried.
    healthy = models.BooleanField(null=True, editable=False)
    health_detail = models.CharField(max_length=1000, blank=True, editable=False)
    health_changed_at = models.DateTimeField(null=True, editable=False)
    directory_read_at = models.DateTimeField(null=True, editable=False)
    rooms_read_at = models.DateTimeField(null=True, editable=False)
    # How far its connector has read; saved with what was read.
    cursor: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(null=True, editable=False)

    class Meta:
        verbose_name = _("messenger")
        constraints = [
            models.CheckConstraint(
                name="messenger_state_known", condition=Q(state__in=["in-use", "suspended", "retired"])
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("messengers:messenger", args=[self.pk])

    @property
    def tone(self) -> str:
        """The colour of its state."""
        tones = {Messenger.State.IN_USE: "success", Messenger.State.SUSPENDED: "warning"}
        return tones.get(Messenger.State(self.state), "secondary")

    @property
    def health_said(self) -> str:
        """Why it fails, in the reader's language where it is our own sentence."""
        return said(self.health_detail)


class MessengerUserQuerySet(models.QuerySet["MessengerUser"]):
    def with_user_ids(self, messenger_id: UUID, folded: Iterable[str]) -> "MessengerUserQuerySet":
        """The users of a messenger under these case-folded ids, by the index that keeps them apart."""
        return self.annotate(folded=Lower("user_id")).filter(messenger=messenger_id, folded__in=list(folded))


class MessengerUser(Identified):
    """Somebody in a messenger's directory, and who of our people that is (None: not known, or a stranger)."""

    class MatchedBy(models.TextChoices):
        STAFF_NO = "staff-no", _("Staff number")
        MAIL = "mail", _("Mail address")
        HAND = "hand", _("By hand")

    messenger = models.ForeignKey(Messenger, on_delete=models.CASCADE, related_name="users")
    user_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255, blank=True)
    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, null=True, related_name="messenger_users")
    matched_by = models.CharField(max_length=10, choices=MatchedBy, blank=True)
    active = models.BooleanField(default=True)
    seen_at = models.DateTimeField()

    objects = MessengerUserQuerySet.as_manager()

    class Meta:
        verbose_name = _("messenger user")
        indexes = [models.Index(fields=["messenger", "name", "id"], name="messenger_user_by_name")]
        constraints = [
            models.UniqueConstraint("messenger", Lower("user_id"), name="messenger_user_once"),
            # One person is one user of a messenger.
            models.UniqueConstraint(
                fields=["messenger", "person"], name="messenger_person_once", condition=Q(person__isnull=False)
            ),
            models.CheckConstraint(
                name="messenger_user_matched_somehow",
                condition=Q(person__isnull=True, matched_by="") | Q(person__isnull=False) & ~Q(matched_by=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.user_id


class RoomQuerySet(models.QuerySet["Room"]):
    def with_members(self, folded: Iterable[str]) -> "RoomQuerySet":
        """Rooms with anybody of these case-folded user ids in them."""
        # Joined, not listed: among thousands of ids the database looks each row up once.
        inside = RawSQL(
            "SELECT room_id FROM messengers_roommember"
            " JOIN unnest(%s::text[]) AS wanted (folded) ON lower(user_id) = wanted.folded",
            [list(folded)],
        )
        return self.filter(pk__in=inside)


class Room(Identified):
    """A room as last seen. `channel` is set for a registered one; a room without channel is a stray.

    `spec_key` is set for rooms that we made: what makes making idempotent.
    """

    messenger = models.ForeignKey(Messenger, on_delete=models.CASCADE, related_name="rooms")
    room_id = models.CharField(max_length=255)
    channel = models.OneToOneField("channels.Channel", on_delete=models.PROTECT, null=True, related_name="room")
    spec_key = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=255)
    owner_user_id = models.CharField(max_length=255, blank=True)
    admin_user_ids: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    settings: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    member_count = models.PositiveIntegerField(default=0)
    creator_user_id = models.CharField(max_length=255, blank=True)
    made_at = models.DateTimeField(null=True)
    last_activity_at = models.DateTimeField(null=True)
    first_seen_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)
    # When an event last said that it changed; None once it has been read after that.
    stale_at = models.DateTimeField(null=True)
    # Who changed what last, by field name: {"name": {"by": user id, "at": ISO 8601}}; only what the messenger told.
    told_changes: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    # What is said in a room on one day is one conversation: the day, and the first message of it that was kept.
    said_on = models.DateField(null=True)
    first_said = models.CharField(max_length=600, blank=True)

    objects = RoomQuerySet.as_manager()

    class Meta:
        verbose_name = _("room")
        constraints = [
            models.UniqueConstraint(fields=["messenger", "room_id"], name="room_once"),
            models.UniqueConstraint(fields=["messenger", "spec_key"], name="room_made_once", condition=~Q(spec_key="")),
            models.CheckConstraint(
                name="room_gone_after_seen", condition=Q(gone_at__isnull=True) | Q(gone_at__gte=F("first_seen_at"))
            ),
        ]
        indexes = [
            models.Index(fields=["messenger", "name", "id"], name="room_by_name"),
            models.Index(fields=["messenger"], name="room_stale", condition=Q(stale_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("messengers:room", args=[self.pk])

    @property
    def is_stray(self) -> bool:
        return self.channel_id is None and self.gone_at is None


class RoomMember(models.Model):
    """A user in a room as last seen. Rows come and go with what is seen; who came and went is in the evidence."""

    id = models.BigAutoField(primary_key=True)
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="members")
    user_id = models.CharField(max_length=255)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("room", Lower("user_id"), name="room_member_once")]
        indexes = [models.Index(Lower("user_id"), name="room_member_by_user")]

    def __str__(self) -> str:
        return f"{self.room_id} {self.user_id}"


class RoomIntent(Identified):
    """A room that is to be made, written down before the messenger is asked: what a crash leaves is finished later.

    Ends by becoming a `Room`, or by a fault that asking again does not mend.
    """

    messenger = models.ForeignKey(Messenger, on_delete=models.CASCADE, related_name="room_intents")
    spec_key = models.CharField(max_length=100)
    spec: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    channel = models.ForeignKey("channels.Channel", on_delete=models.PROTECT, null=True, related_name="+")
    actor: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField()
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["messenger", "spec_key"], name="room_intent_once")]

    def __str__(self) -> str:
        return f"{self.messenger_id} {self.spec_key}"


class RefusedCallback(models.Model):
    """How often on a day a messenger's address was called by somebody who could not prove to be the messenger."""

    id = models.BigAutoField(primary_key=True)
    messenger = models.ForeignKey(Messenger, on_delete=models.CASCADE, related_name="refused_callbacks")
    day = models.DateField()
    reason = models.CharField(max_length=100)
    count = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["messenger", "day", "reason"], name="refused_callback_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.reason}: {self.count}"

    @property
    def reason_said(self) -> str:
        """The reason, in the reader's language where it is our own sentence."""
        return said(self.reason)


class SetAside(Identified):
    """Something a messenger told that could not be stored, kept sealed so that what comes after it is not held up."""

    messenger = models.ForeignKey(Messenger, on_delete=models.CASCADE, related_name="set_aside")
    room_id = models.CharField(max_length=255)
    external_id = models.CharField(max_length=500)
    sealed = models.BinaryField()
    error = models.CharField(max_length=1000)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["messenger", "room_id", "external_id"], name="set_aside_once")]

    def __str__(self) -> str:
        return f"{self.room_id} {self.external_id}"


class SeenCallback(models.Model):
    """A callback that was taken in lately, by its digest, so that a replay is known as one."""

    digest = models.BinaryField(primary_key=True, max_length=32)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return bytes(self.digest).hex()


class OutsideUser(Identified):
    """Who somebody outside is in this messenger: the one thing by which we know them there. Never merged by guess."""

    messenger = models.ForeignKey(Messenger, on_delete=models.CASCADE, related_name="outside_users")
    user_id = models.CharField(max_length=255)
    contact = models.ForeignKey("org.Contact", on_delete=models.PROTECT, related_name="messenger_users")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["messenger", "user_id"], name="outside_user_once")]

    def __str__(self) -> str:
        return self.user_id


class Chat(Identified):
    """A direct chat on a channel. `left_at`: they are not there any more; `unreadable_at`: it is encrypted.

    `last_said`: the external id of what was said there last, as the intake keeps it.
    """

    messenger = models.ForeignKey(Messenger, on_delete=models.CASCADE, related_name="chats")
    channel = models.ForeignKey("channels.Channel", on_delete=models.PROTECT, related_name="direct_chats")
    room_id = models.CharField(max_length=255)
    user_id = models.CharField(max_length=255)
    last_said = models.CharField(max_length=600, blank=True)
    left_at = models.DateTimeField(null=True)
    unreadable_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["messenger", "room_id"], name="chat_once")]

    def __str__(self) -> str:
        return self.room_id

    @property
    def address(self) -> str:
        """Where an answer goes; a room's own id may tell capitals apart, which addresses do not."""
        return f"{self.pk.hex}@{self.messenger.key}"
