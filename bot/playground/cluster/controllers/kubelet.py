"""The kubelets: start, probe, crash and stop pods as their machine and its troubles demand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

from bot.playground.cluster import podlife
from bot.playground.cluster.clock import rfc3339
from bot.playground.cluster.machines import Crash, Machine
from bot.playground.cluster.names import labels_of
from bot.playground.cluster.store import Stored
from bot.playground.cluster.world import World

JsonObject = dict[str, Any]

# Seconds of the simulated world.
AGENT_START = 3.0
POD_START = 1.0
POD_STOP = 0.5
UNREADY_AFTER = 90.0  # readiness probe: 3 failures, 30 s apart (chart defaults)
SANDBOX_RETRY = 10.0
CRASH_DELAYS = (10, 20, 40, 80, 160, 300)
"""The kubelet's back-off: doubles from 10 s to 5 min."""


class Later(Protocol):
    """Ask the loop to look at an object after some seconds."""

    def __call__(
        self, seconds: float, controller: str, namespace: str, name: str, *, awaited: bool
    ) -> None: ...


class Kubelet:
    """All kubelets in one: each decision looks only at one pod and its machine."""

    def __init__(self, world: World, later: Later) -> None:
        self._world = world
        self._later = later
        self._due: dict[str, tuple[str, float]] = {}
        """Pod UID -> (what happens next, when on the loop's clock)."""
        self.at_once = False
        """Whether pods start without delay, while the past is told."""

    def sync(self, namespace: str, name: str) -> None:
        """Bring one pod a step closer to what it should be."""
        pod = self._world.store.find("pods", name, namespace)
        machine = self._world.machine_of(pod.object) if pod else None
        if pod is None or machine is None or not machine.powered:
            return
        crash = self._crash_of(pod, machine)
        attempt = _first_container(pod)
        waiting = (attempt.get("state") or {}).get("waiting") or {}
        backing_off = waiting.get("reason") == "CrashLoopBackOff"
        if podlife.is_deleting(pod.object):
            # Who hangs does not hear SIGTERM and is killed when its time is up.
            deaf = _is_agent(pod) and machine.hung
            seconds = _grace(pod) if deaf else min(POD_STOP, _grace(pod))
            self._step(pod, "stop", seconds, lambda: self._stop(pod))
        elif pod.object["status"].get("phase") == "Pending":
            self._start(pod, machine, crash)
        elif crash is not None:
            if not backing_off:
                self._crash(pod, machine, crash, restarts=max(1, crash.restarts_before))
            else:
                self._step(
                    pod, f"crash {attempt['restartCount']}", crash_delay(attempt["restartCount"]),
                    lambda: self._crash(pod, machine, crash, attempt["restartCount"] + 1),
                    awaited=False,
                )  # fmt: skip
        elif backing_off:
            delay = AGENT_START if _is_agent(pod) else POD_START
            self._step(pod, "recover", delay, lambda: self._recover(pod, machine))
        else:
            self._probe(pod, machine)

    def cleaned_up(self, pod: Stored) -> None:
        """A pod is gone: its address is free again."""
        self._due.pop(pod.uid, None)
        machine = self._world.machine_of(pod.object)
        if machine and machine.stuck and _is_agent(pod):
            machine.unstick()
            machine.noticed(self._world.clock.now())
            self._world.fleet.changed()
        address = pod.object["status"].get("podIP")
        if machine and address and address != machine.address:
            machine.pool.give_back(address)
            self._world.fleet.changed()

    # Deciding

    def _crash_of(self, pod: Stored, machine: Machine) -> Crash | None:
        if _is_agent(pod):
            return machine.crash
        return self._world.fleet.crash_of_workload(pod.namespace, pod.name)

    def _step(
        self,
        pod: Stored,
        what: str,
        seconds: float,
        act: Callable[[], None],
        *,
        awaited: bool = True,
    ) -> None:
        """Act when the step's time has come; ask to be called then if it has not."""
        if self.at_once:
            if awaited:
                act()
            return
        now = self._world.clock.now().timestamp()
        planned, due = self._due.get(pod.uid, ("", 0.0))
        if planned != what:
            due = now + self._world.clock.scaled(seconds)
            self._due[pod.uid] = (what, due)
        if now + 0.001 >= due:
            self._due.pop(pod.uid, None)
            act()
        elif planned != what:
            self._later(seconds, "kubelet", pod.namespace, pod.name, awaited=awaited)

    # Acting

    def _start(self, pod: Stored, machine: Machine, crash: Crash | None) -> None:
        if not pod.object["status"].get("containerStatuses"):
            now = self._world.clock.stamp()
            creating = podlife.creating(pod.object, machine.address, now)
            if not self.at_once:
                self._write(pod, creating)
                return
        delay = AGENT_START if _is_agent(pod) else POD_START
        self._step(pod, "start", delay, lambda: self._bring_up(pod, machine, crash))

    def _bring_up(self, pod: Stored, machine: Machine, crash: Crash | None) -> None:
        address = self._address_for(pod, machine)
        if address is None:
            self._step(
                pod, "sandbox", SANDBOX_RETRY, lambda: self._bring_up(pod, machine, crash),
                awaited=False,
            )  # fmt: skip
            return
        now = self._world.clock.stamp()
        if crash is not None:
            started = pod.object | {"status": pod.object["status"] | {"podIP": address}}
            self._crash(pod, machine, crash, restarts=1, started=started)
            return
        if _is_agent(pod):
            machine.agent_starts(self._world.clock.now())
        self._write(
            pod,
            podlife.running(
                pod.object, machine.address, address, now, ready=_serves(pod, machine),
                started=not (_is_agent(pod) and machine.stuck),
            ),
        )  # fmt: skip

    def _address_for(self, pod: Stored, machine: Machine) -> str | None:
        if pod.object["spec"].get("hostNetwork"):
            return machine.address
        if not machine.agent_answers:
            self._sandbox_failed(
                pod,
                "unable to connect to Cilium agent: failed to create cilium agent client after "
                '30.000000 seconds timeout: Get "http://localhost/v1/config": dial unix '
                "/var/run/cilium/cilium.sock: connect: connection refused\nIs the agent running?",
            )
            return None
        address = machine.pool.take(f"{pod.namespace}/{pod.name}")
        if address is None:
            self._sandbox_failed(
                pod,
                "unable to allocate IP via local cilium agent: [POST /ipam][502] "
                'postIpamFailure  "range is full"',
            )
        return address

    def _sandbox_failed(self, pod: Stored, why: str) -> None:
        message = (
            "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup "
            f'network for sandbox: plugin type="cilium-cni" failed (add): {why}'
        )
        self._world.record_event(pod, "Warning", "FailedCreatePodSandBox", message, "kubelet")

    def _crash(
        self, pod: Stored, machine: Machine, crash: Crash, restarts: int,
        started: JsonObject | None = None,
    ) -> None:  # fmt: skip
        now = self._world.clock.now()
        status = (started or pod.object)["status"]
        uid, container = pod.uid, pod.object["spec"]["containers"][0]["name"]
        last = {
            "exitCode": crash.exit_code,
            "reason": crash.reason,
            "startedAt": rfc3339(now - timedelta(seconds=2)),
            "finishedAt": rfc3339(now),
            "containerID": podlife.container_id(uid, container, restarts - 1),
        }
        if crash.fatal_line:
            last["message"] = f'level=fatal msg="{crash.fatal_line}" error="{crash.error}"\n'
        delay = _go_duration(crash_delay(restarts))
        self._write(
            pod,
            podlife.backing_off(
                pod.object, machine.address, status["podIP"],
                status.get("startTime") or rfc3339(now), restarts=restarts, last=last, delay=delay,
            ),
        )  # fmt: skip
        message = f"Back-off restarting failed container {container} in pod {pod.name}"
        self._world.record_event(pod, "Warning", "BackOff", message, "kubelet")

    def _recover(self, pod: Stored, machine: Machine) -> None:
        status, attempt = pod.object["status"], _first_container(pod)
        self._write(
            pod,
            podlife.running(
                pod.object, machine.address, status["podIP"], status["startTime"],
                restarts=attempt["restartCount"], last=attempt["lastState"].get("terminated"),
                started_at=self._world.clock.stamp(), ready=_serves(pod, machine),
            ),
        )  # fmt: skip

    def _probe(self, pod: Stored, machine: Machine) -> None:
        """Readiness follows the health endpoint: a hung agent becomes unready after a while."""
        ready = podlife.is_ready(pod.object)
        if _is_agent(pod) and machine.stuck:
            return
        hung = _is_agent(pod) and machine.hung
        if hung and ready:
            self._step(
                pod, "unready", UNREADY_AFTER, lambda: self._set_ready(pod, False), awaited=False
            )
        elif not hung and not ready:
            self._set_ready(pod, True)
        elif not hung:
            self._due.pop(pod.uid, None)

    def _set_ready(self, pod: Stored, ready: bool) -> None:
        status = pod.object["status"]
        now = self._world.clock.stamp()
        conditions = podlife.conditions(status["startTime"], now, ready=ready)
        containers = [
            entry | {"ready": ready, "started": ready or entry["started"]}
            for entry in status["containerStatuses"]
        ]
        self._write(pod, status | {"conditions": conditions, "containerStatuses": containers})
        if not ready:
            message = (
                'Readiness probe failed: Get "http://127.0.0.1:9879/healthz": context deadline '
                "exceeded (Client.Timeout exceeded while awaiting headers)"
            )
            self._world.record_event(pod, "Warning", "Unhealthy", message, "kubelet")

    def _stop(self, pod: Stored) -> None:
        self._world.store.delete("pods", pod.name, pod.namespace)

    def _write(self, pod: Stored, status: JsonObject) -> None:
        latest = self._world.store.find("pods", pod.name, pod.namespace)
        if latest is not None and latest.uid == pod.uid:
            self._world.store.replace("pods", latest.object | {"status": status})


def crash_delay(restarts: int) -> int:
    """The back-off before the next attempt, in seconds."""
    return CRASH_DELAYS[min(max(restarts, 1), len(CRASH_DELAYS)) - 1]


def _go_duration(seconds: int) -> str:
    return f"{seconds // 60}m{seconds % 60}s" if seconds >= 60 else f"{seconds}s"


def _first_container(pod: Stored) -> JsonObject:
    statuses = pod.object["status"].get("containerStatuses") or [{}]
    first: JsonObject = statuses[0]
    return first


def _is_agent(pod: Stored) -> bool:
    return labels_of(pod.object).get("k8s-app") == "cilium"


def _serves(pod: Stored, machine: Machine) -> bool:
    """Whether a container that has just been started answers its probe."""
    return not (_is_agent(pod) and (machine.hung or machine.stuck))


def _grace(pod: Stored) -> float:
    return float(pod.object["metadata"].get("deletionGracePeriodSeconds", 0))
