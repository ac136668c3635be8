"""Message catalogues: `compile` makes .mo files (no system package needed), `check` finds what is missing or
contradicts itself, `collect` gathers new sentences with gettext's xgettext.
"""

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = Path("locale/zh_Hans/LC_MESSAGES/django.po")
MARKS = {"_", *(f"{kind}{when}" for kind in ("gettext", "ngettext", "pgettext", "npgettext") for when in ("", "_lazy"))}


def packages() -> Iterator[Path]:
    """Every package that has sentences of its own."""
    yield from sorted(path.parents[3] for path in (ROOT / "postroad").glob(f"**/{CATALOGUE}"))


def entries(package: Path) -> list[polib.POEntry]:
    return [entry for entry in polib.pofile(str(package / CATALOGUE)) if not entry.obsolete]


def compile_all() -> int:
    for package in packages():
        source = package / CATALOGUE
        polib.pofile(str(source)).save_as_mofile(str(source.with_suffix(".mo")))
    return 0


def check() -> int:
    problems = [*untranslated(), *contradictions(), *hidden(), *forgotten()]
    print("\n".join(problems) or "Every sentence is translated, and none in two ways.")
    return 1 if problems else 0


def untranslated() -> Iterator[str]:
    """Sentences in a catalogue without a translation, or with a guessed one."""
    for package in packages():
        for entry in entries(package):
            if not entry.translated() or entry.fuzzy:
                yield f"{package.relative_to(ROOT)}: not translated: {entry.msgid!r}"


def contradictions() -> Iterator[str]:
    """Sentences that two packages translate in two ways: Django would show either one in both."""
    found: dict[tuple[str | None, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for package in packages():
        for entry in entries(package):
            if entry.msgid and not entry.msgid_plural:
                found[entry.msgctxt, entry.msgid][entry.msgstr].append(package.name)
    for (_context, sentence), translations in sorted(found.items(), key=lambda item: item[0][1]):
        if len(translations) > 1:
            ways = "; ".join(f"{text!r} in {', '.join(where)}" for text, where in translations.items())
            yield f"translated in {len(translations)} ways (give them contexts): {sentence!r}: {ways}"


def hidden() -> Iterator[str]:
    """Sentences inside f-strings, where xgettext does not look: no catalogue would ever get them."""
    for path in sorted((ROOT / "postroad").rglob("*.py")):
        for outer in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(outer, ast.JoinedStr):
                continue
            for call in ast.walk(outer):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in MARKS:
                    yield f"{path.relative_to(ROOT)}:{call.lineno}: take {ast.unparse(call)} out of the f-string"


def forgotten() -> Iterator[str]:
    """Sentences in the code that no catalogue has, and the other way round. Needs xgettext; says so without it."""
    if not shutil.which("xgettext"):
        print("Not looked for forgotten sentences: gettext is not installed.")
        return
    said, known = {key(entry) for entry in said_in(ROOT / "postroad")}, known_sentences()
    for context, sentence in sorted(said - known - set(_of_django()), key=lambda one: one[1]):
        yield f"in no catalogue (make messages): {sentence!r} ({context or 'no context'})"
    for context, sentence in sorted(known - said, key=lambda one: one[1]):
        yield f"nobody says it any more (make messages): {sentence!r} ({context or 'no context'})"


def known_sentences() -> set[tuple[str | None, str]]:
    return {key(entry) for package in packages() for entry in entries(package)}


def key(entry: polib.POEntry) -> tuple[str | None, str]:
    return entry.msgctxt, entry.msgid


def said_in(package: Path) -> list[polib.POEntry]:
    """Every sentence marked in a package and those below it, untranslated."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "postroad"
        shutil.copytree(package, copy, ignore=shutil.ignore_patterns("locale", "tests", "__pycache__", "dist"))
        (copy / "locale").mkdir()
        _make_messages(copy)
        return [entry for entry in polib.pofile(str(copy / CATALOGUE)) if entry.msgid]


def _of_django() -> Iterator[tuple[str | None, str]]:
    """Django's own sentences, of the parts of it that are in use: what another part translates stays English here."""
    import django

    from postroad.settings import INSTALLED_APPS

    parts = ("django.conf", *(app for app in INSTALLED_APPS if app.startswith("django.")))
    for part in parts:
        path = Path(django.__file__).parent.joinpath(*part.split(".")[1:]) / CATALOGUE
        if not path.exists():
            continue
        yield from ((entry.msgctxt, entry.msgid) for entry in polib.pofile(str(path)))


def collect() -> int:
    """New sentences go to the end of their package's catalogue, to be translated; what nobody says any more goes."""
    known, said = known_sentences() | set(_of_django()), {key(entry) for entry in said_in(ROOT / "postroad")}
    for package in sorted(packages(), key=lambda path: -len(path.parts)):
        catalogue = polib.pofile(str(package / CATALOGUE), wrapwidth=0)
        gone = [entry for entry in catalogue if key(entry) not in said]
        new = [entry for entry in said_in(package) if key(entry) not in known]
        for entry in gone:
            catalogue.remove(entry)
        catalogue.extend(new)
        known |= {key(entry) for entry in new}
        if gone or new:
            catalogue.save()
    return 0


def _make_messages(package: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "-l", "zh_Hans", "--no-location", "--no-wrap", "-v", "0"],
        cwd=package,
        # Settings are not needed, and those of the tests cannot be imported from there.
        env={name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
        check=True,
    )


if __name__ == "__main__":
    sys.exit({"compile": compile_all, "check": check, "collect": collect}[sys.argv[1]]())
