"""The page about comparisons: `python -m tests.oracles.page > docs/checked-against.md`."""

from tests.oracles import (
    cognitive_complexipy,
    cyclomatic_eslint,
    cyclomatic_lizard,
    cyclomatic_radon,
    duplication_jscpd,
    findings_ruff,
    lines_radon,
)

COMPARISONS = (
    cyclomatic_radon,
    cyclomatic_eslint,
    cyclomatic_lizard,
    cognitive_complexipy,
    lines_radon,
    findings_ruff,
    duplication_jscpd,
)

HEAD = """\
# Checked against others

Written by `python -m tests.oracles.page` from the comparisons in `tests/oracles`. They are tests,
too: a difference without a reason fails them, and so does a reason that nothing differs by. The
versions are those in `constraints.txt` and `tests/oracles/package.json`, so all get these figures.

"""

if __name__ == "__main__":
    print(HEAD + "\n\n".join(each.compare().section() for each in COMPARISONS))
