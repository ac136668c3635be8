"""`postroad ledger`: verify the evidence, prove an entry, check a proof, export everything."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from postroad.ledger import export as exports
from postroad.ledger.verification import Broken, SealedHead, Verdict, check_proof
from postroad.ledger.verification import verify as verify_records
from postroad.platform.actors import Actor
from postroad.platform.bootstrap import needs_database
from postroad.platform.errors import DomainError

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
COMMAND_LINE = Actor.system("command line")


@click.group()
def ledger() -> None:
    """The evidence: what was done by whom, sealed so that every change shows."""


@ledger.command()
@click.option("--from-export", "export_file", type=EXISTING, help="Verify this export; needs no database.")
@click.option("--against", "proof_file", type=EXISTING, help="A proof kept elsewhere: its tree must be part of this.")
def verify(*, export_file: Path | None, proof_file: Path | None) -> None:
    """Recompute every leaf, node and head; say the first place that does not hold (exit code 1)."""
    with _broken_exits():
        against = check_proof(_read_json(proof_file)) if proof_file else None
        verdict = _verify_export(export_file, against) if export_file else _verify_database(against)
    click.echo(f"Whole: {verdict.entries} entries under {verdict.heads} heads, root {verdict.root.hex()}")


@ledger.command()
@click.argument("entry_uuid", type=click.UUID)
@needs_database
def prove(entry_uuid: UUID) -> None:
    """Print a self-contained JSON proof that an entry is in the evidence."""
    from postroad.ledger.permissions import get_entry
    from postroad.ledger.queries import inclusion_proof

    try:
        document = inclusion_proof(get_entry(entry_uuid)).document
    except DomainError as error:
        raise click.ClickException(error.message) from error
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


@ledger.command()
@click.argument("proof_file", type=EXISTING)
def check(proof_file: Path) -> None:
    """Check a proof made by `prove` or downloaded from an entry's page; needs no database."""
    with _broken_exits():
        head = check_proof(_read_json(proof_file))
    click.echo(f"The proof holds: the entry is under the root {head.root.hex()} of {head.size} entries")


@ledger.command()
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@needs_database
def export(file: Path) -> None:
    """Write all sealed evidence to a file that anybody can verify offline."""
    from postroad.ledger.actions import export_evidence

    with file.open("w", encoding="utf-8") as opened:
        head = export_evidence(opened, actor=COMMAND_LINE)
    click.echo(f"{head.size if head else 0} entries written to {file}")


@needs_database
def _verify_database(against: SealedHead | None) -> Verdict:
    from postroad.ledger.queries import first_forgotten, guards_off, sealed_tree

    with sealed_tree() as (records, nodes):
        verdict = verify_records(records, nodes=nodes, against=against)
        if forgotten := first_forgotten():
            raise Broken(f"entry {forgotten.uuid}", "it is neither in the tree nor waiting for it")
        if off := guards_off():
            raise Broken("the database", f"these triggers are missing or switched off: {', '.join(off)}")
    return verdict


def _verify_export(file: Path, against: SealedHead | None) -> Verdict:
    with file.open(encoding="utf-8", errors="surrogateescape") as lines:
        return verify_records(exports.read(lines), against=against)


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.ClickException(f"{file} is not JSON") from error
    if not isinstance(content, dict):
        raise click.ClickException(f"{file} is not a proof")
    return content


@contextmanager
def _broken_exits() -> Iterator[None]:
    try:
        yield
    except Broken as broken:
        click.echo(f"BROKEN at {broken}", err=True)
        sys.exit(1)
