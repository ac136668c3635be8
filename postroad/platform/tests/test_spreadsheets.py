import io
import json
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from postroad.platform.spreadsheets import (
    Unreadable,
    download,
    read_rows,
    write_csv,
    write_xlsx,
)

CORPUS = Path(__file__).parents[4] / "shared" / "corpora" / "csv"
TABLE = "工号,姓名,部门\r\n007,张三,销售部\r\n008,李四,客服部\r\n"
EXPECTED = [("工号", "姓名", "部门"), ("007", "张三", "销售部"), ("008", "李四", "客服部")]
DANGEROUS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"]


def cells(data: bytes) -> list[tuple[str, ...]]:
    return [row.cells for row in read_rows(io.BytesIO(data))]


def workbook(*rows, formats=()) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for place, number_format in formats:
        book.active[place].number_format = number_format
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpora are not on this machine")
def test_every_awkward_file_of_the_corpus_reads_as_expected():
    described = json.loads((CORPUS / "files.json").read_text())
    assert len(described) >= 11
    for entry in described:
        heading, *rows = cells((CORPUS / entry["file"]).read_bytes())
        read = [dict(zip(heading, row, strict=True)) for row in rows]
        # The corpus lost its CRs on the way to us, while what it expects still has them.
        expected = [{key: value.replace("\r\n", "\n") for key, value in row.items()} for row in entry["expected_rows"]]
        assert read == expected, entry["file"]


def test_line_ends_inside_quotes_stay_as_they_are():
    assert cells(b'a,b\r\n"Once upon \r\na time",5\r\n')[1] == ("Once upon \r\na time", "5")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_chinese_text_reads_in_every_encoding_that_office_programs_write(encoding):
    assert cells(TABLE.encode(encoding)) == EXPECTED


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(delimiter):
    assert cells(TABLE.replace(",", delimiter).encode()) == EXPECTED


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_is_read(ending):
    assert cells(TABLE.replace("\r\n", ending).encode()) == EXPECTED


def test_a_declared_separator_line_is_believed():
    assert cells(b"sep=;\r\na;b\r\n1,5;2\r\n") == [("a", "b"), ("1,5", "2")]


def test_row_numbers_are_those_of_the_spreadsheet_program():
    rows = list(read_rows(io.BytesIO(b'a,b\n"x\ny",1\n\n,\n2,3\n')))
    assert [(row.number, row.cells[0]) for row in rows] == [(1, "a"), (2, "x\ny"), (5, "2")]


@pytest.mark.parametrize(
    "data",
    [
        b"\xd0\xcf\x11\xe0 an old workbook",
        b"PK\x03\x04 not a zip after all",
        b'a,b\n1,"never closed\n2,3\n',
        "工号".encode("gbk") + b"\xff\xff\xff",
    ],
    ids=["old workbook", "damaged workbook", "open quotation mark", "unknown encoding"],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(data):
    with pytest.raises(Unreadable) as refusal:
        cells(data)
    assert str(refusal.value)


def test_a_zip_that_is_no_workbook_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(Unreadable):
        cells(out.getvalue())


def test_workbook_cells_read_as_people_see_them():
    data = workbook(
        ["n", "whole", "day", "moment", "yes", "none"],
        [7, 3.0, date(2026, 5, 3), datetime(2026, 5, 3, 8, 30), True, None],
        formats=[("A2", "000")],
    )
    assert cells(data)[1] == ("007", "3", "2026-05-03", "2026-05-03 08:30:00", "TRUE", "")


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_written_cell_starts_a_formula(text):
    sheet = load_workbook(io.BytesIO(write_xlsx(["h"], [[text]]))).active
    assert sheet["A2"].data_type == "s"
    line = write_csv(["h"], [[text]]).decode("utf-8-sig").partition("\r\n")[2]
    assert line.lstrip('"').startswith("'")


@pytest.mark.parametrize("text", ["+8613812345678", "-5", "-1.5", "2026-05-03", "plain"])
def test_numbers_and_plain_text_are_not_guarded(text):
    assert write_csv(["h"], [[text]]).decode("utf-8-sig") == f"h\r\n{text}\r\n"


printable = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20)


@given(st.lists(st.lists(printable, min_size=2, max_size=2).filter(any), min_size=1, max_size=5))
def test_text_survives_a_round_trip_through_both_formats(rows):
    expected = [("左", "right"), *map(tuple, rows)]
    assert cells(write_csv(["左", "right"], rows)) == expected
    assert cells(write_xlsx(["左", "right"], rows)) == expected


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    try:
        rows = cells(data)
    except Unreadable:
        return
    assert all(isinstance(cell, str) for row in rows for cell in row)


def test_a_download_names_its_file_in_chinese():
    response = download(["a"], [["1"]], name="人员", kind="csv")
    assert response.headers["Content-Type"].startswith("text/csv")
    assert "filename*=utf-8''%E4%BA%BA%E5%91%98.csv" in response.headers["Content-Disposition"]
