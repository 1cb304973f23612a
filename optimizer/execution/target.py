"""What a machine is to do, what it does, and whether that is the same: by watts or hash rate, never by a word."""

from __future__ import annotations

from dataclasses import dataclass

IDLE_SHARE = 0.1  # of nameplate watts: a machine that draws more does not sleep
HASHES_SHARE = 0.1  # of a mode's hash rate: one that makes less does not run; one with a dead board does
STEP_SHARE = 0.1  # watts may differ by so much from a power step


@dataclass(frozen=True)
class Target:
    """Sleep, or a mode with its watts and TH/s at nameplate. ``step``: the watts are to be set.

    >>> str(Target.sleep()), str(Target("eco", 1905.0, 120.0, step=True)), str(Target("normal", 3500.0, 200.0))
    ('sleep', '1,905 W', 'normal')
    """

    mode: str | None
    watts: float = 0.0
    hashrate_th: float = 0.0
    step: bool = False

    @classmethod
    def sleep(cls) -> Target:
        """Draw no more than standby."""
        return cls(None)

    @property
    def runs(self) -> bool:
        """Whether the machine is to mine."""
        return self.mode is not None

    def __str__(self) -> str:
        if self.mode is None:
            return "sleep"
        return f"{self.watts:,.0f} W" if self.step else self.mode


@dataclass(frozen=True)
class MachineReading:
    """What a machine said of itself at a moment (seconds); None where it does not say."""

    at: float
    watts: float | None
    hashrate_th: float | None

    def meets(self, target: Target, nameplate_w: float) -> bool:
        """Whether this is what the target says; what cannot be told is not.

        >>> [MachineReading(0.0, watts, 0.0).meets(Target.sleep(), 3500.0) for watts in (25.0, 3400.0)]
        [True, False]
        >>> MachineReading(0.0, None, None).meets(Target.sleep(), 3500.0)
        False
        """
        if not target.runs:
            if self.watts is not None:
                return self.watts <= IDLE_SHARE * nameplate_w
            return self.hashrate_th == 0.0
        if self.hashrate_th is None or self.hashrate_th < HASHES_SHARE * target.hashrate_th:
            return False
        if not target.step or self.watts is None:
            return True
        return abs(self.watts - target.watts) <= STEP_SHARE * target.watts
