"""The `postroad` command. Each package's commands are imported only when called, so that every one starts fast."""

from importlib import import_module

import click

COMMANDS = {
    "up": "postroad.platform.commands:up",
    "web": "postroad.platform.commands:web",
    "worker": "postroad.platform.commands:worker",
    "migrate": "postroad.platform.commands:migrate",
    "doctor": "postroad.platform.commands:doctor",
    "manage": "postroad.platform.commands:manage",
    "listen": "postroad.channels.commands:listen",
    "channels": "postroad.channels.commands:channels",
    "messengers": "postroad.messengers.commands:messengers",
    "mail": "postroad.connectors.mail.commands:mail",
    "matrix": "postroad.connectors.matrix.commands:matrix",
    "clock": "postroad.clock.commands:clock",
    "ledger": "postroad.ledger.commands:ledger",
    "org": "postroad.org.commands:org",
    "directory": "postroad.directory.commands:directory",
    "demo": "postroad.demo.commands:demo",
}

# Commands that packages above add to the group of a package below them.
ADDED = {
    "channels": {"plan": "postroad.groups.commands:plan", "apply": "postroad.groups.commands:apply"},
}


class LazyGroup(click.Group):
    """A group that imports a command's module only to run or describe that command."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command = _load(COMMANDS[cmd_name])
        for name, address in ADDED.get(cmd_name, {}).items():
            assert isinstance(command, click.Group)
            command.add_command(_load(address), name)
        return command


def _load(address: str) -> click.Command:
    module, attribute = address.split(":")
    command: click.Command = getattr(import_module(module), attribute)
    return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="postroad")
def main() -> None:
    """Postroad 驿道: a company's communication channels, run to a written standard."""
