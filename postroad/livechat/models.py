"""Live chat: how a chat channel looks and behaves, who visits it, and the keys with which visitors come back.

What is said lies in `conversations`, like everything else that is said; here is only what a chat has beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from postroad.platform.crypto import KeyDestroyed, SubjectKeys, open_sealed, seal
from postroad.platform.models import Identified

if TYPE_CHECKING:
    from postroad.org.models import Contact

COLOUR = RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Write a colour as # and six digits, for example #0b5f6b."))
DEFAULT_COLOUR = "#0b5f6b"


class ChatSettings(Identified):
    """How one live chat looks and behaves. Empty texts have a default in the visitor's language (see `texts`)."""

    class Mail(models.TextChoices):
        OPTIONAL = "optional", _("Visitors may leave it out")
        REQUIRED = "required", _("Visitors must enter it")

    channel = models.OneToOneField("channels.Channel", models.CASCADE, related_name="chat_settings")
    # Scheme and host of the sites that may embed the chat, as browsers send them.
    allowed_origins: models.JSONField[list[str], list[str]] = models.JSONField(
        _("sites that may embed the chat"), default=list, blank=True
    )
    title = models.CharField(_("title"), max_length=60, blank=True)
    title_en = models.CharField(_("title in English"), max_length=60, blank=True)
    greeting = models.CharField(_("greeting"), max_length=300, blank=True)
    greeting_en = models.CharField(_("greeting in English"), max_length=300, blank=True)
    away = models.CharField(_("what is said when nobody is there"), max_length=500, blank=True)
    away_en = models.CharField(_("the same in English"), max_length=500, blank=True)
    consent = models.CharField(_("what visitors agree to"), max_length=1000, blank=True)
    consent_en = models.CharField(_("what visitors agree to, in English"), max_length=1000, blank=True)
    colour = models.CharField(_("colour"), max_length=7, default=DEFAULT_COLOUR, validators=[COLOUR])
    mail = models.CharField(_("mail address before the chat"), max_length=10, choices=Mail, default=Mail.OPTIONAL)
    mailbox = models.ForeignKey(
        "channels.Channel",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("mailbox from which chats go on"),
    )
    proactive = models.BooleanField(_("offer the chat by itself"), default=False)
    proactive_after = models.PositiveSmallIntegerField(
        _("seconds before it is offered"), default=30, validators=[MinValueValidator(5), MaxValueValidator(3600)]
    )
    sealed_identity_secret = models.BinaryField(null=True, editable=False)

    class Meta:
        verbose_name = _("settings of a live chat")
        constraints: ClassVar = [
            models.CheckConstraint(name="livechat_colour_is_one", condition=Q(colour__regex=r"^#[0-9a-fA-F]{6}$"))
        ]

    def __str__(self) -> str:
        return str(self.channel)

    @property
    def identity_secret(self) -> str:
        """The key with which the site signs who a visitor is; "" when it does not."""
        sealed = self.sealed_identity_secret
        return open_sealed(bytes(sealed), context=self._context).decode() if sealed else ""

    @identity_secret.setter
    def identity_secret(self, secret: str) -> None:
        self.sealed_identity_secret = seal(secret.encode(), context=self._context) if secret else None

    @property
    def _context(self) -> str:
        return f"livechat.identity-secret:{self.pk}"


class Visit(Identified):
    """One visitor's chat. Its conversation begins with the first message.

    `identity` is the site's own name for the visitor, only ever set from a valid signature. `delivered_id` and
    `read_id` are how far the visitor has got, `agent_read_id` how far we have. `seen_at` is when the visitor's page
    was last open; `left_at` when they said that they leave.
    """

    channel = models.ForeignKey("channels.Channel", models.PROTECT, related_name="chat_visits")
    conversation = models.OneToOneField(
        "conversations.Conversation", models.PROTECT, null=True, blank=True, related_name="chat_visit"
    )
    name = models.CharField(max_length=80)
    # Who has the mail address that the visitor gave; it is sealed under their key and goes when they are erased.
    contact = models.ForeignKey("org.Contact", models.PROTECT, null=True, blank=True, related_name="chat_visits")
    sealed_mail = models.BinaryField(null=True, editable=False)
    identity = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=10)
    page = models.CharField(max_length=500, blank=True)
    consent_text = models.TextField()
    consented_at = models.DateTimeField()
    started_at = models.DateTimeField()
    # The external id of the first message: what the others continue.
    thread_id = models.CharField(max_length=100, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    delivered_id = models.UUIDField(null=True, blank=True)
    read_id = models.UUIDField(null=True, blank=True)
    agent_read_id = models.UUIDField(null=True, blank=True)
    typing_until = models.DateTimeField(null=True, blank=True)
    agent_typing = models.CharField(max_length=80, blank=True)
    agent_typing_until = models.DateTimeField(null=True, blank=True)
    # Until when the visitor is asked how satisfied they were, and what they said.
    asked_until = models.DateTimeField(null=True, blank=True)
    rated = models.PositiveSmallIntegerField(null=True, blank=True)
    # When the visitor, whom nobody had answered yet, was offered an answer by mail.
    mail_offered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("chat")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="livechat_visit_mail_is_somebodys",
                condition=Q(sealed_mail__isnull=True) | Q(contact__isnull=False),
            ),
            models.CheckConstraint(
                name="livechat_visit_said_something_in_a_thread",
                condition=Q(conversation__isnull=True) | ~Q(thread_id=""),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["channel", "-started_at"], name="livechat_visit_latest")]

    def __str__(self) -> str:
        return self.name

    @property
    def has_mail(self) -> bool:
        return self.sealed_mail is not None

    @property
    def mail(self) -> str:
        """The mail address the visitor gave, "" if none. Nobody has verified it unless `identity` is set. One query."""
        return self.mail_with(SubjectKeys([self.contact_id])) if self.contact_id else ""

    def mail_with(self, keys: SubjectKeys) -> str:
        """The same, with keys that were loaded for many."""
        if self.contact_id is None or self.sealed_mail is None:
            return ""
        try:
            return keys.open(self.contact_id, bytes(self.sealed_mail), context=self._context)
        except KeyDestroyed:
            return ""

    def set_mail(self, address: str, *, contact: Contact) -> None:
        self.contact = contact
        self.sealed_mail = SubjectKeys([contact.pk]).seal(contact.pk, address, context=self._context)

    @property
    def _context(self) -> str:
        return f"livechat.visit.mail:{self.pk}"

    @property
    def topic(self) -> str:
        """Under which open pages hear that something about this chat changed."""
        return f"livechat.visit.{self.pk}"


class VisitorKey(Identified):
    """What a visitor's browser shows to be let back to one chat; kept only as a hash."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="keys")
    token_hash = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("visitor's key")
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="livechat_key_expiry")]

    def __str__(self) -> str:
        return f"{self.visit_id}"
