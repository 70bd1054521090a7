"""What a remedy is: a class with typed fields that plans, applies, verifies and takes back.

    @remedy("restart-agent")
    class RestartAgent(Remedy):
        \"\"\"Restart the Cilium agent on one node.\"\"\"

        node: NodeName

        async def plan(self, look: Looking) -> Plan: ...
        async def apply(self, act: Acting) -> None: ...
        async def verify(self, look: Looking) -> tuple[Check, ...]: ...

The fields are the command's grammar, as the signature is a runbook's; the docstring is its help.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from bot.model.change import Change, Check
from bot.model.errors import OncallError
from bot.model.plan import Plan

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster
    from bot.clients.helm.names import ReleaseName

REMEDY_MARK = "__cilium_oncall_remedy__"


@dataclass(frozen=True, slots=True)
class RemedyMark:
    """What the decorator leaves on a class."""

    name: str


class PlanRefused(OncallError):
    """There is no plan: why, and what to do instead. Nothing was changed."""


class NotYet(OncallError):
    """What a step waits for has not come; the message says what is seen instead."""


class Effect(Enum):
    """What the probe of a step saw of its effect."""

    HAPPENED = auto()
    ABSENT = auto()
    """It certainly did not happen, and repeating the step is right."""
    UNKNOWN = auto()


class DryRun(Protocol):
    """Calls as the API server would answer them; nothing changes. Each raises
    :class:`~bot.model.errors.ClientError` where the real call would."""

    async def create(self, path: str, body: dict[str, Any]) -> bytes:
        """Create an object in the collection ``path``."""

    async def patch(self, path: str, changes: dict[str, Any], *, resource_version: str) -> bytes:
        """Merge ``changes`` into the object at ``path``."""

    async def delete(self, path: str, *, uid: str) -> bytes:
        """Delete the object at ``path`` if it is the one with ``uid``."""


class Trying(DryRun, Protocol):
    """Beside the calls of a remedy's own: those that Helm will make."""

    async def apply(
        self, path: str, body: dict[str, Any], *, manager: str, force: bool = False
    ) -> bytes:
        """Apply ``body`` at ``path`` as ``manager``; the object as it would be then."""


class Writes(DryRun, Protocol):
    """The same calls for real, each with its precondition. Only within a step."""

    async def roll_back(self, release: ReleaseName, revision: int, *, timeout: float) -> None:
        """Have helm make ``release`` what ``revision`` was; the precondition is the caller's."""


class Looking(Protocol):
    """What planning and verifying may do: read.

    ``change`` holds, once carried out, the executed plan and the results of its steps.
    """

    cluster: Cluster
    change: Change
    dry_run: Trying

    def now(self) -> datetime:
        """The wall clock, in UTC."""

    def result(self, step: str) -> str:
        """What a step that is done gave; empty otherwise."""


class Acting(Looking, Protocol):
    """What applying may do: everything in steps."""

    plan: Plan
    writes: Writes

    async def step(
        self,
        name: str,
        act: Callable[[], Awaitable[str]],
        *,
        observed: Callable[[], Awaitable[Effect]],
        within: float = 30.0,
        outlasts: float = 0.0,
    ) -> str:
        """Carry out ``act`` once as the journaled step ``name``; returns its result.

        A step that is done already returns what was recorded. One that was left started, or whose
        answer was lost, is asked through ``observed`` whether it happened: it is never repeated
        blindly. ``within``: seconds it may take. ``outlasts``: seconds that what it started may
        go on after its carrier is gone; a successor waits so long before it believes that nothing
        happened. Names are unique within a change. Raises what ends the change; do not catch it.
        """

    async def wait(
        self, name: str, done: Callable[[], Awaitable[str | None]], *, within: float, every: float
    ) -> str:
        """A step that only waits: until ``done`` gives a result, asked ``every`` seconds.

        Ends the change after ``within`` seconds, telling the last :class:`NotYet` that ``done``
        raised. A read that fails is asked again.
        """

    async def expire(self, name: str, *, what: str, then: str, after: float) -> str:
        """A step that makes a durable promise: ``after`` seconds :meth:`Remedy.revert` is called.

        ``what`` is the state in words ("node-7 is cordoned"), ``then`` what ends it ("uncordoned").
        Make it before the state it is about.
        """

    def told(self, what: str) -> None:
        """How far it is, in a few words, for whoever watches."""

    async def sleep(self, seconds: float) -> None:
        """Wait, by the time scale."""


class Remedy(ABC):
    """A change that can cure a finding. A subclass is marked by ``bot.authoring.remedy``."""

    verify_within: ClassVar[float] = 600.0
    """Seconds after which checks that do not hold are given up: the change is ``unverified``."""
    verify_apart: ClassVar[float] = 60.0
    """Seconds between the two times that all checks must hold."""
    cooldown: ClassVar[float] = 600.0
    """Seconds in which the same target is not changed again; 0 for none."""

    @abstractmethod
    async def plan(self, look: Looking) -> Plan:
        """What would be done, by the present state. Reads only; raises :class:`PlanRefused`."""

    @abstractmethod
    async def apply(self, act: Acting) -> None:
        """Do what ``act.plan`` says, in journaled steps. May be called again after a crash."""

    @abstractmethod
    async def verify(self, look: Looking) -> tuple[Check, ...]:
        """Whether the checks of the plan hold now; also asked once before anything is done."""

    async def revert(self, act: Acting) -> bool:
        """End the time-boxed state that this change set up; ``False`` when it had ended already.

        Called when its expiry is due, with the executed plan. Raises
        :class:`~bot.model.errors.OncallError` when a human must decide.
        """
        raise NotImplementedError
