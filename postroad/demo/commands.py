"""`postroad demo`: the demo company, its sign-ins and its live traffic. `postroad up --demo` calls all three."""

import click

from postroad.platform.bootstrap import needs_database


@click.group()
def demo() -> None:
    """A company to try Postroad with."""


@demo.command()
@needs_database
def company() -> None:
    """Make the demo company, its calendar, channels, flows and messenger. Repeating it changes nothing."""
    from postroad.demo.company import make_company, open_the_messenger

    made = make_company()
    if open_the_messenger() or made:
        click.echo("The demo company 青禾智能装备 is made.")


@demo.command()
@click.argument("place")
@needs_database
def fill(*, place: str) -> None:
    """Put your own staff into the simulated messenger PLACE, to try group plans without anybody noticing."""
    from postroad.demo.messenger import fill_place

    click.echo(f"{fill_place(place)} people are in the simulated messenger {place}.")


@demo.command("sign-ins")
@needs_database
def sign_ins() -> None:
    """Print who can sign in."""
    from postroad.demo.company import password, sign_ins

    click.echo(f"\n  Sign in with the password  {password()}  as")
    for username, name, title in sign_ins():
        click.echo(f"    {username:16} {name}  {title}")
    click.echo()


@demo.command()
@click.option("--seed", default=0, help="Another number plays another day.")
@needs_database
def traffic(*, seed: int) -> None:
    """Play customers who write mails, colleagues who answer some of them and chat, until stopped."""
    from postroad.demo.traffic import play

    play(seed=seed)
