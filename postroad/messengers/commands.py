"""`postroad messengers`: look at the connected messengers and read them from the command line."""

import json

import click

from postroad.platform.bootstrap import needs_database


@click.group()
def messengers() -> None:
    """The connected messengers."""


@messengers.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@needs_database
def list_messengers(*, as_json: bool) -> None:
    """Print the messengers with what is known of them."""
    from postroad.messengers import queries

    for one in queries.messengers_listed():
        counts = queries.room_counts(one)
        facts = {
            "key": one.key,
            "name": one.name,
            "connector": one.connector,
            "state": one.state,
            "healthy": one.healthy,
            "rooms": counts.registered + counts.stray,
            "not_registered": counts.stray,
            "rooms_read_at": one.rooms_read_at.isoformat() if one.rooms_read_at else None,
        }
        line = json.dumps(facts, ensure_ascii=False) if as_json else "  ".join(str(fact) for fact in facts.values())
        click.echo(line)


@messengers.command()
@click.argument("key")
@needs_database
def read(*, key: str) -> None:
    """Read people and groups of the messenger KEY now."""
    from postroad.messengers import actions, queries
    from postroad.messengers.protocol import MessengerFault

    messenger = queries.in_use().filter(key=key).first()
    if messenger is None:
        raise click.ClickException(f"There is no messenger {key} in use.")
    try:
        people = actions.read_directory_of(messenger=messenger)
        rooms = actions.read_rooms(messenger=messenger)
    except MessengerFault as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo(f"{people.people} people ({people.added} new, {people.gone} gone, {people.matched} recognised)")
    click.echo(f"{rooms.rooms} groups ({len(rooms.changed)} changed)")


@messengers.command()
@click.argument("key")
@click.option("--again", is_flag=True, help="Try to store them again first.")
@needs_database
def aside(*, key: str, again: bool) -> None:
    """Print what the messenger KEY told and could not be stored, and why."""
    from postroad.messengers import actions, queries
    from postroad.platform.actors import Actor

    messenger = queries.by_key(key)
    if messenger is None:
        raise click.ClickException(f"There is no messenger {key}.")
    if again:
        taken, failed = actions.take_again(messenger=messenger, actor=Actor.system("command"))
        click.echo(f"{taken} stored, {failed} not")
    for one in messenger.set_aside.order_by("at"):
        click.echo(f"{one.at:%Y-%m-%d %H:%M:%S}  {one.room_id}  {one.external_id}  {one.error}")
