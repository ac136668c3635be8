"""`postroad directory`: how the directories are, and reading one from the command line."""

import json
from typing import Any

import click

from postroad.platform.bootstrap import needs_database


@click.group()
def directory() -> None:
    """The directories that people come from."""


@directory.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@needs_database
def status(*, as_json: bool) -> None:
    """Print each directory with its last reading and what waits for somebody."""
    from postroad.directory import queries

    source: Any
    for source in queries.sources_listed():
        run = queries.runs_of(source).order_by("-pk").first()
        facts = {
            "key": source.key,
            "name": source.name,
            "connector": source.connector,
            "state": source.state,
            "healthy": source.healthy,
            "people": source.people_count,
            "last_reading": run.state if run else None,
            "read_at": run.started_at.isoformat() if run else None,
            "conflicts": source.conflict_count,
        }
        line = json.dumps(facts, ensure_ascii=False) if as_json else "  ".join(str(fact) for fact in facts.values())
        click.echo(line)


@directory.command()
@click.argument("key")
@click.option("--trial", is_flag=True, help="Look only; change nothing.")
@needs_database
def sync(*, key: str, trial: bool) -> None:
    """Read the directory KEY now and apply what may be applied. Ends with 1 when the reading failed."""
    from postroad.directory import actions, queries
    from postroad.directory.models import SyncRun
    from postroad.platform.errors import Conflict

    source = queries.sources_listed().filter(key=key).first()
    if source is None:
        raise click.ClickException(f"There is no directory {key}.")
    try:
        run = actions.start_run(source=source, trial=trial)
    except Conflict as refusal:
        raise click.ClickException(refusal.message) from refusal
    actions.read_source(run_id=run.pk)
    run.refresh_from_db()
    if run.state == SyncRun.State.FAILED:
        raise click.ClickException(run.detail_said)
    click.echo(f"{run.people_read} people, {run.departments_read} departments: {run.get_state_display()}")
    click.echo(
        f"{run.people_new} new, {run.people_changed} changed, {run.people_ended} ended; "
        f"{run.departments_new} departments new, {run.departments_changed} changed; {run.conflicts_open} conflicts"
    )
    if run.state == SyncRun.State.HELD:
        click.echo(f"{run.get_hold_display()}: {run.source.get_absolute_url()}")
