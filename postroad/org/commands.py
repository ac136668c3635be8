"""`postroad org`: the first administrator, and links for people who cannot get in."""

import sys

import click

from postroad.platform.bootstrap import needs_database


@click.group()
def org() -> None:
    """People and accounts."""


@org.command("create-admin")
@click.argument("username")
@click.option("--name", default="", help="The person's name; the user name if not given.")
@click.option("--staff-no", default="", help="The person's staff number; the user name if not given.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@needs_database
def create_admin(*, username: str, name: str, staff_no: str, password_stdin: bool) -> None:
    """Create a person with the role of system administrator; prints a one-time link unless a password is given."""
    from postroad.org.bootstrap import create_administrator
    from postroad.platform.errors import DomainError

    password = sys.stdin.readline().rstrip("\n") if password_stdin else None
    try:
        link = create_administrator(
            username=username, name=name or username, staff_no=staff_no or username, password=password
        )
    except DomainError as error:
        raise click.ClickException(error.message) from error
    click.echo(f"{username} is a system administrator.")
    if link:
        click.echo(f"Set the password within three days at {link}")


@org.command("password-link")
@click.argument("username")
@needs_database
def password_link(*, username: str) -> None:
    """Print a one-time link with which somebody sets a new password."""
    from postroad.org.bootstrap import link_for
    from postroad.platform.errors import DomainError

    try:
        click.echo(link_for(username=username))
    except DomainError as error:
        raise click.ClickException(error.message) from error
