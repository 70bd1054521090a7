"""A team's remedy of its own, installed as an entry point: the commands' tests change with it."""

from __future__ import annotations

from pathlib import Path

SOURCE = '''
import json

from bot.authoring import (
    Acting, BlastRadius, Call, Check, Effect, Looking, NodeName, ObjectRef, Plan, PlanRefused,
    Remedy, Risk, remedy,
)
from bot.model.errors import NotFound


@remedy("label-node")
class LabelNode(Remedy):
    """Label one node.

    For the tests of the commands.
    """

    node: NodeName

    verify_apart = 0.2

    async def plan(self, look: Looking) -> Plan:
        try:
            node = await self._node(look)
        except NotFound:
            raise PlanRefused(f"There is no node {self.node}.", hint="Look: status") from None
        return Plan(
            cluster=look.cluster.name,
            remedy="label-node",
            parameters={"node": self.node},
            title=f"Label {self.node}",
            risk=Risk.GUARDED,
            target=f"node/{self.node}",
            calls=(
                Call(
                    verb="patch",
                    object=ObjectRef(kind="Node", name=self.node, uid=node["metadata"]["uid"]),
                    changes=("- team: none", "+ team: ours \\x1b[2J"),
                ),
            ),
            blast_radius=BlastRadius(nodes=(self.node,)),
            undo="Take the label away.",
            checks=("the label is there",),
            stops_when=("the node changes meanwhile",),
        )

    async def apply(self, act: Acting) -> None:
        async def label() -> str:
            node = await self._node(act)
            version = node["metadata"]["resourceVersion"]
            changes = {"metadata": {"labels": {"team": "ours"}}}
            await act.writes.patch(
                f"/api/v1/nodes/{self.node}", changes, resource_version=version
            )
            return ""

        async def labelled() -> Effect:
            return Effect.HAPPENED if await self._is_there(act) else Effect.ABSENT

        await act.step("label the node", label, observed=labelled)

    async def verify(self, look: Looking) -> tuple[Check, ...]:
        return (Check(name="the label is there", held=await self._is_there(look)),)

    async def _is_there(self, look: Looking) -> bool:
        node = await self._node(look)
        return node["metadata"].get("labels", {}).get("team") == "ours"

    async def _node(self, look: Looking):
        return json.loads(await look.cluster.api.get(f"/api/v1/nodes/{self.node}"))
'''


def install(folder: Path) -> dict[str, str]:
    """Put the remedy where a command with this environment finds it."""
    (folder / "team_remedies.py").write_text(SOURCE)
    info = folder / "team_remedies-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: team-remedies\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[cilium_oncall.runbooks]\nteam = team_remedies\n")
    return {"PYTHONPATH": str(folder)}
