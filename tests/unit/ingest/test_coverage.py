"""Coverage reports as real tools write them, and what only looks like one."""

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_sitter_db.errors import UsageError
from graph_sitter_db.ingest import coverage
from graph_sitter_db.model.coverage import CoverageReport

ASSETS = Path(__file__).parents[2] / "assets" / "coverage"

type Write = Callable[[str | bytes], Path]


@pytest.fixture
def report(tmp_path: Path) -> Write:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "report"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def cobertura(body: str, head: str = "") -> str:
    classes = f"<package><classes>{body}</classes></package>"
    return f"{head}<coverage><packages>{classes}</packages></coverage>"


def one_class(*lines: str, path: str = "a.py") -> str:
    numbered = "".join(f"<line {each}/>" for each in lines)
    return f'<class filename="{path}"><methods/><lines>{numbered}</lines></class>'


def lines(found: CoverageReport) -> tuple[int, int]:
    """Covered, and all."""
    hits = [ran for each in found.files.values() for ran in each.hits.values()]
    return sum(ran > 0 for ran in hits), len(hits)


def branches(found: CoverageReport) -> tuple[int, int]:
    both = [each for file in found.files.values() for each in file.branches.values()]
    return sum(taken for taken, _ in both), sum(total for _, total in both)


@pytest.mark.parametrize("tool", ["coverage_py", "nyc", "c8"])
def test_both_formats_of_one_tool_say_the_same_of_lines(tool: str) -> None:
    xml, lcov = (coverage(ASSETS / f"{tool}.{suffix}") for suffix in ("xml", "lcov"))
    assert xml.files.keys() == lcov.files.keys()
    for path, file in xml.files.items():
        assert dict(file.hits) == dict(lcov.files[path].hits)
    assert (xml.roots, lcov.roots) == (("/tmp/build/shapes",), ())


@pytest.mark.parametrize("tool", ["coverage_py", "nyc", "c8"])
def test_cobertura_adds_up_to_its_own_totals(tool: str) -> None:
    total = ElementTree.parse(ASSETS / f"{tool}.xml").getroot().attrib
    expected = (int(total["lines-covered"]), int(total["lines-valid"]))
    assert lines(coverage(ASSETS / f"{tool}.xml")) == expected


@pytest.mark.parametrize("tool", ["coverage_py", "nyc", "c8"])
def test_lcov_adds_up_to_its_own_totals(tool: str) -> None:
    text, found = (ASSETS / f"{tool}.lcov").read_text(), coverage(ASSETS / f"{tool}.lcov")
    lh, lf, brh, brf = (
        sum(map(int, re.findall(rf"^{name}:(\d+)$", text, re.M)))
        for name in ("LH", "LF", "BRH", "BRF")
    )
    assert (lines(found), branches(found)) == ((lh, lf), (brh, brf))


def test_branches_are_counted_by_line() -> None:
    for suffix in ("xml", "lcov"):
        area = coverage(ASSETS / f"coverage_py.{suffix}").files["src/shapes/area.py"]
        assert dict(area.branches) == {13: (1, 2), 20: (1, 2), 34: (2, 2)}


def test_a_file_without_executable_lines_is_mentioned_all_the_same() -> None:
    for suffix in ("xml", "lcov"):
        empty = coverage(ASSETS / f"coverage_py.{suffix}").files["src/shapes/__init__.py"]
        assert (dict(empty.hits), dict(empty.branches)) == ({}, {})


def test_of_several_classes_of_one_file_the_largest_counts_stand(report: Write) -> None:
    first = one_class('number="1" hits="2"', 'number="2" hits="0" condition-coverage="50% (1/2)"')
    second = one_class('number="2" hits="3" condition-coverage="75% (3/4)"', 'number="3" hits="0"')
    (file,) = coverage(report(cobertura(first + second))).files.values()
    assert (dict(file.hits), dict(file.branches)) == ({1: 2, 2: 3, 3: 0}, {2: (3, 4)})


def test_records_of_one_file_are_added(report: Write) -> None:
    first = "TN:one\nSF:a.py\nDA:1,2\nDA:2,0,checksum\nBRDA:2,0,0,-\nBRDA:2,0,1,0\nend_of_record\n"
    second = "SF:a.py\nDA:1,1\nDA:3,-4\nBRDA:2,0,1,2\nBRDA:2,e0,a, or b,1\nend_of_record\n"
    (file,) = coverage(report(first + second)).files.values()
    assert (dict(file.hits), dict(file.branches)) == ({1: 3, 2: 0, 3: 0}, {2: (2, 3)})


def test_line_ends_and_marks_of_other_systems_are_read(report: Write) -> None:
    record = "SF:C:\\ci\\src\\a.py\r\nDA:1,1\r\nend_of_record\r\n"
    assert lines(coverage(report(b"\xef\xbb\xbf" + record.encode()))) == (1, 1)
    assert [*coverage(report(record)).files] == ["C:\\ci\\src\\a.py"]
    xml = cobertura(one_class('number="1" hits="1"', path="ä.py"))
    for content in (b"\xef\xbb\xbf" + xml.encode(), xml.encode("utf-16"), b"\n " + xml.encode()):
        assert [*coverage(report(content)).files] == ["ä.py"]
    assert [*coverage(report(b"SF:\xe4.py\nend_of_record\n")).files] == ["\\xe4.py"]


def test_a_doctype_that_names_the_public_dtd_is_no_obstacle() -> None:
    assert "<!DOCTYPE coverage SYSTEM" in (ASSETS / "nyc.xml").read_text()
    assert len(coverage(ASSETS / "nyc.xml").files) == 2


SECRET = '<!ENTITY x SYSTEM "file:///etc/hostname">'
LAUGHS = '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">'
LINE = one_class('number="1" hits="1"')


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "it is empty"),
        (" \n\t", "it is empty"),
        (b"\xef\xbb\xbf", "it is empty"),
        (b"SQLite format 3\0\x10\0", "starts with 'SQLite format 3"),
        ('{"meta": {}}', "starts with '{"),
        ("mode: set\na.go:1.1,2.2 1 1\n", "starts with 'mode: set', and holds neither"),
        ("TN:\n", "holds neither XML nor a line SF:PATH"),
        ("<report><package/></report>", "of <report>, not of Cobertura's <coverage>"),
        ("<html>", "of <html>"),
        ("<coverage/>", "no <class> with a filename"),
        ((ASSETS / "clover.xml").read_text(), "no <class> with a filename"),
        ("<coverage><packages>", "broken XML: no element found: line 1, column 20"),
        ("<coverage></packages>", "broken XML: mismatched tag: line 1"),
        ('<?xml version="1.0" encoding="nonsense"?><coverage/>', "broken XML: unknown encoding"),
        ('<?xml version="1.0" encoding="shift_jis"?><coverage/>', "encoding"),
        (cobertura("\n<class/>"), "line 2 has a <class> without filename"),
        (cobertura(one_class('number="1"')), "line 1 has a <line> with hits ''"),
        (cobertura(one_class('number="x" hits="1"')), "number 'x'"),
        (cobertura(one_class(f'number="1" hits="{"9" * 5000}"')), "hits '9999"),
        (cobertura(one_class('number="1" hits="1" condition-coverage="(3/2)"')), "3 of 2 branches"),
        (cobertura(LINE, f"<!DOCTYPE coverage [{SECRET}]>"), "its DOCTYPE declares something"),
        (cobertura(LINE, f"<!DOCTYPE coverage [{LAUGHS}]>"), "its DOCTYPE declares something"),
        (cobertura(LINE, '<!DOCTYPE c [<!ENTITY % p SYSTEM "p"> %p;]>'), "its DOCTYPE declares"),
        (cobertura("&b;" + LINE), "undefined entity"),
        ("DA:1,1\nSF:a\nend_of_record\n", "line 1 is 'DA:1,1'"),
        ("SF:a\nDA:1\nend_of_record\n", "line 2 is 'DA:1'"),
        ("SF:a\nDA:1,=====\nend_of_record\n", "line 2 is 'DA:1,====="),
        (f"SF:a\nDA:{'9' * 5000},1\nend_of_record\n", "line 2 is 'DA:9999"),
        ("SF:a\nBRDA:1,1\nend_of_record\n", "line 2 is 'BRDA:1,1'"),
        ("SF:a\nDA:1,1\n", "has no end: it was cut off"),
    ],
)
def test_what_is_no_report_is_refused_with_what_was_found(
    report: Write, content: str | bytes, found: str
) -> None:
    path = report(content)
    with pytest.raises(UsageError) as error:
        coverage(path)
    assert str(error.value).startswith(f"{path} is no usable coverage report: ")
    assert found in str(error.value) and "Give Cobertura XML or an lcov tracefile" in str(
        error.value
    )


@pytest.mark.parametrize("name", ["missing.xml", ".", "nul\0.xml", "~nosuchuser/c.xml"])
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    path = name if name.startswith("~") else f"{tmp_path}/{name}"
    with pytest.raises(UsageError, match=r"^Coverage report .* cannot be read: .*Give Cobertura"):
        coverage(path)


def test_deep_nesting_is_read(report: Write) -> None:
    deep = "<a>" * 100_000 + "</a>" * 100_000
    assert lines(coverage(report(cobertura(deep + LINE)))) == (1, 1)


@given(
    st.binary(max_size=200), st.sampled_from([b"", b"SF:a\n", b"<coverage>", b"<coverage><class "])
)
def test_no_bytes_end_in_anything_but_a_report_or_a_usage_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, start: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes"
    path.write_bytes(start + content)
    try:
        assert coverage(path).files
    except UsageError as error:
        assert str(path) in str(error)
