"""What somebody writes, kept until it goes: texts, addressees and the files that go along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.channels.protocol import Recipient, RecipientRole
from postroad.conversations import actions as conversations
from postroad.conversations.actions import NewAttachment
from postroad.desk import attachments, queries
from postroad.desk.actions.common import tell
from postroad.desk.addresses import addresses
from postroad.desk.models import Case, Draft, DraftAttachment, SentDraft
from postroad.desk.variables import filled
from postroad.platform import blobs
from postroad.platform.errors import Invalid, NotFound

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from postroad.conversations.models import Attachment
    from postroad.org.models import Person

LONGEST_FILE_NAME = 255
LONGEST_TYPE = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail as it stands in the fields of the composer. `sender` "" is the address the customer wrote to."""

    to: str = ""
    cc: str = ""
    bcc: str = ""
    sender: str = ""
    subject: str = ""
    text: str = ""
    signed: bool = True


def press_of(key: UUID, letter: Letter) -> UUID:
    """The name of one press of "Send": the same form with the same words is the same press."""
    words = (letter.to, letter.cc, letter.bcc, letter.sender, letter.subject, letter.text.replace("\r\n", "\n").strip())
    return uuid5(key, "\0".join(words).replace("\ufffd", "").encode("utf-8", "replace").decode())


def is_sent(press: UUID) -> bool:
    """Whether that press has been carried out, or waits to be."""
    return SentDraft.objects.filter(key=press).exists() or waiting(press) is not None


def waiting(press: UUID) -> Draft | None:
    return Draft.objects.filter(key=press, send_at__isnull=False).first()


@transaction.atomic
def save_draft(
    *,
    case: Case,
    person: Person,
    to: str = "",
    cc: str = "",
    text: str = "",
    files: Sequence[UploadedFile[Any]] = (),
    bcc: str = "",
    sender: str = "",
    subject: str = "",
    signed: bool = True,
    key: UUID | None = None,
    draft: Draft | None = None,
) -> Draft | None:
    """Keep what somebody has typed and attached so far; colleagues on the page see that a reply is being written.

    `draft` is the one to write on where it is no reply to the customer. What a press of "Send" with that `key` has
    taken along already is not kept once more (None): a page may tell of it later than of the press.

    Raises Invalid for a file that cannot go out.
    """
    letter = Letter(to=to, cc=cc, bcc=bcc, sender=sender, subject=subject, text=text, signed=signed)
    # A press that is being carried out at this moment is waited for.
    Case.objects.select_for_update(no_key=True).only("pk").get(pk=case.pk)
    if key and is_sent(press_of(key, letter)):
        return None
    return write(case, letter, person=person, files=files, draft=draft)


def write(
    case: Case, letter: Letter, *, person: Person, files: Sequence[UploadedFile[Any]], draft: Draft | None
) -> Draft:
    fields = asdict(letter) | {"written_at": timezone.now()}
    created = False
    if draft is None:
        draft, created = Draft.objects.update_or_create(
            case=case, person=person, kind=Draft.Kind.REPLY, send_at=None, defaults=fields
        )
    else:
        for name, value in fields.items():
            setattr(draft, name, value)
        draft.save(update_fields=list(fields))
    _attach(draft, files)
    if created:
        tell([case])
    return draft


@transaction.atomic
def add_to_drafts(*, cases: Sequence[Case], text: str, person: Person) -> None:
    """Put a canned text, filled in for each case, below what the person has begun to reply there; nothing is sent.

    A constant number of statements.
    """
    begun = {
        one.case_id: one
        for one in Draft.objects.filter(case__in=cases, person=person, kind=Draft.Kind.REPLY, send_at__isnull=True)
    }
    new = []
    for case in cases:
        words = filled(text, case=case, person=person)
        if draft := begun.get(case.pk):
            draft.text = "\n\n".join(filter(None, [draft.text.rstrip(), words]))
        else:
            new.append(Draft(case=case, person=person, text=words))
    Draft.objects.bulk_update(begun.values(), ["text"])
    Draft.objects.bulk_create(new)
    tell(cases)


@transaction.atomic
def discard_draft(*, case: Case, person: Person, draft: Draft | None = None) -> None:
    """Throw away what one has typed, and the files with it."""
    chosen = Draft.objects.filter(case=case, person=person, send_at__isnull=True)
    chosen = chosen.filter(pk=draft.pk) if draft else chosen.filter(kind=Draft.Kind.REPLY)
    if chosen.delete()[0]:
        tell([case])


@transaction.atomic
def detach(*, case: Case, attachment_id: UUID, person: Person) -> None:
    """Take a file out of one's draft."""
    DraftAttachment.objects.filter(
        draft__case=case, draft__person=person, draft__send_at__isnull=True, pk=attachment_id
    ).delete()


@transaction.atomic
def attach_known(*, case: Case, attachment_id: UUID, person: Person, draft: Draft | None = None) -> Draft:
    """Let a file that came or went with an earlier message go along; taking it out of the archive is on record.

    Raises NotFound for a file the person may not read, Invalid for one that cannot go out.
    """
    file = queries.file_to_take(attachment_id, person=person)
    if file is None:
        raise NotFound(_("There is no such attachment."))
    draft = draft or queries.open_draft(case, person) or Draft.objects.create(case=case, person=person)
    if draft.attachments.filter(blob=file.blob, name=file.name[:LONGEST_FILE_NAME]).exists():
        return draft
    attachments.require_known_sendable(file.name, size=file.size, held=_size_of(draft), count=draft.attachments.count())
    take_along(draft, [file])
    conversations.read_attachment(attachment=file, actor=person.as_actor())
    return draft


def take_along(draft: Draft, files: Iterable[Attachment]) -> None:
    """Put stored files into a draft; their bytes stay where they are."""
    DraftAttachment.objects.bulk_create(
        DraftAttachment(
            draft=draft,
            name=(file.name or _("Unnamed file"))[:LONGEST_FILE_NAME],
            content_type=file.content_type[:LONGEST_TYPE],
            blob=file.blob,
        )
        for file in files
    )


def recipients_of(draft: Draft) -> list[Recipient]:
    """Whom a draft goes to: in a messenger whoever wrote there, else whom its lines name.

    Raises Invalid for what is no address, and where there is none to send it to.
    """
    if draft.kind == Draft.Kind.REPLY and queries.is_direct(queries.conversation_to_answer(draft.case)):
        return queries.direct_recipients(draft.case)
    lines = (("to", RecipientRole.TO), ("cc", RecipientRole.CC), ("bcc", RecipientRole.BCC))
    found: list[Recipient] = []
    for field, role in lines:
        try:
            found += addresses(getattr(draft, field), role)
        except ValidationError as error:
            raise Invalid({field: error.messages[0]}) from error
    if not any(one.role == RecipientRole.TO for one in found):
        raise Invalid({"to": _("Say who shall get it.")})
    return found


def uploaded(file: UploadedFile[Any]) -> NewAttachment:
    return NewAttachment(
        name=attachments.safe_name(file.name or ""), content_type=file.content_type or "", content=file.read()
    )


def files_of(draft: Draft | None) -> list[NewAttachment]:
    """The files of a draft, read for sending."""
    if draft is None:
        return []
    return [
        NewAttachment(name=one.name, content_type=one.content_type, content=blobs.read(one.blob))
        for one in draft.attachments.select_related("blob").order_by("pk")
    ]


def _size_of(draft: Draft) -> int:
    return sum(draft.attachments.values_list("blob__size", flat=True))


def _attach(draft: Draft, files: Sequence[UploadedFile[Any]]) -> None:
    if not files:
        return
    attachments.require_sendable(files, held=_size_of(draft))
    kept = [uploaded(file) for file in files]
    DraftAttachment.objects.bulk_create(
        DraftAttachment(draft=draft, name=one.name, content_type=one.content_type, blob=blob)
        for one, blob in zip(kept, blobs.store_many([one.content for one in kept]), strict=True)
    )
