"""`postroad channels plan` and `postroad channels apply`: groups as declared, from the command line."""

import json
from typing import Any

import click

from postroad.platform.bootstrap import needs_database


@click.command()
@click.option("--channel", "key", metavar="KEY", help="Only this channel.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@needs_database
def plan(*, key: str | None, as_json: bool) -> None:
    """Print how the groups in the messengers differ from what is declared. Changes nothing.

    Ends with 0 when nothing differs, with 2 when something does.
    """
    from postroad.groups.plan import make_plan

    found = make_plan(_channel_ids(key))
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
    else:
        _print(found)
    if not found.in_order:
        raise SystemExit(2)


@click.command()
@click.option("--channel", "key", metavar="KEY", help="Only this channel.")
@click.option("--dry-run", is_flag=True, help="Print what would be done, and do nothing.")
@click.option("--confirm", is_flag=True, help="Also when it removes more members than usual.")
@needs_database
def apply(*, key: str | None, dry_run: bool, confirm: bool) -> None:
    """Make the groups in the messengers as declared: everything that can be repaired.

    Ends with 0 when all of it was done, with 1 when something failed or waits for --confirm.
    """
    from postroad.groups import actions
    from postroad.groups.plan import make_plan, messengers_governed
    from postroad.platform.actors import Actor

    channel_ids = _channel_ids(key)
    if dry_run:
        _print(make_plan(channel_ids))
        return
    actions.follow_everything()
    bad = False
    for messenger in messengers_governed():
        run = actions.apply_messenger(
            messenger=messenger,
            channel_ids=channel_ids,
            by_hand=True,
            confirmed=confirm,
            actor=Actor.system("command line"),
        )
        bad |= _tell(messenger.key, run)
    if bad:
        raise SystemExit(1)


def _channel_ids(key: str | None) -> list[Any] | None:
    from postroad.groups.desired import governed

    if key is None:
        return None
    group = governed().filter(channel__key=key).first()
    if group is None:
        raise click.ClickException(f"There is no group {key} that is kept as declared.")
    return [group.channel_id]


def _tell(messenger: str, run: Any) -> bool:
    """Print what became of a run; whether somebody has to look."""
    if run is None:
        click.echo(f"{messenger}: nothing to do")
        return False
    if run.state == run.State.HELD:
        click.echo(f"{messenger}: waits, since {run.removing} of {run.members} members would go; --confirm does it")
        return True
    click.echo(f"{messenger}: {run.done} done, {run.failed} failed")
    for step in run.steps.filter(state="failed").select_related("channel"):
        click.echo(f"  {step.channel.key}: {step.reason}")
    return bool(run.failed)


def _print(found: Any) -> None:
    for one in found.channels:
        if not one.items:
            continue
        how = "by itself" if one.wanted.automatic else "after a click"
        click.echo(f"{one.group.channel.key}  {one.wanted.name}  ({one.group.messenger.key}, {how})")
        for item in one.items:
            click.echo(f"  {_line(item)}")
    for room in found.strays:
        click.echo(f"? {room.name}  ({room.messenger.key}, {room.member_count} members): not registered")
    click.echo(f"{len(found.channels)} groups, {found.total} differences, {len(found.strays)} not registered")


_SIGNS = {"missing": "+", "room": "+", "extra": "-", "stranger": "-", "ending": "-", "closed": "!"}


def _line(item: Any) -> str:
    found = item.found
    sign = _SIGNS.get(found.field, "~")
    about = found.subject if found.field == "setting" else found.field
    if found.field in {"missing", "extra", "stranger"}:
        text = f"{sign} {found.declared or found.observed}"
    elif found.field in {"room", "ending", "closed"}:
        text = f"{sign} {about}: {found.declared or found.observed}"
    else:
        text = f"{sign} {about}: {found.observed or '-'} -> {found.declared or '-'}"
    notes = [found.obstacle.label] if found.obstacle else []
    notes += [f"excepted until {item.excepted_until}"] if item.excepted_until else []
    return f"{text}  [{'; '.join(map(str, notes))}]" if notes else text
