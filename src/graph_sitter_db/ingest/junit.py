"""JUnit's XML as test runners write it: `testcase@classname@name@time@file@line`."""

from collections.abc import Mapping
from xml.parsers import expat

from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.reported import Reported, Suite, ToolReport

TOOL = "tests"


def read(name: str, content: bytes) -> ToolReport:
    """ValueError says what is wrong. Nothing outside of `content` is read, no entity expanded."""
    reader = _Reader()
    try:
        reader.parser.Parse(content, True)
    except (expat.ExpatError, LookupError) as error:
        raise ValueError(f"it is broken XML: {error}") from error
    total, failed = reader.count, sum(reader.failed.values())
    tests = Suite(total - failed - reader.skipped, failed, reader.skipped, round(reader.seconds, 3))
    return ToolReport(name, tuple(reader.found), tests, (TOOL,))


class _Reader:
    def __init__(self) -> None:
        self.found: list[Reported] = []
        self.failed: dict[int, bool] = {}  # by the number of the test
        self.count = self.skipped = 0
        self.seconds = 0.0
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self._case: Mapping[str, str] = {}
        self._is_first = True

    def _doctype(self, name: str, system: str | None, public: str | None, internal: bool) -> None:
        if internal:
            raise ValueError("its DOCTYPE declares something, which no report has a reason to")

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._is_first and name not in ("testsuites", "testsuite"):
            raise ValueError(f"it is XML, but of <{name}>, not of JUnit's <testsuites>")
        self._is_first = False
        if name == "testcase":
            self._case, self.count = attributes, self.count + 1
            self.seconds += _number(attributes.get("time"))
        elif name == "skipped" and self._case:
            self.skipped += 1
        elif name in ("failure", "error") and self._case and self.count not in self.failed:
            self.failed[self.count] = True
            self.found.append(self._finding(name, attributes.get("message", "")))

    def _finding(self, rule: str, message: str) -> Reported:
        case = self._case
        test = ".".join(filter(None, (case.get("classname"), case.get("name"))))
        line = int(_number(case.get("line"))) + 1 if case.get("line") else 1
        path = case.get("file") or _module(case.get("classname", ""))
        told = f"{test}: {message.strip().partition(chr(10))[0]}".rstrip(": ")
        return Reported(TOOL, rule, Severity.ERROR, told, path, line, line)


def _module(classname: str) -> str:
    """As pytest has it: `tests.unit.test_shop.TestPrice` is of tests/unit/test_shop.py."""
    parts = classname.split(".")
    while parts and parts[-1][:1].isupper():
        parts.pop()
    return "/".join(parts) + ".py"


def _number(text: str | None) -> float:
    try:
        return max(0.0, float((text or "0").replace(",", "")))
    except ValueError:
        return 0.0
