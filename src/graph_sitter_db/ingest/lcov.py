"""lcov's tracefiles: records from `SF:` to `end_of_record`, of which `DA` and `BRDA` are read."""

import re
from collections import Counter
from dataclasses import dataclass, field

from graph_sitter_db.model.coverage import FileCoverage
from graph_sitter_db.model.paths import path_of, storable

_DA = re.compile(r"(\d{1,9}),(-?\d{1,18})(?:,.*)?")  # line, hits, checksum
_BRDA = re.compile(r"(\d{1,9}),(.*),(-|\d{1,18})")  # line, block and branch, taken


@dataclass(slots=True)
class _Record:
    hits: Counter[int] = field(default_factory=Counter)
    branches: dict[int, Counter[str]] = field(default_factory=dict)

    def coverage(self) -> FileCoverage:
        return FileCoverage(
            self.hits,
            {
                line: (sum(taken > 0 for taken in each.values()), len(each))
                for line, each in self.branches.items()
            },
        )


def read(content: bytes) -> dict[str, FileCoverage]:
    """By path; of one path in several records the counts are added, as `lcov --add` does.

    ValueError says what is wrong.
    """
    records: dict[str, _Record] = {}
    record = None
    for number, line in enumerate(content.splitlines(), 1):
        keyword, _, value = path_of(line).partition(":")
        if keyword == "SF":
            record = records.setdefault(storable(value), _Record())
        elif keyword == "end_of_record":
            record = None
        elif keyword in ("DA", "BRDA") and not (record and _add(record, keyword, value)):
            raise ValueError(f"line {number} is {storable(f'{keyword}:{value}')!r:.60}")
    if record:
        raise ValueError("its last record has no end: it was cut off")
    return {path: each.coverage() for path, each in records.items()}


def _add(record: _Record, keyword: str, value: str) -> bool:
    """False when the value is none."""
    if keyword == "DA" and (found := _DA.fullmatch(value)):
        record.hits[int(found[1])] += max(int(found[2]), 0)
    elif keyword == "BRDA" and (found := _BRDA.fullmatch(value)):
        of_line = record.branches.setdefault(int(found[1]), Counter())
        of_line[found[2]] += 0 if found[3] == "-" else int(found[3])
    else:
        return False
    return True
