"""Role x command x cluster x channel, and what holds whatever the rules are."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.access import decide
from bot.model.access import (
    AccessRules,
    Action,
    Effect,
    Person,
    Rule,
    Standing,
    without_file,
)

OURS, ELSEWHERE = "C0ONCALL01", "D0DIRECT01"
CHANNELS = frozenset([OURS])
LEAD, ENGINEER, ONLOOKER, TEMP = "U0LEAD", "U0ENGINEER", "U0ONLOOKER", "U0TEMP"
ONCALL = "S0ONCALL"


def rule(name: str, effect: Effect = Effect.ALLOW, **about: str) -> Rule:
    parts = {
        field: frozenset(about.get(field, default).split())
        for field, default in [
            ("users", ""),
            ("groups", ""),
            ("commands", "*"),
            ("clusters", "*"),
            ("channels", "*"),
        ]
    }
    return Rule(name=name, effect=effect, place="t:1", actions=frozenset([Action.RUN]), **parts)


RULES = AccessRules(
    rules=(
        rule("not temp", Effect.DENY, users=TEMP),
        rule("nobody drops on prod", Effect.DENY, users="*", commands="drops", clusters="prod"),
        rule("lead", users=LEAD),
        rule("oncall on lab", groups=ONCALL, clusters="lab"),
        rule("all look", users="*", commands="status", channels="configured"),
    ),
    channels=CHANNELS,
)
PEOPLE = {
    "lead": Person(id=LEAD),
    "engineer": Person(id=ENGINEER, groups=frozenset([ONCALL])),
    "onlooker": Person(id=ONLOOKER),
    "temp": Person(id=TEMP, groups=frozenset([ONCALL])),
    "guest": Person(id=LEAD, standing=Standing.GUEST),
    "foreign": Person(id=LEAD, standing=Standing.FOREIGN),
    "bot": Person(id=LEAD, standing=Standing.BOT),
    "gone": Person(id=LEAD, standing=Standing.GONE),
    "unasked lead": Person(id=LEAD, standing=Standing.UNKNOWN),
    "unasked onlooker": Person(id=ONLOOKER, standing=Standing.UNKNOWN, trouble="Slack is away."),
    "engineer, groups unread": Person(
        id=ENGINEER, unknown_groups=frozenset([ONCALL]), trouble="Slack is away."
    ),
}
# who: what may be done of status/drops x prod/lab x ours/elsewhere, in this order; + is allowed
COLUMNS = [
    (command, cluster, channel)
    for command in ("status", "drops")
    for cluster in ("prod", "lab")
    for channel in (OURS, ELSEWHERE)
]
TABLE = {
    "lead": "++++--++",
    "engineer": "+-++--++",
    "onlooker": "+-+-----",
    "temp": "--------",
    "guest": "--------",
    "foreign": "--------",
    "bot": "--------",
    "gone": "--------",
    "unasked lead": "++++--++",
    "unasked onlooker": "--------",
    "engineer, groups unread": "+-+-----",
}


@pytest.mark.parametrize("who", PEOPLE)
def test_role_by_command_by_cluster_by_channel(who: str) -> None:
    decided = [decide(RULES, PEOPLE[who], Action.RUN, *column) for column in COLUMNS]
    assert "".join("+" if decision.allowed else "-" for decision in decided) == TABLE[who]


@pytest.mark.parametrize(
    ("who", "request_", "reason"),
    [
        ("lead", ("drops", "prod", OURS), "The rule “nobody drops on prod” (t:1) denies"),
        ("temp", ("status", "lab", OURS), "The rule “not temp” (t:1) denies"),
        ("lead", ("status", "prod", OURS), "The rule “lead” (t:1) allows `status` on prod"),
        ("onlooker", ("drops", "lab", OURS), "No rule allows `drops` on lab"),
        ("guest", ("status", "lab", OURS), "Guests of the workspace"),
        ("foreign", ("status", "lab", OURS), "People of other workspaces"),
        ("bot", ("status", "lab", OURS), "Bots may not"),
        ("gone", ("status", "lab", OURS), "not know this person"),
        ("unasked onlooker", ("status", "lab", OURS), "“all look” (t:1) may allow"),
        ("unasked onlooker", ("drops", "prod", OURS), "“nobody drops on prod” (t:1) may deny"),
        ("engineer, groups unread", ("drops", "lab", OURS), "Slack is away."),
    ],
)
def test_the_reason_names_the_rule(who: str, request_: tuple[str, str, str], reason: str) -> None:
    assert reason in decide(RULES, PEOPLE[who], Action.RUN, *request_).reason


def test_without_a_file_the_people_of_the_workspace_read_and_guests_do_not() -> None:
    rules = without_file(CHANNELS)
    for channel in (OURS, ELSEWHERE):
        assert decide(rules, Person(id=ONLOOKER), Action.RUN, "status", "prod", channel).allowed
    guest = Person(id=ONLOOKER, standing=Standing.GUEST)
    assert not decide(rules, guest, Action.RUN, "status", "prod", OURS).allowed


def test_without_a_file_reading_goes_on_when_slack_does_not_say_who_somebody_is() -> None:
    nobody_knows = Person(id=ONLOOKER, standing=Standing.UNKNOWN, trouble="Slack is away.")
    rules = without_file(CHANNELS)
    assert decide(rules, nobody_knows, Action.RUN, "status", "prod", OURS).allowed


@pytest.mark.parametrize(
    ("standing", "may_run", "may_request"),
    [
        (Standing.MEMBER, True, True),
        (Standing.UNKNOWN, True, False),
        (Standing.GUEST, False, False),
        (Standing.FOREIGN, False, False),
        (Standing.BOT, False, False),
        (Standing.GONE, False, False),
    ],
)
def test_without_a_file_changes_are_requested_by_people_known_to_be_members(
    standing: Standing, may_run: bool, may_request: bool
) -> None:
    person = Person(id=ONLOOKER, standing=standing, trouble="Slack is away.")
    rules = without_file(CHANNELS)
    assert decide(rules, person, Action.RUN, "status", "prod", OURS).allowed is may_run
    asked = decide(rules, person, Action.REQUEST, "restart-agent", "prod", OURS)
    assert asked.allowed is may_request
    if may_run and not may_request:
        assert "may allow requesting `restart-agent`" in asked.reason
        assert "Slack is away." in asked.reason


def test_a_rule_for_running_is_not_about_requesting() -> None:
    lead = PEOPLE["lead"]
    assert decide(RULES, lead, Action.RUN, "restart-agent", "lab", OURS).allowed
    assert not decide(RULES, lead, Action.REQUEST, "restart-agent", "lab", OURS).allowed


USERS, GROUPS = ("U1", "U2"), ("S1", "S2")
COMMANDS, CLUSTERS, PLACES = ("status", "drops"), ("prod", "lab"), ("C1", "C2")


def some(*names: str) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(names))


any_rule = st.builds(
    Rule,
    name=st.just("r"),
    effect=st.sampled_from(Effect),
    place=st.just("t:1"),
    actions=st.just(frozenset(Action)),
    users=some(*USERS, "*"),
    groups=some(*GROUPS),
    commands=some(*COMMANDS, "*"),
    clusters=some(*CLUSTERS, "*"),
    channels=some(*PLACES, "*", "configured"),
)
any_rules = st.lists(any_rule, max_size=6).map(
    lambda rules: AccessRules(rules=tuple(rules), channels=frozenset(["C1"]))
)
any_person = st.builds(
    Person, id=st.sampled_from(USERS), standing=st.sampled_from(Standing), groups=some(*GROUPS)
)
any_request = st.tuples(
    st.sampled_from(COMMANDS), st.sampled_from(CLUSTERS), st.sampled_from(PLACES)
)


@given(any_rules, any_person, any_request)
def test_what_is_allowed_is_allowed_by_a_rule(
    rules: AccessRules, person: Person, asked: tuple[str, str, str]
) -> None:
    decision = decide(rules, person, Action.RUN, *asked)
    assert decision.reason
    if decision.allowed:
        assert decision.rule is not None
        assert decision.rule.effect is Effect.ALLOW
        assert person.standing in (Standing.MEMBER, Standing.UNKNOWN)


@given(any_rules, any_rule, st.integers(0, 6), any_person, any_request)
def test_one_more_denial_never_allows(
    rules: AccessRules, added: Rule, at: int, person: Person, asked: tuple[str, str, str]
) -> None:
    denial = msgspec.structs.replace(added, effect=Effect.DENY)
    more = msgspec.structs.replace(rules, rules=(*rules.rules[:at], denial, *rules.rules[at:]))
    if decide(more, person, Action.RUN, *asked).allowed:
        assert decide(rules, person, Action.RUN, *asked).allowed


@given(any_rules, any_person, some(*GROUPS), st.booleans(), any_request)
def test_knowing_less_never_allows_more(
    rules: AccessRules,
    person: Person,
    unread: frozenset[str],
    unasked: bool,
    asked: tuple[str, str, str],
) -> None:
    less = msgspec.structs.replace(person, groups=person.groups - unread, unknown_groups=unread)
    if unasked and person.standing is Standing.MEMBER:
        less = msgspec.structs.replace(less, standing=Standing.UNKNOWN)
    if decide(rules, less, Action.RUN, *asked).allowed:
        assert decide(rules, person, Action.RUN, *asked).allowed


@given(any_rules, any_person, any_request)
def test_without_rules_nothing_is_allowed(
    rules: AccessRules, person: Person, asked: tuple[str, str, str]
) -> None:
    none = msgspec.structs.replace(rules, rules=())
    assert not decide(none, person, Action.RUN, *asked).allowed
