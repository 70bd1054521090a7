"""The machines under the cluster, and what is wrong with them.

A fault changes a cause here and nothing else; pods, agents, metrics, peers and conditions derive
what they show from it. That is why every view of a fault agrees.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network

from .names import stable_hex, stable_number

ZONES = ("eu-1a", "eu-1b", "eu-1c")
REGION = "eu-1"
KERNEL = "6.8.0-71-generic"


@dataclass(frozen=True)
class Crash:
    """Why a container cannot stay up, and what it leaves behind."""

    fatal_line: str
    """The ``msg`` of its last log line; empty when the kernel killed it."""
    error: str = ""
    oom: bool = False
    restarts_before: int = 4
    """How often it had crashed when somebody first looks."""

    @property
    def exit_code(self) -> int:
        """137 for a kill, 1 for a program that gave up."""
        return 137 if self.oom else 1

    @property
    def reason(self) -> str:
        """The reason in ``state.terminated``."""
        return "OOMKilled" if self.oom else "Error"


class AddressPool:
    """One node's pod addresses (cluster-pool IPAM): a /24 has 254 of them."""

    def __init__(self, cidr: str) -> None:
        self.cidr = cidr
        network = IPv4Network(cidr)
        self._first = int(network.network_address) + 1
        self.capacity = network.num_addresses - 2
        self._next = 0
        self.owners: dict[str, str] = {}

    def take(self, owner: str) -> str | None:
        """Allocate the next free address, or None when the pool is used up."""
        for offset in range(self.capacity):
            number = self._first + (self._next + offset) % self.capacity
            address = f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
            if address not in self.owners:
                self._next = (number - self._first + 1) % self.capacity
                self.owners[address] = owner
                return address
        return None

    def give_back(self, address: str) -> None:
        """Release an address; unknown ones are ignored."""
        self.owners.pop(address, None)


@dataclass
class Machine:
    """One node's hardware, addresses and troubles."""

    name: str
    index: int
    address: str
    pool: AddressPool
    router: str = ""
    health: str = ""

    powered: bool = True
    crash: Crash | None = None
    """The agent dies shortly after each start."""
    hung: bool = False
    """The agent's process lives but answers nothing."""
    stuck: bool = False
    """The present agent pod's agent waits during its start and will never be ready."""
    stuck_starts: float = 0
    """So many agent pods to come will be stuck; infinite for all of them."""
    torn_output: bool = False
    """The agent's client prints truncated JSON and still exits 0."""
    cut_from_api: bool = False
    """The agent cannot reach the Kubernetes API server."""
    broken_endpoints: int = 0
    """This many workload endpoints fail to regenerate."""
    blocked: set[str] = field(default_factory=set)
    """Machines to which the link is down."""
    troubled_since: datetime | None = None
    """When its present trouble began; failure counts grow from there."""

    @property
    def zone(self) -> str:
        """Its availability zone."""
        return ZONES[self.index % len(ZONES)]

    @property
    def machine_id(self) -> str:
        """The 32 hexadecimal digits of /etc/machine-id."""
        return stable_hex(f"machine {self.name}", 32)

    @property
    def agent_answers(self) -> bool:
        """Whether peers get an answer from its agent."""
        return self.powered and self.crash is None and not self.hung and not self.stuck

    def agent_starts(self, now: datetime) -> None:
        """A new agent pod's agent starts: perhaps it is one of those that get stuck."""
        self.stuck = self.stuck_starts > 0
        self.stuck_starts -= self.stuck
        self.noticed(now)

    def unstick(self) -> None:
        """Let the present agent finish its start, or forget one whose pod is gone."""
        self.stuck = False

    def noticed(self, now: datetime) -> None:
        """Keep ``troubled_since`` in line with the causes."""
        troubled = (
            self.crash, self.hung, self.stuck, self.cut_from_api, self.broken_endpoints,
            not self.powered, self.torn_output,
        )  # fmt: skip
        if not any(troubled):
            self.troubled_since = None
        elif self.troubled_since is None:
            self.troubled_since = now

    def latency(self) -> int:
        """A typical round trip to it, in nanoseconds."""
        return stable_number(f"latency {self.name}", 180_000, 900_000)


class Fleet:
    """All machines, plus the programs that are broken wherever they run."""

    def __init__(self, count: int) -> None:
        self._machines = {machine.name: machine for machine in map(_build, range(1, count + 1))}
        self.broken_workloads: dict[tuple[str, str], Crash] = {}
        """(namespace, Deployment name) -> why its pods crash."""
        self.metrics_served = True
        """Whether agents listen on their metrics port."""
        self.changes = 0
        """Grows with every change, so that what was rendered can be kept until the next."""

    def __getitem__(self, name: str) -> Machine:
        return self._machines[name]

    def __contains__(self, name: str) -> bool:
        return name in self._machines

    def __iter__(self) -> Iterator[Machine]:
        return iter(self._machines.values())

    def __len__(self) -> int:
        return len(self._machines)

    def get(self, name: str) -> Machine | None:
        """A machine by node name, if there is one."""
        return self._machines.get(name)

    def crash_of_workload(self, namespace: str, pod: str) -> Crash | None:
        """Why a Deployment's pod crashes, if its program is broken."""
        for (where, workload), crash in self.broken_workloads.items():
            if where == namespace and pod.startswith(f"{workload}-"):
                return crash
        return None

    def changed(self) -> None:
        """Say that causes changed: what was rendered from them is out of date."""
        self.changes += 1


def _build(index: int) -> Machine:
    machine = Machine(
        name=f"node-{index}",
        index=index,
        address=f"172.18.{index >> 8}.{index & 255}",
        pool=AddressPool(f"10.{index >> 8}.{index & 255}.0/24"),
    )
    machine.router = machine.pool.take("router") or ""
    machine.health = machine.pool.take("health") or ""
    return machine
