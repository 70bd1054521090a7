"""An engine in memory: what the API hands it can be looked at, what it answers be told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from bot.model.access import Decision as MayDecide
from bot.model.access import Person
from bot.model.change import (
    Change,
    ChangeRequest,
    ChangeState,
    ChangeStep,
    Check,
    Decision,
    StepState,
    Word,
    ask_id,
    new_change_id,
)
from bot.model.errors import NotAllowed, OncallError, UsageError
from bot.model.plan import BlastRadius, Call, ObjectRef, Plan, Risk
from bot.model.run import Requester


def plan_of(cluster: str = "lab", risk: Risk = Risk.GUARDED, node: str = "node-1") -> Plan:
    pod = ObjectRef(kind="Pod", name="cilium-abcde", namespace="kube-system", uid="1-2-3")
    return Plan(
        cluster=cluster,
        remedy="restart-agent",
        parameters={"node": node},
        title=f"Restart the agent on {node}",
        risk=risk,
        target=f"node/{node}",
        calls=(Call(verb="delete", object=pod),),
        blast_radius=BlastRadius(nodes=(node,), pods=12, namespaces=("kube-system",)),
        meanwhile=("Policy changes wait on this node.",),
        undo="None is needed: the DaemonSet makes a new pod.",
        checks=("a new pod is Ready",),
        stops_when=("another agent is unavailable",),
        agent_restarts=1,
        dry_run="The API server would take it.",
        seconds=60,
    )


class KeptChanges:
    """Implements :class:`bot.terminal.api.routes.Changes`."""

    def __init__(self) -> None:
        self.kept: dict[str, Change] = {}
        self.requests: list[tuple[ChangeRequest, str]] = []
        self.words: list[tuple[str, Word, Requester, Person, str, str, str]] = []
        self.approvers = {"U0BO"}
        self.risk = Risk.GUARDED
        self.trouble: Exception | None = None

    async def request(self, request: ChangeRequest, *, once: str = "") -> Change:
        if self.trouble is not None:
            raise self.trouble
        self.requests.append((request, once))
        change_id = new_change_id(once)
        if change_id not in self.kept:
            plan = plan_of(request.cluster, self.risk, request.parameters["node"])
            now = datetime.now(UTC)
            self.kept[change_id] = Change(
                id=change_id,
                request=request,
                state=ChangeState.WAITING,
                asked_at=now,
                plan=plan,
                ask=ask_id(change_id, plan.digest, 1),
                round=1,
                rule="the network team approves",
                needed=1,
                posted_at=now,
                decide_by=now + timedelta(minutes=15),
                seal="c0ffee" * 10,
            )
        return self.kept[change_id]

    async def say(
        self,
        target: str,
        word: Word,
        by: Requester,
        person: Person,
        *,
        reason: str = "",
        typed: str = "",
        step: str = "",
        where: str = "",
    ) -> Change:
        self.words.append((target, word, by, person, reason, typed, where))
        change = next(one for one in self.kept.values() if target in (one.id, one.ask))
        if change.state.terminal:
            raise UsageError(f"{change.id} has ended already.")
        if word in (Word.APPROVE, Word.REJECT):
            if person.id == change.request.requester.id:
                raise NotAllowed("You asked for it: somebody else must approve.")
            if person.id not in self.approvers:
                raise NotAllowed("You are no approver of this.", hint="Ask the network team.")
            assert change.plan
            said = Decision(
                word=word,
                by=by,
                at=datetime.now(UTC),
                digest=change.plan.digest,
                about=change.ask,
                seal="5ea1" * 16,
            )
            state = ChangeState.APPROVED if word is Word.APPROVE else ChangeState.REJECTED
            return self.move(change.id, state, decisions=(*change.decisions, said))
        return self.move(change.id, ChangeState.WITHDRAWN)

    def move(self, change_id: str, state: ChangeState, **fields: object) -> Change:
        """Have a change in another state."""
        self.kept[change_id] = msgspec.structs.replace(self.kept[change_id], state=state, **fields)
        return self.kept[change_id]

    def finish(self, change_id: str, state: ChangeState = ChangeState.DONE) -> Change:
        """Carry it out."""
        now = datetime.now(UTC)
        step = ChangeStep(name="delete-pod", state=StepState.DONE, started_at=now, ended_at=now)
        check = Check(name="a new pod is Ready", held=state is ChangeState.DONE)
        return self.move(
            change_id,
            state,
            steps=(step,),
            checks=(check,),
            ended_at=now,
            outcome="The agent on node-1 is new.",
        )

    async def get(self, change_id: str) -> Change | None:
        return self.kept.get(change_id)

    async def by_ask(self, ask: str) -> Change | None:
        return next((change for change in self.kept.values() if change.ask == ask), None)

    async def open_changes(self) -> list[Change]:
        return [change for change in self.kept.values() if not change.state.terminal]

    async def recent(self, most: int = 20) -> list[Change]:
        return list(self.kept.values())[::-1][:most]

    def may_decide(self, change: Change, person: Person) -> MayDecide:
        may = person.id in self.approvers and person.id != change.request.requester.id
        return MayDecide(may, None, "You may." if may else "You may not decide on this.")


def understand(words: Sequence[str], requester: Requester) -> ChangeRequest:
    """The grammar of one remedy."""
    given = dict(word[2:].split("=", 1) for word in words if word.startswith("--"))
    typed = [word for word in words if not word.startswith("--")]
    if typed[:1] != ["restart-agent"] or len(typed) != 2:
        raise UsageError("There is no such remedy.", usage="restart-agent NODE")
    return ChangeRequest(
        remedy="restart-agent",
        cluster=given.get("cluster", "lab"),
        parameters={"node": typed[1]},
        requester=requester,
        reason=given.get("reason", ""),
        incident=given.get("incident", ""),
    )


class Broken(OncallError):
    """A trouble that the API does not know."""
