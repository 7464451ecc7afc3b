"""graph_sitter's own progress, told on."""

from collections.abc import Callable
from typing import Any


class Told:
    """Its phases come as stages; they are named as it names them, in lower case."""

    def __init__(self, tell: Callable[[str, int, int | None], None]) -> None:
        self._tell = tell

    def begin(self, message: str, count: int | None = None) -> Any:
        return _Task(self._tell, message.lower(), count)


class _Task:
    def __init__(
        self, tell: Callable[[str, int, int | None], None], stage: str, total: int | None
    ) -> None:
        self._tell, self._stage, self._total = tell, stage, total
        self._step = max(1, (total or 0) // 100)
        tell(stage, 0, total)

    def update(self, message: str, count: int | None = None) -> None:
        if count is not None and count % self._step == 0:
            self._tell(self._stage, count, self._total)

    def end(self) -> None:
        if self._total is not None:
            self._tell(self._stage, self._total, self._total)
