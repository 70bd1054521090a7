"""A change without a bot: what is asked, what is done, and what is left behind."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from bot.engine.changes.lock import Lock
from bot.model.change import ChangeState
from bot.model.errors import NotAllowed
from bot.model.names import NodeName
from runbooks.agent.restart.remedy import RestartAgent
from tests.terminal.breakglass.house import NODE, SCALE, Answers, House, Restart


async def test_one_step_at_a_time_until_it_is_proven(house: House) -> None:
    prompt = Answers("lab", "y")
    change = await house.run(prompt)
    assert change.state is ChangeState.DONE, house.printed
    assert len(house.deletes) == 1
    assert prompt.asked == [
        "Type the cluster's name to do exactly this:",
        "Next step: delete the pod. Carry it out? [y/N]",
    ]
    reasons = [reason for reason, _ in house.events]
    assert reasons[0] == "BreakglassBegan"
    assert reasons[-1] == "BreakglassEnded"
    assert reasons.count("BreakglassStep") == 4
    for _, message in house.events:
        assert "by ana | incident INC-7" in message
        assert change.plan
        assert change.plan.digest[:16] in message
    assert house.holder == ""
    said = house.printed
    assert "breakglass" in said
    assert said.index("PLAN") < said.index("delete the pod") < said.index("DONE")
    assert f"breakglass {change.id} on lab: Restart the agent on {NODE}; by ana" in said
    assert "freezes, cooldowns" in said


async def test_the_real_restart_of_an_agent(house: House) -> None:
    prompt = Answers("lab", "y", "y")
    change = await house.run(prompt, RestartAgent(NodeName(NODE)))
    assert change.state is ChangeState.DONE, house.printed
    assert len(house.deletes) == 1
    assert [question.partition("/")[0] for question in prompt.asked[1:]] == [
        "Next step: look before. Carry it out? [y",
        "Next step: delete pod kube-system",
    ]


@pytest.mark.parametrize("typed", ["", "Lab", "lab2", "y", None])
async def test_without_the_clusters_name_nothing_begins(house: House, typed: str | None) -> None:
    with pytest.raises(NotAllowed, match="nothing was done"):
        await house.run(Answers(typed))
    assert house.simulated.ledger == []


async def test_a_step_that_is_not_confirmed_is_not_taken(house: House) -> None:
    change = await house.run(Answers("lab", "n"))
    assert change.state is ChangeState.CANCELLED
    assert "Nothing was done before." in change.outcome
    assert house.deletes == []
    assert house.holder == ""
    assert house.events[-1][0] == "BreakglassEnded"


async def test_the_lock_of_another_change_is_respected(house: House) -> None:
    other = Lock(house.cluster, SCALE)
    await other.take("c-aaaaaaaaaa", "restart of node-1", holder_name="bo", seconds=100_000)
    with pytest.raises(NotAllowed, match="bo"):
        await house.run(Answers("lab", "y"))
    assert house.deletes == []
    assert house.holder == "c-aaaaaaaaaa"


async def test_a_plan_that_changed_while_it_was_read_is_read_again(house: House) -> None:
    def meanwhile() -> str:
        (pod,) = [
            pod
            for pod in house.simulated.objects.all("pods", "kube-system")
            if pod.copy()["spec"].get("nodeName") == NODE and pod.name.startswith("cilium-")
            and "k8s-app" in pod.copy()["metadata"]["labels"]
            and pod.copy()["metadata"]["labels"]["k8s-app"] == "cilium"
        ]  # fmt: skip
        house.simulated.objects.delete("pods", pod.name, "kube-system")
        return "lab"

    prompt = Answers(meanwhile, "lab", "y")
    await house.simulated.settle()
    change = await house.run(prompt)
    assert "The cluster changed while you read" in house.printed
    assert prompt.asked.count("Type the cluster's name to do exactly this:") == 2
    assert change.state is ChangeState.DONE
    assert len(house.deletes) == 1


async def test_a_lost_reply_is_looked_at_and_not_repeated(house: House) -> None:
    change = await house.run(Answers("lab", "y"), Restart(just_before=house.loses_the_next_reply))
    assert len(house.deletes) == 1
    assert change.state is ChangeState.DONE, house.printed


@pytest.mark.parametrize(("answers", "state"), [
    (["happened"], ChangeState.DONE),
    (["perhaps", "stop"], ChangeState.STOPPED),
    ([None], ChangeState.STOPPED),
])  # fmt: skip
async def test_what_cannot_be_seen_is_asked_of_the_person(
    house: House, answers: list[str | None], state: ChangeState
) -> None:
    remedy = Restart(blind=True, just_before=house.loses_the_next_reply)
    change = await house.run(Answers("lab", "y", *answers), remedy)
    assert change.state is state, house.printed
    assert len(house.deletes) == 1
    assert "Whether delete the pod took effect is not known." in house.printed


async def test_a_step_that_did_not_happen_is_asked_about_again(house: House) -> None:
    remedy = Restart(blind=True, just_before=house.loses_the_next_reply)
    prompt = Answers("lab", "y", "did-not", "n")
    change = await house.run(prompt, remedy)
    assert change.state is ChangeState.CANCELLED
    assert prompt.asked[-1].startswith("Next step: delete the pod")


async def test_a_lock_that_cannot_be_renewed_begins_nothing(house: House) -> None:
    def lose() -> str:
        house.loses_the_next_reply()
        return "y"

    change = await house.run(Answers("lab", lose, "n"))
    assert change.state is ChangeState.CANCELLED
    assert house.deletes == []
    assert "Between two steps" in house.printed


async def test_ctrl_c_at_a_question_stops_there(house: House) -> None:
    async def never() -> str:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(60)
        raise AssertionError("it was interrupted")

    prompt = Answers("lab")
    answer = prompt.ask

    async def ask(question: str) -> str | None:
        return await never() if question.startswith("Next") else await answer(question)

    prompt.ask = ask  # type: ignore[method-assign]
    change = await house.run(prompt)
    assert change.state is ChangeState.CANCELLED
    assert house.deletes == []
    assert house.holder == ""


async def test_ctrl_c_while_it_waits_stops_at_once_and_says_what_was_done(house: House) -> None:
    house.simulated.inject("agent-crash-loop", NODE)

    async def interrupt() -> None:
        while not house.deletes:
            await asyncio.sleep(0.005)
        os.kill(os.getpid(), signal.SIGINT)

    task = asyncio.create_task(interrupt())
    change = await house.run(Answers("lab", "y"), Restart())
    await task
    assert change.state in (ChangeState.CANCELLED, ChangeState.UNVERIFIED)
    assert "delete the pod" in change.outcome or "ended the checks" in change.outcome


async def test_a_promise_is_told_to_the_person(house: House) -> None:
    change = await house.run(Answers("lab", "y", "y"), Restart(keeps=True))
    assert change.state is ChangeState.DONE
    assert "Take back by hand" in house.printed
    assert "it is restarted: to be left alone by" in house.printed


async def test_without_its_audit_only_on_a_word(house: House) -> None:
    rules = [
        {"namespace": None, "apiGroups": ["*"], "resources": [resource], "verbs": ["*"]}
        for resource in ("pods", "leases", "nodes")
    ]
    house.simulated.add_user("kubernetes-admin", rules, token=house.simulated.token)
    with pytest.raises(NotAllowed, match="audit"):
        await house.run(Answers("lab", "n"))
    assert house.holder == ""
    change = await house.run(Answers("lab", "yes", "y"))
    assert change.state is ChangeState.DONE
    assert "Events that could not be written" in house.printed


async def test_a_fault_of_the_remedy_ends_in_an_account(house: House) -> None:
    change = await house.run(Answers("lab"), Restart(breaks=True))
    assert change.state is ChangeState.FAILED
    assert "ValueError" in change.outcome
    assert house.holder == ""
    assert house.events[-1][0] == "BreakglassEnded"
