"""A bad file and the exact lines a person is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import check
from bot.settings.problems import SECRET

GOOD = "clusters: {prod: {context: prod}}\n"


def told(tmp_path: Path, content: str | bytes) -> list[str]:
    """The problems of a file, each without the folder it lies in."""
    file = tmp_path / "bot.yaml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in check(file)]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        pytest.param(GOOD, [], id="good"),
        pytest.param(
            "clusters:\n  prod:\n    context: prod\n    contxt: prod\n",
            ["bot.yaml:4: clusters.prod.contxt: unknown field; did you mean context?"],
            id="unknown-field-with-a-near-name",
        ),
        pytest.param(
            GOOD + "http: {colour: red}\n",
            ["bot.yaml:2: http.colour: unknown field; allowed: host, port"],
            id="unknown-field-without-a-near-name",
        ),
        pytest.param(
            GOOD + "htp: {port: 1}\n",
            ["bot.yaml:2: htp: unknown field; did you mean http?"],
            id="unknown-section",
        ),
        pytest.param(
            "clusters:\n  prod: {context: a}\n  edge: {context: b}\n  prod: {context: c}\n",
            ["bot.yaml:4: clusters.prod: given twice; the first is on line 2"],
            id="duplicate-key",
        ),
        pytest.param(
            "clusters:\n  prod: {context: a, context: b}\n",
            ["bot.yaml:2: clusters.prod.context: given twice; the first is on line 2"],
            id="duplicate-key-deep",
        ),
        pytest.param(
            GOOD + "http:\n  port: '3000'\n",
            ["bot.yaml:3: http.port: found 3000; allowed: a whole number from 1 to 65535"],
            id="text-for-a-number",
        ),
        pytest.param(
            GOOD + "http:\n  port: 70000\n",
            [
                "bot.yaml:3: http.port: found the number 70000; "
                "allowed: a whole number from 1 to 65535"
            ],
            id="port-out-of-range",
        ),
        pytest.param(
            GOOD + "http: {host: a b}\n",
            ["bot.yaml:2: http.host: found a b; allowed: an IP address or a host name"],
            id="not-a-host",
        ),
        pytest.param(
            GOOD + "limits:\n  deadline: 10\n",
            [
                "bot.yaml:3: limits.deadline: found the number 10; "
                "allowed: a duration up to 10m, such as 10s or 1m30s"
            ],
            id="duration-without-a-unit",
        ),
        pytest.param(
            GOOD + "limits: {deadline: 5s, deep_deadline: 2s}\n",
            [
                "bot.yaml:2: limits.deep_deadline: "
                "shorter than limits.deadline, though --deep asks more"
            ],
            id="deep-shorter-than-plain",
        ),
        pytest.param(
            GOOD + "limits: {deadline: 2m}\n",
            [
                "bot.yaml:2: limits.deep_deadline: "
                "shorter than limits.deadline, though --deep asks more"
            ],
            id="deep-default-shorter-than-plain",
        ),
        pytest.param(
            GOOD + "limits:\n  execs_in_flight: 1:30\n",
            [
                "bot.yaml:3: limits.execs_in_flight: 1:30 is not a plain decimal number, and YAML "
                "reads it as another; write it plainly, or in quotes as text"
            ],
            id="sexagesimal",
        ),
        pytest.param(
            "clusters:\n  eu: {context: eu}\n  us: {context: us}\nchanges:\n"
            "  audit_channel: oncall\n  identity_cluster: ue\n  people:\n"
            "    alice@example.com: alice\n    system:anonymous: U0123456789\n",
            [
                "bot.yaml:5: changes.audit_channel: found oncall; allowed: a channel's id "
                "(C..., G... or D...), at the end of its About tab in Slack",
                "bot.yaml:6: changes.identity_cluster: no such cluster, found ue; allowed: eu, us",
                "bot.yaml:8: changes.people.alice@example.com: found alice; allowed: a member's "
                "id (U... or W...; in Slack: profile, More, Copy member ID)",
                "bot.yaml:9: changes.people.system:anonymous: not a valid name; allowed: a "
                "username as kubectl auth whoami shows it, such as alice@example.com",
            ],
            id="changes",
        ),
        pytest.param(
            "clusters:\n  eu: {context: eu}\n  us: {context: us}\n"
            "changes:\n  people: {alice@example.com: U0123456789}\n",
            [
                "bot.yaml:5: changes.people: which cluster knows these people is missing; "
                "allowed: changes.identity_cluster: one of eu, us"
            ],
            id="people-of-no-cluster",
        ),
        pytest.param(
            GOOD + "changes: {seal_key: abc}\n",
            [
                "bot.yaml:2: changes.seal_key: a secret does not belong in this file; take it "
                "out, set SEAL_KEY in the environment (or its name with _FILE), and if anyone "
                "else could read the file, replace it"
            ],
            id="seal-key",
        ),
        pytest.param(
            GOOD + "http: {port: 0700}\n",
            [
                "bot.yaml:2: http.port: 0700 is not a plain decimal number, and YAML reads it "
                "as another; write it plainly, or in quotes as text"
            ],
            id="octal",
        ),
        pytest.param(
            "clusters:\n  prod: {context: 1.10}\n",
            [
                "bot.yaml:2: clusters.prod.context: found the number 1.10; "
                "allowed: the name of a context in the kubeconfig"
            ],
            id="context-read-as-a-number",
        ),
        pytest.param(
            "clusters:\n  prod: {context: off}\n",
            [
                "bot.yaml:2: clusters.prod.context: found off, which YAML reads as false; "
                "allowed: the name of a context in the kubeconfig"
            ],
            id="context-read-as-a-truth",
        ),
        pytest.param(
            "clusters:\n  prod: {context: 2026-11-23}\n",
            ["bot.yaml:2: clusters.prod.context: YAML reads 2026-11-23 as a date; quote it"],
            id="context-read-as-a-date",
        ),
        pytest.param(
            GOOD + "channels:\n  on: prod\n",
            [
                "bot.yaml:3: channels.on: "
                "YAML does not read this key as text but as true or false; put it in quotes"
            ],
            id="key-read-as-a-truth",
        ),
        pytest.param(
            "clusters:\n  a: {context: a}\n  1.10: {context: b}\n",
            [
                "bot.yaml:3: clusters.1.10: "
                "YAML does not read this key as text but as a number; put it in quotes"
            ],
            id="key-read-as-a-number",
        ),
        pytest.param(
            GOOD + "? [a, b]\n: c\n",
            ["bot.yaml:2: a key must be text"],
            id="key-is-a-list",
        ),
        pytest.param(
            "clusters:\n  Prod_1: {context: a}\n",
            [
                "bot.yaml:2: clusters.Prod_1: not a valid name; "
                "allowed: lower-case letters, digits and '-', at most 63 characters"
            ],
            id="cluster-name",
        ),
        pytest.param(
            GOOD + "channels:\n  '#oncall': prod\n",
            [
                "bot.yaml:3: channels.#oncall: not a valid name; allowed: a channel's id "
                "(C..., G... or D...), at the end of its About tab in Slack"
            ],
            id="channel-by-name",
        ),
        pytest.param(
            GOOD + "channels:\n  C0123456789: prdo\n",
            ["bot.yaml:3: channels.C0123456789: no such cluster, found prdo; did you mean prod?"],
            id="channel-of-an-unknown-cluster",
        ),
        pytest.param(
            "clusters: {eu: {context: a}, us: {context: b}}\nchannels:\n  C0123456789: staging\n",
            ["bot.yaml:3: channels.C0123456789: no such cluster, found staging; allowed: eu, us"],
            id="channel-of-an-unknown-cluster-far-from-all",
        ),
        pytest.param(
            "clusters:\n  prod:\n    in_cluster: true\n    context: prod\n",
            ["bot.yaml:4: clusters.prod.context: cannot be given with in_cluster: true"],
            id="inside-and-outside",
        ),
        pytest.param(
            "clusters:\n  prod:\n    kubeconfig: k\n",
            [
                "bot.yaml:2: clusters.prod: how to reach it is missing; "
                "allowed: context: NAME, or in_cluster: true"
            ],
            id="neither-inside-nor-outside",
        ),
        pytest.param(
            "clusters:\n  a: {in_cluster: true}\n  b: {in_cluster: true}\n",
            [
                "bot.yaml:3: clusters.b.in_cluster: "
                "only one cluster can be the bot's own, and a is already"
            ],
            id="inside-two-clusters",
        ),
        pytest.param(
            "clusters:\n  prod:\n",
            [
                "bot.yaml:2: clusters.prod: found nothing; "
                "allowed: a mapping of in_cluster, kubeconfig, context, cilium_namespace"
            ],
            id="cluster-without-anything",
        ),
        pytest.param(
            "# nothing yet\n",
            [
                "bot.yaml: clusters: no cluster is configured; "
                "allowed: at least one cluster, such as prod: {context: prod}"
            ],
            id="only-comments",
        ),
        pytest.param(
            GOOD + "store: {url: 'redis://ann:hunter2@store:6379'}\n",
            [
                "bot.yaml:2: store.url: a secret does not belong in this file; take it out, set "
                "STORE_PASSWORD in the environment (or its name with _FILE), and if anyone else "
                "could read the file, replace it"
            ],
            id="password-in-the-store-s-url",
        ),
        pytest.param(
            GOOD + "store: {url: 'http://store'}\n",
            [
                "bot.yaml:2: store.url: found http://store; allowed: redis://HOST:6379/0, "
                "rediss:// for TLS, unix:///SOCKET or redis+sentinel://HOST,HOST/SERVICE, without "
                "a password"
            ],
            id="no-store",
        ),
        pytest.param(
            "- a\n",
            [
                "bot.yaml:1: found a list; allowed: a mapping of clusters, channels, access, "
                "approvals, alerts, changes, slack, http, helm, limits, store, logs"
            ],
            id="a-list",
        ),
        pytest.param(
            GOOD + "slack: {api_url: 'https://slack.example/api/'}\n",
            [
                "bot.yaml:2: slack.api_url: found https://slack.example/api/; allowed: "
                "https://slack.com/api/ or, for GovSlack, https://slack-gov.com/api/"
            ],
            id="not-slack",
        ),
        pytest.param(
            "clusters: {prod: [\n",
            ["bot.yaml:2: not valid YAML: did not find expected node content"],
            id="syntax",
        ),
        pytest.param(
            "clusters:\n\tprod: {context: a}\n",
            ["bot.yaml:2: not valid YAML: found character that cannot start any token"],
            id="tab",
        ),
        pytest.param(
            GOOD + "---\n" + GOOD,
            ["bot.yaml:2: not valid YAML: but found another document"],
            id="two-documents",
        ),
        pytest.param(
            "clusters: *none\n", ["bot.yaml:1: not valid YAML: found undefined alias"], id="alias"
        ),
        pytest.param(
            GOOD + "http: !!python/object:os {}\n",
            ["bot.yaml:2: http: the tag tag:yaml.org,2002:python/object:os has no meaning here"],
            id="python-tag",
        ),
        pytest.param(
            GOOD + "http: {port: 1\x07}\n",
            ["bot.yaml:2: not valid YAML: a control character"],
            id="control-character",
        ),
        pytest.param(
            b"clusters:\n  pr\xffod: {}\n",
            ["bot.yaml: not UTF-8 text (byte 15, line 2); save it as UTF-8"],
            id="latin-1",
        ),
        pytest.param(
            b"\x7fELF" + bytes(range(256)),
            ["bot.yaml: not UTF-8 text (byte 133, line 2); save it as UTF-8"],
            id="binary",
        ),
        pytest.param(
            "#" * 10_000_000,
            ["bot.yaml: larger than 1024 KiB; a configuration file is far smaller"],
            id="ten-megabytes",
        ),
    ],
)
def test_each_mistake_is_told_with_its_line(
    tmp_path: Path, content: str | bytes, lines: list[str]
) -> None:
    assert told(tmp_path, content) == lines


def test_every_mistake_is_told_at_once_in_the_order_of_the_lines(tmp_path: Path) -> None:
    lines = told(
        tmp_path,
        "clusters:\n"
        "  prod:\n"
        "    contxt: prod\n"
        "    kubeconfig: 3\n"
        "  prod: {context: a}\n"
        "channels:\n"
        "  C0123456789: prdo\n"
        "http: {port: x}\n"
        "htp: 1\n",
    )
    assert [line.split(": ")[0:2] for line in lines] == [
        ["bot.yaml:2", "clusters.prod"],
        ["bot.yaml:3", "clusters.prod.contxt"],
        ["bot.yaml:4", "clusters.prod.kubeconfig"],
        ["bot.yaml:5", "clusters.prod"],
        ["bot.yaml:7", "channels.C0123456789"],
        ["bot.yaml:8", "http.port"],
        ["bot.yaml:9", "htp"],
    ]


@pytest.mark.parametrize(
    ("content", "variable"),
    [
        ("slack: {bot_token: x}\n", "SLACK_BOT_TOKEN"),
        ("slack: {signing_secret: x}\n", "SLACK_SIGNING_SECRET"),
        ("slack_app_token: x\n", "SLACK_APP_TOKEN"),
        ("slack: {api_url: xoxb-1234-abcd}\n", "SLACK_BOT_TOKEN"),
        ("channels: {C0123456789: 'see xoxe.xoxb-1-abcd'}\n", "SLACK_BOT_TOKEN"),
        ("channels: [xapp-1-A0-abcd]\n", "SLACK_APP_TOKEN"),
        ("xoxb-1234-abcd: 1\n", "SLACK_BOT_TOKEN"),
    ],
)
def test_a_secret_is_sent_where_it_belongs_and_never_repeated(
    tmp_path: Path, content: str, variable: str
) -> None:
    lines = told(tmp_path, GOOD + content)
    about = [line for line in lines if "a secret does not belong in this file" in line]
    assert len(about) == 1
    assert variable in about[0]
    assert about[0].startswith("bot.yaml:2: ")
    assert not SECRET.search("\n".join(lines))
    assert "abcd" not in "\n".join(lines)


def test_the_column_points_at_the_key_or_at_the_value(tmp_path: Path) -> None:
    file = tmp_path / "bot.yaml"
    file.write_text(GOOD + "http: {prt: 1, port: x}\n")
    assert [(found.field, found.column) for found in check(file)] == [
        ("http.prt", 8),
        ("http.port", 22),
    ]
