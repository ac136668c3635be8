"""Run inside an installation (`python -m tests.browser.access_stage`): a notice board of Service, owned by zhao.

Prints its id. How a channel comes to be is another journey's matter.
"""

from __future__ import annotations

from types import SimpleNamespace

from postroad.platform.bootstrap import use_django


def make_board() -> str:
    use_django()
    from postroad.channels.models import Channel
    from postroad.channels.tests.factories import live_channel
    from postroad.org.models import Account, Department

    board = Channel.objects.filter(key="board").first()
    if board is None:
        people = {account.username: account.person for account in Account.objects.select_related("person")}
        company = SimpleNamespace(**people, service=Department.objects.get(code="SERVICE"))
        board = live_channel(
            company,
            key="board",
            name="客服公告栏",
            name_en="Service board",
            kind="notice-board",
            address="",
            deputy_owner=None,
            observability="attested",
        )
    return str(board.pk)


if __name__ == "__main__":
    print(make_board())  # noqa: T201 - the caller reads it
