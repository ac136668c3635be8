"""What every capability builds on: identified rows, sealed blobs, keys of subjects, hints for live pages."""

from django.db import models
from django.db.models import Func
from django.db.models.functions import Cast

from postroad.platform.ids import new_id

CURRENT_TRANSACTION = Cast(Cast(Func(function="pg_current_xact_id"), models.TextField()), models.BigIntegerField())


class Identified(models.Model):
    """A row whose key is a UUIDv7: unguessable enough, sortable by the moment it was made."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True


class SubjectKey(models.Model):
    """The key that seals the personal data of one subject; destroying it erases the data wherever it is."""

    subject_id = models.UUIDField(primary_key=True)
    sealed_key = models.BinaryField(null=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="subject_key_lives_or_is_destroyed",
                condition=models.Q(sealed_key__isnull=True, destroyed_at__isnull=False)
                | models.Q(sealed_key__isnull=False, destroyed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.subject_id)


class Blob(Identified):
    """Bytes kept once, by content, sealed under a key of their own: small in the row, large in the storage."""

    sha256 = models.BinaryField(max_length=32, unique=True)
    size = models.BigIntegerField()
    sealed_key = models.BinaryField(null=True)
    sealed = models.BinaryField(null=True)
    path = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="blob_in_row_or_in_storage",
                condition=models.Q(sealed__isnull=False, path="") | models.Q(sealed__isnull=True) & ~models.Q(path=""),
            ),
        ]

    def __str__(self) -> str:
        return bytes(self.sha256).hex()


class LiveEvent(models.Model):
    """A hint that something changed, for pages that are open. Kept for an hour so that a reconnect misses nothing."""

    id = models.BigAutoField(primary_key=True)
    topic = models.CharField(max_length=120)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    # Who has seen what is told by the database's own snapshots: ids and times may become visible out of order.
    transaction_id = models.BigIntegerField(db_default=CURRENT_TRANSACTION, db_index=True)

    def __str__(self) -> str:
        return f"{self.id} {self.topic}"


class Allowance(models.Model):
    """How much of another system's rate limit is used up; see `rates`."""

    name = models.CharField(max_length=200, primary_key=True)
    free_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
