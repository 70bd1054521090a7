"""Changes to render: one per state, real-looking, and hostile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from bot.model.approval import ApprovalRule, Approvers
from bot.model.change import (
    Change,
    ChangeRequest,
    ChangeState,
    ChangeStep,
    Check,
    Decision,
    StepState,
    Word,
)
from bot.model.plan import BlastRadius, Bounds, Call, ObjectRef, Plan, Risk
from bot.model.run import Door, Requester
from tests.slack.changes.house import BY_BEN
from tests.slack.reports import BEGAN

ANA = Requester(door=Door.SLACK, id="U0ANA", name="ana")
BEN = Requester(door=Door.SLACK, id="U0BEN", name="ben")
NOW = BEGAN + timedelta(minutes=2)
AGENT = ObjectRef(kind="Pod", namespace="kube-system", name="cilium-x7k2p", uid="uid-1")

PLAN = Plan(
    cluster="prod-eu",
    remedy="restart-agent",
    parameters={"node": "node-7"},
    title="Restart the Cilium agent on node-7",
    risk=Risk.GUARDED,
    target="node/node-7",
    calls=(Call(verb="delete", object=AGENT),),
    blast_radius=BlastRadius(nodes=("node-7",), pods=42, namespaces=("kube-system",)),
    meanwhile=(
        "New pods on node-7 wait for their network for about a minute.",
        "Running pods keep their connections; policy changes do not reach node-7.",
    ),
    undo="None is needed: the DaemonSet starts the agent again.",
    checks=("A new agent pod is Ready", "cilium status is Ok", "Health of node-7 is ok"),
    stops_when=("The new pod is not Ready within 5m", "Another agent becomes unavailable"),
    agent_restarts=1,
    dry_run="accepted by the API server",
    seconds=180.0,
    notes=("The agent restarted 14 times in the last hour.",),
    broken=True,
)
REQUEST = ChangeRequest(
    remedy="restart-agent",
    cluster="prod-eu",
    parameters={"node": "node-7"},
    requester=ANA,
    channel="C1",
    reason="It is stuck after the OOM kill.",
)
RULE: ApprovalRule = msgspec.structs.replace(
    BY_BEN,
    name="network leads",
    approvers=Approvers(users=frozenset(["U0BEN"]), groups=frozenset(["S0LEADS"])),
)
_DECIDABLE: dict[str, Any] = {
    "plan": PLAN,
    "ask": "a-abcde12345",
    "round": 1,
    "rule": "network leads",
    "needed": 1,
    "posted_at": BEGAN,
    "decide_by": BEGAN + timedelta(minutes=15),
}


def change(state: ChangeState, **more: Any) -> Change:
    """A change of Ana's in one state."""
    known = {} if state is ChangeState.PLANNING else _DECIDABLE
    known = {"request": REQUEST, **known, **more}
    return Change(id="c-abcde12345", state=state, asked_at=BEGAN, **known)


def said(
    word: Word, by: Requester = BEN, reason: str = "", about: str = "a-abcde12345"
) -> Decision:
    return Decision(word=word, by=by, at=NOW, digest=PLAN.digest, about=about, reason=reason)


def step(name: str, state: StepState = StepState.DONE, error: str = "") -> ChangeStep:
    ended = None if state is StepState.STARTED else BEGAN + timedelta(seconds=12)
    return ChangeStep(name=name, state=state, started_at=BEGAN, ended_at=ended, error=error)


APPROVED = (said(Word.APPROVE),)
DELETED, WAITS = step("delete the agent pod"), step("wait for the new pod", StepState.STARTED)
BEFORE = (
    Check(name="A new agent pod is Ready", held=False, said="cilium-x7k2p, 14 restarts"),
    Check(name="cilium status is Ok", held=None, said="no answer"),
)
AFTER = (
    Check(name="A new agent pod is Ready", held=True, said="cilium-q9w8e"),
    Check(name="cilium status is Ok", held=True),
)
HALF = (AFTER[0], Check(name="cilium status is Ok", held=False, said="3 controllers fail"))
_ENDED: dict[str, Any] = {
    "began_at": BEGAN,
    "ended_at": BEGAN + timedelta(seconds=95),
    "decisions": APPROVED,
}

EVERY: dict[str, Change] = {
    "planning": change(ChangeState.PLANNING),
    "waiting": change(ChangeState.WAITING),
    "waiting-solo": change(ChangeState.WAITING, solo_from=BEGAN + timedelta(minutes=1)),
    "waiting-breakglass": change(
        ChangeState.WAITING,
        plan=msgspec.structs.replace(PLAN, risk=Risk.BREAKGLASS),
        request=msgspec.structs.replace(REQUEST, incident="INC-42"),
        needed=2,
        decisions=APPROVED,
    ),
    "waiting-voided": change(
        ChangeState.WAITING,
        round=2,
        voided=("delete Pod kube-system/cilium-x7k2p: it is another object now",),
    ),
    "approved": change(ChangeState.APPROVED, decisions=APPROVED),
    "approved-safe": change(
        ChangeState.APPROVED, plan=msgspec.structs.replace(PLAN, risk=Risk.SAFE), needed=0
    ),
    "confirming": change(
        ChangeState.CONFIRMING, outcome="delete the agent pod", decisions=APPROVED
    ),
    "executing": change(
        ChangeState.EXECUTING, steps=(DELETED, WAITS), decisions=(*APPROVED, said(Word.CANCEL))
    ),
    "verifying": change(
        ChangeState.VERIFYING,
        steps=(DELETED,),
        checks=AFTER,
        held_since=BEGAN + timedelta(seconds=60),
        checks_end=BEGAN + timedelta(minutes=10),
        decisions=APPROVED,
    ),
    "unknown": change(
        ChangeState.UNKNOWN,
        steps=(step("delete the agent pod", StepState.DOUBTFUL, "No answer in time."),),
        decisions=APPROVED,
    ),
    "done": change(
        ChangeState.DONE,
        steps=(DELETED, step("wait for the new pod")),
        checks_before=BEFORE,
        checks=AFTER,
        outcome="Restart the Cilium agent on node-7: done, and all checks held.",
        **_ENDED,
    ),
    "done-alone": change(
        ChangeState.DONE,
        steps=(DELETED,),
        checks=AFTER,
        outcome="Restart the Cilium agent on node-7: done, and all checks held.",
        review_due=True,
        **{**_ENDED, "decisions": (said(Word.SOLO, ANA, "nobody else is awake"),)},
    ),
    "unverified": change(
        ChangeState.UNVERIFIED,
        steps=(DELETED,),
        checks_before=BEFORE,
        checks=HALF,
        outcome="It was carried out, and its checks did not hold: cilium status is Ok.",
        hint="/cilium status, then press “Check again”.",
        **_ENDED,
    ),
    "failed": change(
        ChangeState.FAILED,
        steps=(DELETED, step("wait for the new pod", StepState.FAILED, "Not within 300 s.")),
        outcome="Not within 300 s.",
        hint="/cilium status node-7",
        **_ENDED,
    ),
    "refused": change(
        ChangeState.REFUSED,
        ask="",
        round=0,
        rule="",
        outcome="Held back by freeze: Changes on prod-eu are frozen by ben: black friday.",
        hint="/cilium unfreeze",
        ended_at=NOW,
    ),
    "rejected": change(
        ChangeState.REJECTED, decisions=(said(Word.REJECT, reason="Look at the node first."),)
    ),
    "withdrawn": change(ChangeState.WITHDRAWN, decisions=(said(Word.WITHDRAW, ANA),)),
    "expired": change(
        ChangeState.EXPIRED,
        outcome="Nobody decided in time: 0 of 1 approvals came in time.",
        hint="Ask for it anew when it is still needed.",
        ended_at=NOW,
    ),
    "cancelled": change(
        ChangeState.CANCELLED,
        steps=(DELETED,),
        outcome="Cancelled by ben. Done before: delete the agent pod.",
        cancelled_by=BEN,
        **_ENDED,
    ),
    "stopped": change(
        ChangeState.STOPPED,
        steps=(step("delete the agent pod", StepState.DOUBTFUL, "No answer in time."),),
        outcome="ben stopped it; whether “delete the agent pod” happened is not known.",
        **_ENDED,
    ),
}


def hostile(state: ChangeState, text: str, many: int = 40) -> Change:
    """As much of everything as there can be, all of it ``text``."""
    person = Requester(door=Door.SLACK, id=text, name=text)
    call = Call(
        verb="patch", object=ObjectRef(kind=text, name=text, namespace=text), changes=(text,) * many
    )
    plan = Plan(
        cluster=text,
        remedy="restart-agent",
        parameters={"node": text},
        title=text,
        risk=Risk.GUARDED,
        target=text,
        calls=(call,) * many,
        blast_radius=BlastRadius(nodes=(text,) * many, pods=many, namespaces=(text,) * many),
        meanwhile=(text,) * many,
        undo=text,
        checks=(text,) * many,
        stops_when=(text,) * many,
        bounds=Bounds(most_nodes=5),
        dry_run=text,
        notes=(text,) * many,
    )
    words = tuple(
        Decision(
            word=word, by=person, at=NOW, digest=plan.digest, about="a-abcde12345", reason=text
        )
        for word in Word
    )
    return change(
        state,
        plan=plan,
        request=ChangeRequest(
            remedy="restart-agent",
            cluster=text,
            parameters={"node": text},
            requester=person,
            reason=text,
            incident=text,
        ),
        ask="a-abcde12345",
        needed=3,
        decisions=words,
        voided=(text,) * many,
        steps=tuple(
            ChangeStep(
                name=f"{text}{number}", state=kind, started_at=BEGAN, ended_at=NOW, error=text
            )
            for number, kind in enumerate(list(StepState) * 5)
        ),
        checks_before=tuple(Check(name=f"{text}{n}", held=None, said=text) for n in range(many)),
        checks=tuple(Check(name=f"{text}{n}", held=False, said=text) for n in range(many)),
        outcome=text,
        hint=text,
        rule=text,
        review_due=True,
        solo_from=BEGAN,
        ended_at=NOW,
        began_at=BEGAN,
        held_since=NOW,
        checks_end=NOW,
        decide_by=NOW,
        posted_at=BEGAN,
    )
