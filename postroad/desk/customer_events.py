"""What is recorded of customers' ratings and consents. Their words are not; they stay with the case."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class RatingEvent(StrEnum):
    RULES_CHANGED = "desk.rating-rules.changed"
    ASKED = "desk.rating.asked"
    GIVEN = "desk.rating.given"
    FOLLOWED_UP = "desk.rating.followed-up"


class ConsentEvent(StrEnum):
    RECORDED = "desk.consent.recorded"
    WITHDRAWN = "desk.consent.withdrawn"


CUSTOMER_SENTENCES = {
    RatingEvent.RULES_CHANGED: _("{actor} changed how customers are asked for their rating: {fields}"),
    RatingEvent.ASKED: _("The customer was asked how satisfied they are"),
    RatingEvent.GIVEN: _("The customer rated the case: {score[after]} of 5"),
    RatingEvent.FOLLOWED_UP: _("{actor} followed the low rating up"),
    ConsentEvent.RECORDED: _("{actor} recorded what the contact agreed to"),
    ConsentEvent.WITHDRAWN: _("{actor} recorded that the contact withdrew what they had agreed to"),
}
