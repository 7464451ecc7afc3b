"""Each comparison, made once a session."""

import os

import pytest
from tests.oracles.comparison import Comparison, Unavailable
from tests.oracles.page import COMPARISONS


@pytest.fixture(
    scope="session", params=COMPARISONS, ids=lambda module: module.__name__.rpartition(".")[2]
)
def comparison(request: pytest.FixtureRequest) -> Comparison:
    try:
        found: Comparison = request.param.compare()
    except Unavailable as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    return found
