"""Lead files: from a path, from memory, from a pipe; short and long ones; CSV and XLSX."""

from __future__ import annotations

import io
import os
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from between import answer_lost, never_sent, proxy_of
from conftest import QUICK, Server, number

from branchline import BadRequest, Client, ConnectionFailed, TooLarge


@pytest.fixture
def workflow(client: Client) -> Iterator[str]:
    yield client.create_workflow(title="Files", settings={"default_country": "US"})["id"]


def csv(first: int, count: int) -> bytes:
    rows = "".join(f"{number(index)},Person {index}\n" for index in range(first, first + count))
    return b"phone_number,name\n" + rows.encode()


def long_csv(count: int) -> bytes:
    rows = "".join(f"+1212555{index:04d},{index}\n" for index in range(10_000))
    more = "".join(f"+1646555{index:04d},{index}\n" for index in range(count - 10_000))
    return b"phone_number,place\n" + rows.encode() + more.encode()


def xlsx(rows: list[list[str]]) -> bytes:
    """The least workbook that is one."""
    cells = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) + "</row>"
        for row in rows
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    sheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    head = f'<worksheet xmlns="{sheet}"><sheetData>'
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        f'<Default Extension="rels" ContentType="{rels}"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{sheet}" xmlns:r="{office}"><sheets>'
        '<sheet name="Leads" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship '
        f'Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f"{head}{cells}</sheetData></worksheet>",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return packed.getvalue()


def test_a_file_by_its_path(client: Client, workflow: str, tmp_path: Path) -> None:
    path = tmp_path / "leads of May.csv"
    path.write_bytes(csv(0, 20))
    enrolled = client.enrol_file(workflow, path)
    assert "lead_ids" in enrolled
    assert enrolled["leads_enrolled"] == 20
    found = client.wait_for_import(workflow, enrolled)
    assert found is not None
    assert (found["file_name"], found["status"], found["rows"]) == ("leads of May.csv", "done", 20)
    again = client.enrol_file(workflow, str(path))
    assert "lead_ids" in again
    assert (again["leads_enrolled"], again["duplicates_skipped"]) == (0, 20)
    with pytest.raises(BadRequest) as refused:
        client.enrol_file(workflow, path, duplicates="reject")
    assert refused.value.faults


def test_bytes_and_open_files(client: Client, workflow: str) -> None:
    client.enrol_file(workflow, csv(0, 3))
    file = io.BytesIO(b"skipped" + csv(10, 3))
    file.seek(len("skipped"))
    enrolled = client.enrol_file(workflow, file, file_name='a "name"\r\nX: y.csv')
    assert "lead_ids" in enrolled
    assert enrolled["leads_enrolled"] == 3
    names = {one["file_name"] for one in client.iter_imports(workflow)}
    assert "a nameX: y.csv" in names


def test_a_workbook(client: Client, workflow: str) -> None:
    book = xlsx([["phone_number", "name"], [number(1), "Asha"], [number(2), "Ben"]])
    enrolled = client.enrol_file(workflow, book, file_name="leads.xlsx")
    assert "lead_ids" in enrolled
    assert enrolled["leads_enrolled"] == 2
    names = sorted(str((lead["variables"] or {})["name"]) for lead in client.iter_leads(workflow))
    assert names == ["Asha", "Ben"]


def test_faulty_rows_are_all_told_and_nobody_is_enrolled(client: Client, workflow: str) -> None:
    content = csv(0, 2) + b"12,Too short\n" + csv(5, 1).splitlines()[1] + b"\nnone,None\n"
    with pytest.raises(BadRequest) as refused:
        client.enrol_file(workflow, content)
    rows = [row for fault in refused.value.faults for row in fault["rows"]]
    assert sorted(rows) == [4, 6]
    assert client.list_leads(workflow)["meta"]["total"] == 0


def test_a_long_list_is_waited_for(client: Client, workflow: str) -> None:
    content = long_csv(12_000)
    enrolled = client.enrol_file(workflow, content, file_name="long.csv", timeout=120)
    assert "id" in enrolled
    found = client.wait_for_import(workflow, enrolled, patience_s=120)
    assert found is not None
    assert (found["status"], found["leads_enrolled"]) == ("done", 12_000)


def test_a_file_is_sent_again_and_enrolled_once(
    shared: Server, client: Client, workflow: str, tmp_path: Path
) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(csv(0, 5))
    with proxy_of(shared.url) as proxy, Client(proxy.url, retry=QUICK) as flaky:
        proxy.script.extend([never_sent, answer_lost])
        enrolled = flaky.enrol_file(workflow, path)
        assert "lead_ids" in enrolled
        assert (enrolled["leads_enrolled"], enrolled["duplicates_skipped"]) == (5, 0)
        assert len(proxy.seen) == 3
        assert len({seen.body for seen in proxy.seen}) == 1
        with path.open("rb") as file:
            file.readline()
            proxy.script.append(never_sent)
            with pytest.raises(BadRequest):
                # From where it stood, without its first line, it is no list; the second time too.
                flaky.enrol_file(workflow, file)
        assert len(proxy.seen) == 5
        assert proxy.seen[3].body == proxy.seen[4].body


def test_a_pipe_is_sent_once(shared: Server, client: Client, workflow: str) -> None:
    def pipe(content: bytes) -> io.FileIO:
        reader, writer = os.pipe()

        def write() -> None:
            with os.fdopen(writer, "wb") as file:
                file.write(content)

        threading.Thread(target=write, daemon=True).start()
        return io.FileIO(reader, "rb")

    with pipe(csv(0, 4)) as source:
        enrolled = client.enrol_file(workflow, source)
    assert "lead_ids" in enrolled
    assert enrolled["leads_enrolled"] == 4
    with proxy_of(shared.url) as proxy, Client(proxy.url, retry=QUICK) as flaky:
        proxy.script.append(never_sent)
        with pipe(csv(10, 4)) as source, pytest.raises(ConnectionFailed):
            flaky.enrol_file(workflow, source)
        assert len(proxy.seen) == 1


def test_a_file_that_is_too_large_is_refused_before_it_is_all_sent(
    client: Client, workflow: str, tmp_path: Path
) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(300_000_000)
    with pytest.raises(TooLarge):
        client.enrol_file(workflow, path)


def test_a_file_that_is_not_there(client: Client, workflow: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        client.enrol_file(workflow, tmp_path / "none.csv")
