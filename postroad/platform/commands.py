"""Running an installation: `postroad up` and the processes that it keeps."""

import sys

import click

from postroad.platform.bootstrap import needs_database, use_django


@click.command()
@click.option("--demo", is_flag=True, help="Make the demo company and play its live traffic.")
def up(*, demo: bool) -> None:
    """Start everything: database, migrations, web, worker, mail listener. Ctrl-C stops it."""
    use_django()
    from postroad.platform.supervisor import run

    sys.exit(run(demo=demo))


@click.command()
@needs_database
def migrate() -> None:
    """Bring the database up to this version."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=1)


@click.command()
def web() -> None:
    """Serve the pages and the live stream."""
    use_django()
    import warnings

    import uvicorn
    from django.conf import settings

    # Static files come from WhiteNoise in synchronous pieces; they are small and made beforehand.
    warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
    uvicorn.run(
        "postroad.asgi:application",
        host=settings.WEB_HOST,
        port=settings.WEB_PORT,
        lifespan="off",
        access_log=False,
        proxy_headers=settings.SECURE_PROXY_SSL_HEADER is not None,
        server_header=False,
        # Live streams end with the process; nobody waits for them.
        timeout_graceful_shutdown=3,
        log_level="warning",
    )


@click.command()
@click.option("--concurrency", default=4, show_default=True, help="Jobs at once.")
def worker(*, concurrency: int) -> None:
    """Run background jobs. Any number of workers may run, on any number of machines."""
    use_django()
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    assert isinstance(app.connector, DjangoConnector)
    with app.replace_connector(app.connector.get_worker_connector()) as worker_app:
        worker_app.run_worker(
            concurrency=concurrency,
            delete_jobs="successful",
            fetch_job_polling_interval=2.0,
            shutdown_graceful_timeout=10.0,
        )


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@needs_database
def manage(arguments: tuple[str, ...]) -> None:
    """Django's own management commands (for developers and operators)."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["postroad manage", *arguments])


@click.command()
@needs_database
def doctor() -> None:
    """Say what is wrong with this installation and how to mend it."""
    from postroad.platform.doctor import examine

    findings = examine()
    for finding in findings:
        click.echo(f"{finding.level.value:8} {finding.subject}: {finding.text}")
        if finding.mend:
            click.echo(f"{'':8} → {finding.mend}")
    sys.exit(1 if any(finding.is_fault for finding in findings) else 0)
