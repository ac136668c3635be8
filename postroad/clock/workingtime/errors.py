"""What can be wrong with a calendar or a question put to it."""


def gettext_noop(message: str) -> str:
    """Mark a message for translation; who shows it translates it (this package knows no Django)."""
    return message


class CalendarError(ValueError):
    """A calendar's description is wrong at `place`, as in `week.mon[1]: ends before it starts`.

    `message` is the English sentence with named placeholders and `values` fills them, so that a page can
    show `gettext(error.message) % error.values`.
    """

    def __init__(self, place: str, message: str, **values: object) -> None:
        self.place = place
        self.message = message
        self.values = values
        sentence = message % values
        super().__init__(f"{place}: {sentence}" if place else sentence)


class OutsideCalendarError(CalendarError):
    """The question leads where the calendar has no answer: no working time left, or a year out of range."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__("", message, **values)
