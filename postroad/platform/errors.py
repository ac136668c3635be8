"""Expected refusals, raised by actions and doors and shown to people by one middleware.

Messages are translated sentences for the person who asked.
"""

from collections.abc import Mapping


class DomainError(Exception):
    """An expected refusal with a sentence for the person; `status` is its HTTP meaning."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Refused(DomainError):  # noqa: N818 - reads as the sentence it raises
    """The person sees the thing but may not do this with it."""

    status = 403


class NotFound(DomainError):  # noqa: N818
    """There is no such thing, or none that the person may know of."""

    status = 404


class Conflict(DomainError):  # noqa: N818
    """Somebody else was faster, or the thing is in another state than the action needs."""

    status = 409


class Invalid(DomainError):  # noqa: N818
    """What was given cannot be taken; `fields` says where (empty key: the whole)."""

    status = 422

    def __init__(self, fields: Mapping[str, str] | str) -> None:
        self.fields = {"": fields} if isinstance(fields, str) else dict(fields)
        super().__init__(" ".join(str(message) for message in self.fields.values()))
