"""Which approval rule decides about a plan, and whom it counts: tables, and what always holds."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.access import may_approve, needed, rule_for
from bot.model.access import Person, Standing
from bot.model.approval import ApprovalRule, ApprovalRules, Approvers
from bot.model.plan import Call, ObjectRef, Plan, Risk

OURS, ELSEWHERE, TERMINAL = "C0ONCALL01", "C0LUNCH001", ""
POD = ObjectRef(kind="Pod", name="cilium-x", namespace="kube-system", uid="1")
TEAM = ObjectRef(kind="Pod", name="web", namespace="team-a", uid="2")
NODE = ObjectRef(kind="Node", name="node-7", uid="3")


def rule(name: str, **about: str) -> ApprovalRule:
    parts = {
        field: frozenset(about.get(field, "*").split())
        for field in ("remedies", "clusters", "namespaces", "channels")
    }
    return ApprovalRule(
        name=name,
        place="t:1",
        risks=frozenset(Risk(risk) for risk in about.get("risks", "guarded breakglass").split()),
        approvers=Approvers(users=frozenset(["U1", "U2"])),
        **parts,
    )


def plan(*objects: ObjectRef, **about: str) -> Plan:
    return Plan(
        cluster=about.get("cluster", "prod"),
        remedy=about.get("remedy", "restart-agent"),
        parameters={},
        title="t",
        risk=Risk(about.get("risk", "guarded")),
        target="node/node-7",
        calls=tuple(Call(verb="delete", object=each) for each in objects or (POD,)),
        undo="none",
        checks=(),
        stops_when=(),
    )


RULES = ApprovalRules(
    rules=(
        rule("breakglass", risks="breakglass"),
        rule("team-a's own", namespaces="team-a", remedies="restart-pod"),
        rule("lab", clusters="lab"),
        rule("cordon", remedies="cordon uncordon"),
        rule("both", namespaces="kube-system team-a", channels=ELSEWHERE),
        rule("system", namespaces="kube-system", channels="configured"),
    ),
    channels=frozenset([OURS]),
)


@pytest.mark.parametrize(
    ("asked", "channel", "name"),
    [
        (plan(), OURS, "system"),
        (plan(), ELSEWHERE, "both"),
        (plan(), TERMINAL, None),
        (plan(), "C0NOTHERE1", None),
        (plan(risk="breakglass"), TERMINAL, "breakglass"),
        (plan(risk="safe"), OURS, None),
        (plan(cluster="lab"), TERMINAL, "lab"),
        (plan(NODE, remedy="cordon"), TERMINAL, "cordon"),
        (plan(NODE), OURS, None),
        (plan(NODE, POD), OURS, None),
        (plan(TEAM), OURS, None),
        (plan(TEAM, remedy="restart-pod"), OURS, "team-a's own"),
        (plan(POD, TEAM), OURS, None),
        (plan(POD, TEAM), ELSEWHERE, "both"),
        (plan(POD, TEAM, remedy="restart-pod"), OURS, None),
    ],
    ids=range(15),
)
def test_the_first_rule_about_every_part_of_a_plan_decides(
    asked: Plan, channel: str, name: str | None
) -> None:
    found = rule_for(RULES, asked, channel)
    assert (found.name if found else None) == name


ASKED_BY = "U0ASKED"
RULE = ApprovalRule(
    name="network",
    place="approvals.yaml:7",
    risks=frozenset([Risk.GUARDED]),
    remedies=frozenset(["*"]),
    clusters=frozenset(["*"]),
    namespaces=frozenset(["*"]),
    channels=frozenset(["*"]),
    approvers=Approvers(users=frozenset(["U0LEAD", ASKED_BY]), groups=frozenset(["S0NET"])),
    second=Approvers(users=frozenset(["U0SECOND"]), groups=frozenset(["S0LEADS"])),
)


def person(name: str, standing: Standing = Standing.MEMBER, **about: str) -> Person:
    return Person(
        id=name,
        standing=standing,
        groups=frozenset(about.get("groups", "").split()),
        unknown_groups=frozenset(about.get("unread", "").split()),
        trouble="Slack is away.",
    )


NAMED, GROUP = "names this person as an approver", "names a group of this person"
NOT, PERHAPS = "does not name this person", "could not be found out. Slack is away."


@pytest.mark.parametrize(
    ("who", "allowed", "reason"),
    [
        (person("U0LEAD"), True, NAMED),
        (person("U0SECOND"), True, NAMED),
        (person("U0OTHER"), False, NOT),
        (person("U0OTHER", groups="S0NET"), True, GROUP),
        (person("U0OTHER", groups="S0LEADS"), True, GROUP),
        (person("U0OTHER", groups="S0LUNCH"), False, NOT),
        (person("U0OTHER", unread="S0NET"), False, PERHAPS),
        (person("U0OTHER", unread="S0LUNCH"), False, NOT),
        (person("U0LEAD", unread="S0NET"), True, NAMED),
        (person("U0OTHER", groups="S0NET", unread="S0LEADS"), True, GROUP),
        (person("U0LEAD", Standing.UNKNOWN), True, NAMED),
        (person("U0OTHER", Standing.UNKNOWN), False, NOT),
        (person("U0OTHER", Standing.UNKNOWN, groups="S0NET"), False, PERHAPS),
        (person("U0LEAD", Standing.GUEST), False, "Guests of the workspace"),
        (person("U0LEAD", Standing.FOREIGN), False, "other workspaces"),
        (person("U0LEAD", Standing.BOT), False, "Bots may not"),
        (person("U0LEAD", Standing.GONE), False, "does not know this person"),
        (person(ASKED_BY), False, "You asked for this change"),
        (person(ASKED_BY, groups="S0NET"), False, "You asked for this change"),
        (person(ASKED_BY, Standing.GUEST), False, "You asked for this change"),
        (person("*"), False, NOT),
    ],
    ids=range(21),
)
def test_who_counts_as_an_approver(who: Person, allowed: bool, reason: str) -> None:
    decision = may_approve(RULE, who, ASKED_BY)
    assert (decision.allowed, decision.rule) == (allowed, RULE)
    assert reason in decision.reason


def test_without_a_requester_to_exclude_the_rule_alone_decides() -> None:
    assert may_approve(RULE, person(ASKED_BY), "").allowed


def test_without_a_rule_nobody_may() -> None:
    decision = may_approve(None, person("U0LEAD"), ASKED_BY)
    assert (decision.allowed, decision.rule) == (False, None)
    assert "No approval rule" in decision.reason


@pytest.mark.parametrize(
    ("risk", "asks_for", "people"),
    [
        (Risk.GUARDED, None, 1),
        (Risk.GUARDED, 1, 1),
        (Risk.GUARDED, 3, 3),
        (Risk.GUARDED, 0, 1),
        (Risk.BREAKGLASS, None, 2),
        (Risk.BREAKGLASS, 1, 2),
        (Risk.BREAKGLASS, 3, 3),
    ],
)
def test_a_rule_asks_for_more_people_and_never_for_fewer(
    risk: Risk, asks_for: int | None, people: int
) -> None:
    asked = None if asks_for is None else msgspec.structs.replace(RULE, needed=asks_for)
    assert needed(asked, risk) == people


USERS, GROUPS = ("U1", "U2", "U3"), ("S1", "S2")


def some(*names: str) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(names))


any_approvers = st.builds(Approvers, users=some(*USERS), groups=some(*GROUPS))
any_rule = st.builds(
    lambda first, second: msgspec.structs.replace(RULE, approvers=first, second=second),
    any_approvers,
    any_approvers,
)
any_person = st.builds(
    Person, id=st.sampled_from(USERS), standing=st.sampled_from(Standing), groups=some(*GROUPS)
)


@given(any_rule, any_person, st.sampled_from(USERS))
def test_the_requester_and_strangers_never_count(
    any_of: ApprovalRule, who: Person, requester: str
) -> None:
    if may_approve(any_of, who, requester).allowed:
        assert who.id != requester
        assert who.standing in (Standing.MEMBER, Standing.UNKNOWN)
        named = any_of.approvers.users | any_of.second.users
        groups = any_of.approvers.groups | any_of.second.groups
        assert who.id in named or (groups & who.groups and who.standing is Standing.MEMBER)


@given(any_rule, any_person, some(*GROUPS), st.booleans())
def test_knowing_less_never_makes_an_approver(
    any_of: ApprovalRule, who: Person, unread: frozenset[str], unasked: bool
) -> None:
    less = msgspec.structs.replace(who, groups=who.groups - unread, unknown_groups=unread)
    if unasked and who.standing is Standing.MEMBER:
        less = msgspec.structs.replace(less, standing=Standing.UNKNOWN)
    if may_approve(any_of, less, "").allowed:
        assert may_approve(any_of, who, "").allowed
