"""Entries, their place in the tree, the tree itself and its heads. Migration 0002 makes them append-only."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext

from postroad.ledger import registry
from postroad.ledger.canonical import AT_FORMAT, Json, entry_body, head_body


class Entry(models.Model):
    """One thing that was done: what, when, by whom, to what. Never changed and never deleted."""

    seq = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(unique=True)
    at = models.DateTimeField()
    event = models.CharField(max_length=100)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=100)
    actor_label = models.CharField(max_length=200)
    subject_type = models.CharField(max_length=100)
    subject_id = models.CharField(max_length=100)
    data = models.JSONField(default=dict)
    leaf_hash = models.BinaryField(max_length=32)

    class Meta:
        indexes = (
            models.Index(fields=("at", "seq"), name="ledger_entry_at"),
            models.Index(fields=("subject_type", "subject_id", "at"), name="ledger_entry_subject"),
            models.Index(fields=("actor_id", "at"), name="ledger_entry_actor"),
            models.Index(fields=("actor_label", "at"), name="ledger_entry_name"),
            models.Index(fields=("event", "at"), name="ledger_entry_event"),
        )

    def __str__(self) -> str:
        return f"{self.event} {self.uuid}"

    def get_absolute_url(self) -> str:
        """The page of this entry with its proof."""
        return reverse("ledger:entry", kwargs={"uuid": self.uuid})

    @property
    def body(self) -> dict[str, Json]:
        """What the leaf hash covers; docs/decisions/010-evidence.md has the form."""
        return entry_body(
            uuid=str(self.uuid),
            at=self.at.strftime(AT_FORMAT),
            event=self.event,
            actor=(self.actor_kind, self.actor_id, self.actor_label),
            subject=(self.subject_type, self.subject_id),
            data=self.data,
        )

    @property
    def leaf_hex(self) -> str:
        """The leaf hash in hexadecimal."""
        return bytes(self.leaf_hash).hex()

    @property
    def actor_name(self) -> str:
        """Who did it, for people. Names of outside contacts are not in the evidence: they must be erasable."""
        if self.actor_kind == "system":
            return gettext("Postroad (%(part)s)") % {"part": self.actor_label}
        return self.actor_label or gettext("An outside contact")

    @property
    def sentence(self) -> str:
        """What happened, told in the active language."""
        return registry.tell(self.event, actor=self.actor_name, data=self.data)


class Unsealed(models.Model):
    """The queue of entries not yet in the tree; a trigger fills it, sealing empties it."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, primary_key=True)

    def __str__(self) -> str:
        return str(self.entry_id)


class Leaf(models.Model):
    """The place of an entry in the tree."""

    index = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="leaf")
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(index__gte=0), name="ledger_leaf_index"),)

    def __str__(self) -> str:
        return str(self.index)


class Node(models.Model):
    """The hash of one perfect subtree above the leaves (level 1 and up)."""

    pk = models.CompositePrimaryKey("level", "index")
    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(level__gte=1, index__gte=0), name="ledger_node_position"),
        )

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class Head(models.Model):
    """The root of the tree at one size, chained to the head before it."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    at = models.DateTimeField()
    previous = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(size__gt=0), name="ledger_head_size"),)

    def __str__(self) -> str:
        return f"{self.size}:{self.root_hex}"

    @property
    def root_hex(self) -> str:
        """The root in hexadecimal."""
        return bytes(self.root).hex()

    @property
    def body(self) -> dict[str, Json]:
        """What the digest covers."""
        return head_body(
            size=self.size,
            root=bytes(self.root),
            at=self.at.strftime(AT_FORMAT),
            previous=bytes(self.previous),
        )
