"""Pages of the register of channels."""

from postroad.channels.views.applying import (
    application,
    application_steps,
    connection_fields,
    name_check,
    people_options,
    revise,
)
from postroad.channels.views.keeping import (
    connection,
    edit,
    hand_over,
    probe,
    resume,
    retire,
    suspend,
    team,
    team_remove,
)
from postroad.channels.views.naming import naming_rule, naming_rule_remove, naming_rule_try, naming_rules
from postroad.channels.views.register import (
    channel,
    channel_health,
    channels,
    channels_export,
    channels_results,
)

__all__ = [
    "application",
    "application_steps",
    "channel",
    "channel_health",
    "channels",
    "channels_export",
    "channels_results",
    "connection",
    "connection_fields",
    "edit",
    "hand_over",
    "name_check",
    "naming_rule",
    "naming_rule_remove",
    "naming_rule_try",
    "naming_rules",
    "people_options",
    "probe",
    "resume",
    "retire",
    "revise",
    "suspend",
    "team",
    "team_remove",
]
