"""`postroad matrix …`: what the operator of a homeserver needs of us."""

import secrets
from typing import TYPE_CHECKING
from uuid import UUID

import click

from postroad.platform.bootstrap import needs_database

if TYPE_CHECKING:
    from postroad.messengers.protocol import Account


@click.group()
def matrix() -> None:
    """Work with Matrix."""


@matrix.command()
@click.option("--messenger", "key", required=True, metavar="KEY", help="Short key of the messenger in Postroad.")
@click.option("--server-name", help="Server name of a homeserver that is not connected yet, e.g. example.com.")
@click.option("--bot", default="postroad", show_default=True, help="User name of Postroad on it.")
@needs_database
def registration(key: str, server_name: str | None, bot: str) -> None:
    """Print the registration file of the application service, for Synapse's app_service_config_files.

    Of a connected messenger it holds the tokens that are stored; before that it holds new ones, to be entered
    when the messenger is connected under the same key. It is a secret either way.
    """
    from django.conf import settings

    from postroad.connectors.matrix.registration import registration as registration_of

    account = _connected(key)
    if account is None:
        if not server_name:
            raise click.UsageError(f"No Matrix messenger {key!r} is connected; give --server-name to prepare one.")
        account = _prepared(key, server_name, bot)
    url = f"{settings.URL.rstrip('/')}/messengers/{key}/callback"
    click.echo(registration_of(account, callback_url=url), nl=False)


def _connected(key: str) -> "Account | None":
    from postroad.connectors.matrix.connector import Matrix
    from postroad.messengers.models import Messenger
    from postroad.messengers.queries import account_of

    messenger = Messenger.objects.filter(key=key, connector=Matrix.key).first()
    return account_of(messenger) if messenger else None


def _prepared(key: str, server_name: str, bot: str) -> "Account":
    from postroad.messengers.protocol import Account

    tokens = {name: secrets.token_urlsafe(32) for name in ("as_token", "hs_token")}
    return Account(messenger_id=UUID(int=0), key=key, settings={"server_name": server_name, "bot": bot}, secrets=tokens)
