"""The pod: locked down, fed by Secrets, and in agreement with the settings and the image."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from bot.settings.credentials import SECRETS
from tests.helm.chart import CHART, ROOT, Refused, render


def container(**values: Any) -> dict[str, Any]:
    (only,) = render(values).pod["containers"]
    found: dict[str, Any] = only
    return found


def test_the_pod_may_do_nothing_it_does_not_need() -> None:
    pod = render().pod
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container()["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "hostNetwork" not in pod
    writable = [
        mount["mountPath"] for mount in container()["volumeMounts"] if not mount.get("readOnly")
    ]
    assert writable == ["/var/lib/cilium-oncall", "/tmp"]


def test_the_user_is_the_image_s() -> None:
    user = re.search(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert user
    context = render().pod["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"]) == (int(user[1]), int(user[2]))


def test_only_the_bot_s_own_pod_mounts_its_token() -> None:
    rendered = render()
    assert rendered.one("ServiceAccount")["automountServiceAccountToken"] is False
    assert rendered.pod["automountServiceAccountToken"] is True


def test_the_settings_file_lies_where_the_arguments_say() -> None:
    bot = container()
    path = bot["args"][bot["args"].index("--config") + 1]
    (mount,) = [mount for mount in bot["volumeMounts"] if mount["mountPath"] == path]
    (volume,) = [volume for volume in render().pod["volumes"] if volume["name"] == mount["name"]]
    config_map = render().one("ConfigMap")
    assert volume["configMap"]["name"] == config_map["metadata"]["name"]
    assert mount["subPath"] in config_map["data"]


def test_the_port_is_the_settings_port_for_probes_and_service_alike() -> None:
    for port in (3000, 8080):
        values = {"config": {"http": {"port": port}}}
        rendered = render(values)
        bot = container(**values)
        assert bot["ports"] == [{"name": "http", "containerPort": port}]
        assert yaml.safe_load(rendered.bot_yaml)["http"]["port"] == port
        assert rendered.one("Service")["spec"]["ports"][0]["targetPort"] == "http"
    probes = {name: bot[name]["httpGet"] for name in bot if name.endswith("Probe")}
    assert probes == {
        "startupProbe": {"path": "/healthz", "port": "http"},
        "livenessProbe": {"path": "/healthz", "port": "http"},
        "readinessProbe": {"path": "/readyz", "port": "http"},
    }


def test_the_service_selects_the_pods() -> None:
    rendered = render()
    labels = rendered.one("Deployment")["spec"]["template"]["metadata"]["labels"]
    assert rendered.one("Service")["spec"]["selector"].items() <= labels.items()
    selector = rendered.one("Deployment")["spec"]["selector"]["matchLabels"]
    assert selector.items() <= labels.items()


def test_tokens_are_files_of_the_named_secret_and_nothing_else_knows_them() -> None:
    keys = {"botToken": "bot", "signingSecret": "signing", "appToken": "app"}
    rendered = render({"slack": {"existingSecret": "mine", "keys": keys}})
    environment = {entry["name"]: entry["value"] for entry in rendered.pod["containers"][0]["env"]}
    slack = [secret for secret in SECRETS if secret.variable.startswith("SLACK_")]
    assert set(environment) == {f"{secret.variable}_FILE" for secret in slack}
    (mount,) = [
        mount for mount in rendered.pod["containers"][0]["volumeMounts"] if mount["name"] == "slack"
    ]
    assert {value.removeprefix(f"{mount['mountPath']}/") for value in environment.values()} == set(
        keys.values()
    )
    assert {
        "name": "slack",
        "secret": {"secretName": "mine", "defaultMode": 0o440},
    } in rendered.pod["volumes"]
    assert rendered.all("Secret") == []
    assert not re.search("secret|token", rendered.bot_yaml, re.IGNORECASE)


def test_socket_mode_s_token_is_asked_for_only_when_named() -> None:
    names = {entry["name"] for entry in container()["env"]}
    assert names == {"SLACK_BOT_TOKEN_FILE", "SLACK_SIGNING_SECRET_FILE"}


def test_without_any_way_in_for_slack_it_is_refused() -> None:
    with pytest.raises(Refused, match="signingSecret"):
        render({"slack": {"keys": {"signingSecret": ""}}})
    rendered = render({"slack": {"keys": {"signingSecret": "", "appToken": "app"}}})
    assert "by itself (Socket Mode)" in rendered.notes
    assert "app=app-token.txt" in rendered.notes


def test_the_store_s_password_is_a_file_of_the_named_secret() -> None:
    url = "redis+sentinel://a:26379,b:26380/main"
    values = {
        "config": {"store": {"url": url}},
        "store": {"existingSecret": "mine", "key": "password"},
        "networkPolicy": {"enabled": True},
    }
    rendered = render(values)
    bot = rendered.pod["containers"][0]
    environment = {entry["name"]: entry["value"] for entry in bot["env"]}
    assert environment["STORE_PASSWORD_FILE"] == "/etc/cilium-oncall/store/password"
    assert {"name": "store", "secret": {"secretName": "mine", "defaultMode": 0o440}} in (
        rendered.pod["volumes"]
    )
    assert "state" not in {volume["name"] for volume in rendered.pod["volumes"]}
    assert url in rendered.bot_yaml
    ports = {port["port"] for port in rendered.one("NetworkPolicy")["spec"]["egress"][0]["ports"]}
    assert {26379, 26380} <= ports


def test_the_embedded_store_has_a_folder_it_may_write_to() -> None:
    def state(**store: str) -> object:
        rendered = render({"store": store})
        mounts = {m["name"]: m["mountPath"] for m in rendered.pod["containers"][0]["volumeMounts"]}
        assert mounts["state"] in rendered.bot_yaml
        (volume,) = [volume for volume in rendered.pod["volumes"] if volume["name"] == "state"]
        return {key: value for key, value in volume.items() if key != "name"}

    assert state() == {"emptyDir": {"sizeLimit": "512Mi"}}
    assert state(existingClaim="kept") == {"persistentVolumeClaim": {"claimName": "kept"}}


def test_kubeconfigs_are_mounted_where_values_say() -> None:
    assert "kubeconfig" not in str(container()["volumeMounts"])
    bot = container(kubeconfig={"existingSecret": "clusters"})
    (mount,) = [mount for mount in bot["volumeMounts"] if mount["name"] == "kubeconfig"]
    assert f"{mount['mountPath']}/KEY" in (CHART / "values.yaml").read_text()


def test_changed_settings_make_new_pods() -> None:
    def stamp(**values: Any) -> str:
        annotations = render(values).one("Deployment")["spec"]["template"]["metadata"]
        return str(annotations["annotations"]["cilium-oncall/config-sha256"])

    assert stamp() == stamp()
    assert stamp() != stamp(config={"limits": {"execs_in_flight": 1}})


def test_a_digest_wins_over_the_tag() -> None:
    digest = f"sha256:{'0' * 64}"
    assert container()["image"] == "cilium-oncall:0.1.0"
    assert container(image={"tag": "x"})["image"] == "cilium-oncall:x"
    assert container(image={"tag": "x", "digest": digest})["image"] == f"cilium-oncall@{digest}"


def test_on_the_node_s_network_names_are_resolved_by_the_node() -> None:
    pod = render({"hostNetwork": True}).pod
    assert (pod["hostNetwork"], pod["dnsPolicy"]) == (True, "Default")


def test_what_is_optional_is_off_and_can_be_switched_on() -> None:
    assert render().all("NetworkPolicy") == render().all("PodDisruptionBudget") == []
    rendered = render(
        {"networkPolicy": {"enabled": True}, "podDisruptionBudget": {"enabled": True}}
    )
    labels = rendered.one("Deployment")["spec"]["template"]["metadata"]["labels"]
    policy = rendered.one("NetworkPolicy")["spec"]
    assert policy["podSelector"]["matchLabels"].items() <= labels.items()
    assert policy["ingress"] == [{"ports": [{"port": "http", "protocol": "TCP"}]}]
    budget = rendered.one("PodDisruptionBudget")["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"]["matchLabels"].items() <= labels.items()


def test_every_object_says_where_it_comes_from() -> None:
    for thing in render().objects:
        labels = thing["metadata"]["labels"]
        assert labels["app.kubernetes.io/instance"] == "night", thing["kind"]
        is_cluster_wide = thing["kind"].startswith(("ClusterRole", "ValidatingAdmission"))
        assert ("namespace" in thing["metadata"]) != is_cluster_wide
