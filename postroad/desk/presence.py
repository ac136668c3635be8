"""How long an agent counts as there after the desk's open page last said so."""

from datetime import timedelta

SAYS_SO_EVERY = timedelta(seconds=25)
THERE_FOR = timedelta(seconds=75)
