"""The report around the findings: what a person reads first."""

from bot.model.report import Gap, Report, Verdict
from runbooks.agent.status.evidence import Seen
from runbooks.agent.status.judge import judge
from runbooks.agent.status.present import present

from .healthy import CRASHED, NODES, a_status, ago, an_agent, healthy, sees
from .test_judge import BAD


def report(seen: Seen) -> Report:
    return present(seen, judge(seen), cluster="prod")


def crashing(seen: Seen) -> None:
    assert seen.agents is not None
    seen.agents["node-7"] = an_agent("node-7", ready=False, restarts=9, last=CRASHED)


def test_a_healthy_cluster() -> None:
    read = report(healthy())
    assert read.verdict is Verdict.OK
    assert read.title == "Cilium on prod"
    assert read.summary == "12 of 12 agents are ready, and nothing wrong was found."
    assert dict(read.facts)["Addresses"] == "144 of 3,048 in use; fullest node-1 at 5%"
    assert dict(read.facts)["Cilium"] == "1.18.6"


def test_columns_that_say_the_same_of_every_agent_are_left_out() -> None:
    [table] = report(healthy()).tables
    assert table.columns == ("node", "agent", "endpoints", "addresses")
    seen = healthy()
    crashing(seen)
    [table] = report(seen).tables
    assert "restarts" in table.columns
    assert [row[0] for row in table.rows] == NODES


def test_a_large_cluster_shows_only_what_is_wrong() -> None:
    seen = healthy()
    seen.agents = {f"node-{n}": an_agent(f"node-{n}") for n in range(1, 201)}
    crashing(seen)
    [table] = report(seen).tables
    assert [row[0] for row in table.rows] == ["node-7"]
    assert table.note == "199 agents without findings are not shown."


def test_the_summary_names_where_the_problems_are() -> None:
    seen = healthy()
    crashing(seen)
    assert report(seen).summary == "11 of 12 agents are ready; 1 problem on node-7."


def test_the_summary_of_a_node_is_its_cause() -> None:
    seen = healthy(node="node-7")
    crashing(seen)
    read = report(seen)
    assert read.verdict is Verdict.FAILED
    assert read.summary == "The agent crashes again and again (Error, exit code 1)."


def test_the_summary_of_a_node_names_another_node_that_it_misses() -> None:
    seen = healthy(node="node-7")
    seen.health = {"node-7": sees("node-7", node_3=BAD), "node-1": sees("node-1")}
    read = report(seen)
    assert read.verdict is Verdict.DEGRADED
    assert read.summary.startswith("node-3: The node itself is unreachable")


def test_agents_of_which_nothing_is_known_are_no_good_news() -> None:
    seen = healthy()
    seen.unknown = {"node-3"}
    seen.gaps = [Gap("inside the agent on node-3", "not JSON", blinding=True)]
    read = report(seen)
    assert read.verdict is Verdict.UNKNOWN
    assert "nothing could be learned from inside 1 of them" in read.summary
    assert dict(read.facts)["Seen"].startswith("11 of 12 agents answered")


def test_too_little_seen_is_no_good_news() -> None:
    seen = healthy()
    seen.nodes = None
    seen.gaps = [Gap("nodes", "forbidden", blinding=True)]
    read = report(seen)
    assert read.verdict is Verdict.UNKNOWN
    assert "too little" in read.summary


def test_only_error_lines_of_the_log_are_attached() -> None:
    seen = healthy(node="node-7")
    seen.statuses = {"node-7": a_status()}
    seen.log = "\n".join(
        [
            'time=x level=info msg="fine"',
            'time=x level=error msg="broken"',
            '{"time":"x","level":"error","msg":"also"}',
            'level=fatal msg="end"',
        ]
    )
    [attached] = report(seen).attachments
    assert attached.text.count("\n") == 2
    assert "fine" not in attached.text


def test_the_last_words_before_a_restart_are_attached() -> None:
    seen = healthy(node="node-7")
    seen.previous_log = f"{ago(minutes=1)} level=fatal msg=boom"
    assert "boom" in report(seen).attachments[0].text
