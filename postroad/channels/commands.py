"""`postroad listen`: receive on all channels. `postroad channels`: look at the register from the command line."""

import asyncio
import json
import signal

import click

from postroad.platform.bootstrap import needs_database


@click.command()
@needs_database
def listen() -> None:
    """Receive on all channels: the LMTP/SMTP listener and the mailboxes that are fetched. Ctrl-C stops it."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(_listen())
        except* OSError as errors:
            reasons = "; ".join(str(error) for error in errors.exceptions)
            raise click.ClickException(f"Cannot listen: {reasons}") from errors


async def _listen() -> None:
    from postroad.channels.receiving import receive_all

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await receive_all(stop)


@click.group()
def channels() -> None:
    """The register of channels."""


@channels.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@needs_database
def list_channels(*, as_json: bool) -> None:
    """Print the channels that have not ended."""
    from postroad.channels.queries import in_use

    for one in in_use():
        facts = {
            "key": one.key,
            "name": one.name,
            "kind": one.kind,
            "state": one.state,
            "address": one.address,
            "connector": one.connector,
            "healthy": one.healthy,
        }
        click.echo(
            json.dumps(facts, ensure_ascii=False) if as_json else "  ".join(str(fact) for fact in facts.values())
        )


@channels.command()
@click.argument("key")
@needs_database
def probe(*, key: str) -> None:
    """Send a health probe round the channel KEY now; its result shows on the channel's page."""
    from postroad.channels import actions
    from postroad.channels.queries import in_use

    channel = in_use().filter(key=key).first()
    if channel is None:
        raise click.ClickException(f"There is no channel {key} in use.")
    check = actions.probe_channel(channel_id=channel.pk)
    if check is None:
        click.echo("This channel has nothing to probe.")
    elif check.ok is False:
        raise click.ClickException(check.detail)
    else:
        click.echo("The probe is on its way; the listener closes it when it arrives.")
