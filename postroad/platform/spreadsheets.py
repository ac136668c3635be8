"""Spreadsheets in and out: .xlsx and delimited text, as people really send them.

Reading finds out the encoding (UTF-8 with or without BOM, UTF-16, GB18030 and so GBK and GB2312) and the delimiter.
Writing makes sure that no cell starts a formula, and reading takes that guard off again, so that files round-trip.
"""

import csv
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO, StringIO
from typing import IO, Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"

ZIP_MAGIC = b"PK\x03\x04"
OLD_OFFICE_MAGIC = b"\xd0\xcf\x11\xe0"
UNPACKED_LIMIT_BYTES = 300 * 1024 * 1024
CELL_LIMIT = 32_767
DELIMITERS = ",\t;|"

# What XML 1.0 §2.2 cannot hold.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_STARTS_FORMULA = re.compile(r"[=+\-@\t\r\n]")
_PLAIN_NUMBER = re.compile(r"[+-]?\d[\d ]*(\.\d+)?")
_GUARDED = re.compile(r"'[=+\-@\t\r\n]")
_ALL_ZEROS = re.compile(r"0+")

Cell = str | int | float | bool | date | datetime | None


class Unreadable(ValueError):  # noqa: N818 - reads as the sentence it raises
    """The file as a whole cannot be read; the message says why, in the reader's language."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet program shows it (from 1), and its cells as text."""

    number: int
    cells: tuple[str, ...]


def read_rows(file: IO[bytes]) -> Iterator[Row]:
    """The rows of the first sheet that hold anything, the heading among them.

    Dates come as ISO 8601, whole numbers without a fraction, and text as it stands.

    Raises:
        Unreadable: not a spreadsheet, an old binary one, protected, damaged, or text in an unknown encoding.
    """
    start = file.read(len(ZIP_MAGIC))
    file.seek(0)
    if start == OLD_OFFICE_MAGIC:
        raise Unreadable(_("This is an old or a protected workbook. Save it as .xlsx or .csv without a password."))
    rows = _rows_of_workbook(file) if start == ZIP_MAGIC else _rows_of_text(file.read())
    for number, cells in enumerate(rows, start=1):
        if any(cells):
            yield Row(number, tuple(cells))


def decode(data: bytes) -> str:
    """Text in whichever of the encodings that office programs here write. Raises Unreadable for any other."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return _decode_as(data, [encoding])
    if b"\0" in data[:4096]:
        even, odd = data[:4096:2].count(0), data[1:4096:2].count(0)
        return _decode_as(data, ["utf-16-le" if odd >= even else "utf-16-be"])
    return _decode_as(data, ["utf-8", "gb18030"])


def delimiter_of(text: str) -> str:
    """The delimiter that splits the first line with content into the most cells; a comma if none splits it."""
    first = next((line for line in csv_lines(text) if line.strip()), "")
    return max(DELIMITERS, key=lambda delimiter: len(next(csv.reader([first], delimiter=delimiter), [])))


def csv_lines(text: str) -> StringIO:
    """Text as the csv module wants it: lines may end in LF, CRLF or CR, and keep their ends inside quotes."""
    return StringIO(text, newline="")


def write_xlsx(headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, title: str = "") -> bytes:
    """A workbook of one sheet, headings in bold and held in view; text is never taken for a formula."""
    from openpyxl import Workbook  # brings numpy along and takes as long to load as half of Django
    from openpyxl.styles import Font

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(title=re.sub(r"[\\/*?:\[\]]", " ", title)[:31] or None)
    sheet.freeze_panes = "A2"
    bold = Font(bold=True)
    heading = [_written(sheet, header) for header in headers]
    for cell in heading:
        cell.font = bold
    sheet.append(heading)
    for row in rows:
        sheet.append([_written(sheet, value) if isinstance(value, str) else _plain_time(value) for value in row])
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()


def write_csv(headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Comma-separated UTF-8 with a BOM, which office programs open without asking; formulas are guarded by `'`."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([_guarded(header) for header in headers])
    writer.writerows([_guarded(as_text(value)) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def download(headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, name: str, kind: str = "xlsx") -> HttpResponse:
    """An answer that the browser saves as `name` with the ending of `kind`, "xlsx" or "csv"."""
    content, content_type = (
        (write_csv(headers, rows), CSV) if kind == "csv" else (write_xlsx(headers, rows, title=name), XLSX)
    )
    response = HttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"{name}.{kind}")
    return response


def as_text(value: Any, *, number_format: str = "") -> str:
    """A cell as people read it: no `.0` on whole numbers, no midnight on dates, padding zeros where formatted so."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int):
        return str(value).zfill(len(number_format)) if _ALL_ZEROS.fullmatch(number_format) else str(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _rows_of_text(data: bytes) -> Iterator[list[str]]:
    text = decode(data)
    if text.lower().startswith("sep="):
        first, _end, text = text.partition("\n")
        delimiter = first.strip()[len("sep=") :][:1] or delimiter_of(text)
    else:
        delimiter = delimiter_of(text)
    reader = csv.reader(csv_lines(text), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            yield [cell[1:] if _GUARDED.match(cell) else cell for cell in row]
    except csv.Error as error:
        raise Unreadable(
            _("The quotation marks around line %(line)s do not match.") % {"line": reader.line_num}
        ) from error


def _decode_as(data: bytes, encodings: Sequence[str]) -> str:
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise Unreadable(_("The encoding of this file is not known. Save it as .xlsx, or as .csv in UTF-8."))


def _rows_of_workbook(file: IO[bytes]) -> Iterator[list[str]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        workbook = load_workbook(file, read_only=True, data_only=True) if unpacked <= UNPACKED_LIMIT_BYTES else None
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError) as error:
        raise Unreadable(_("This workbook is damaged or not a workbook.")) from error
    if workbook is None:
        raise Unreadable(_("This workbook is too large."))
    try:
        if not workbook.worksheets:
            raise Unreadable(_("This workbook has no sheet."))
        for row in workbook.worksheets[0].iter_rows():
            yield [
                as_text(cell.value, number_format=cell.number_format if isinstance(cell.value, int | float) else "")
                for cell in row
            ]
    except (zipfile.BadZipFile, SyntaxError, KeyError) as error:
        raise Unreadable(_("This workbook is damaged or not a workbook.")) from error
    finally:
        workbook.close()


def _written(sheet: Any, text: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value=_NOT_IN_XML.sub("", text)[:CELL_LIMIT])
    if _starts_formula(text):
        cell.data_type = "s"
        cell.quotePrefix = True
    return cell


def _plain_time(value: Cell) -> Cell:
    """Workbooks know no time zones: an aware moment is written as it reads in its own zone."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def _guarded(text: str) -> str:
    return f"'{text}" if _starts_formula(text) else text


def _starts_formula(text: str) -> bool:
    return bool(_STARTS_FORMULA.match(text)) and not _PLAIN_NUMBER.fullmatch(text)
