"""The smallest thing that the page can show as a cluster."""

from typing import Any


class PretendCluster:
    """Twelve nodes; a fault on a node puts its agent into a crash loop."""

    def __init__(self, nodes: int = 12) -> None:
        self._nodes = nodes
        self.faults: list[dict[str, Any]] = []
        self.broken: str | None = None

    async def state(self) -> dict[str, Any]:
        if self.broken:
            raise RuntimeError(self.broken)
        hit = {fault["target"] for fault in self.faults}
        names = [f"node-{number}" for number in range(1, self._nodes + 1)]
        return {
            "nodes": [
                {
                    "name": name,
                    "ready": True,
                    "agent": "CrashLoopBackOff" if name in hit else "running",
                }
                for name in names
            ],
            "faults": list(self.faults),
            "catalogue": [
                {"name": "agent-silent", "description": "It hangs.", "target": "node"},
                {"name": "agent-crash-loop", "description": "It dies.", "target": "node"},
                {"name": "link-down", "description": "Two nodes apart.", "target": "node-pair"},
                {"name": "operator-down", "description": "No operator.", "target": "cluster"},
            ],
        }

    async def inject(self, name: str, target: str | None, options: dict[str, Any]) -> None:
        if name == "operator-down":
            raise ValueError("the operator is down already")
        fault = {"id": f"f{len(self.faults)}", "name": name, "target": target, "since": 0}
        self.faults.append(fault)

    async def clear(self, fault_id: str) -> None:
        self.faults = [fault for fault in self.faults if fault["id"] != fault_id]
