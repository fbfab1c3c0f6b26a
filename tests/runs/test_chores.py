"""The worker's chores go on, whatever breaks in one of them."""

from __future__ import annotations

import asyncio

import pytest

from playground.runs.execution.chores import every, steadily


class Chore:
    """Breaks as nobody foresaw at its first turns, then says that it was there."""

    def __init__(self, breaks: int) -> None:
        self.breaks = breaks
        self.turns = 0
        self.went_on = asyncio.Event()
        self.__name__ = "chore"

    async def __call__(self) -> None:
        self.turns += 1
        if self.turns <= self.breaks:
            raise TypeError("str is not valid UTF-8")
        self.went_on.set()
        await asyncio.sleep(60)


@pytest.mark.parametrize("kind", ["endless", "regular"])
async def test_chore_that_broke_begins_again(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    chore = Chore(breaks=1)
    carried = steadily(chore) if kind == "endless" else every(0.05, chore)
    task = asyncio.create_task(carried)
    await asyncio.wait_for(chore.went_on.wait(), 5)
    task.cancel()
    assert chore.turns == 2
    assert "chore broke" in caplog.text
