"""What a provisioning file is refused with."""

from __future__ import annotations

from dataclasses import dataclass

from playground.web.refusals import Unprocessable


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: in which file and line, at which path, and what."""

    file: str
    line: int | None
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.path, self.message) if part)


class ProvisionRefused(Unprocessable):
    """Nothing was written; `faults` lists everything that is wrong."""

    code = "bad_provision"

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(
            "The file was not applied; nothing was changed.",
            "\n".join(str(fault) for fault in faults),
            problems=[(fault.path, fault.message) for fault in faults],
        )
        self.faults = tuple(faults)
