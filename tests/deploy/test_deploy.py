"""What deploys the server names only settings, files and parts that there are."""

import json
import os
import re
import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import PREFIX, Settings
from app.unfit import plain_text
from tests.app.process import environment
from tools.tree import ROOT

DEPLOY = ROOT / "deploy"
SETTING = re.compile(rf"{PREFIX}([A-Z_]+)", re.IGNORECASE)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return found


def instructions() -> list[list[str]]:
    """The words of each instruction of the Dockerfile."""
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("file", sorted(DEPLOY.glob("*")), ids=lambda file: file.name)
def test_every_setting_that_is_named_exists(file: Path) -> None:
    for name in SETTING.findall(file.read_text()):
        assert name.lower() in Settings.model_fields, name


def test_services_wait_for_services_that_are_there_and_tell_their_health(
    compose: dict[str, Any],
) -> None:
    services = compose["services"]
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            finished = how["condition"] == "service_completed_successfully"
            assert finished or "test" in services[needed]["healthcheck"], (name, needed)
        assert "healthcheck" in service, name
        shared = service.get("network_mode", "").removeprefix("service:")
        networks = services[shared]["networks"] if shared else service["networks"]
        assert set(networks) <= compose["networks"].keys(), name


def test_every_secret_is_a_file_and_no_secret_is_in_the_environment(
    compose: dict[str, Any],
) -> None:
    used = {name for each in compose["services"].values() for name in each.get("secrets", [])}
    assert used == compose["secrets"].keys()
    assert all(each["file"] == f"secrets/{name}" for name, each in compose["secrets"].items())
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "/deploy/secrets/" in ignored
    kept = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().splitlines()
    assert kept[0] == "*"


def test_its_settings_are_fit_to_be_served(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = compose["services"]["brokergraph"]["environment"]
    for name, value in given.items():
        plain = value.replace("${DOMAIN:?the name that browsers use}", "brokers.example")
        monkeypatch.setenv(name, plain)
    settings = Settings(host="0.0.0.0")  # noqa: S104 (as in the image)
    assert list(plain_text(settings)) == []
    address = compose["services"]["caddy"]["networks"]["front"]["ipv4_address"]
    assert settings.trusted_proxies == (address,)
    assert settings.https


def test_secrets_are_read_from_files_under_what_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "brokergraph_metrics_token").write_text("planted\n")
    (tmp_path / "brokergraph_port").write_text("8123\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("BROKERGRAPH_PORT", "8124")
    settings = Settings()
    assert settings.metrics_token is not None
    assert settings.metrics_token.get_secret_value() == "planted"
    assert settings.port == 8124


def test_the_image_is_installed_by_hashes_and_runs_as_nobody_in_particular() -> None:
    words = instructions()
    installs = [line for line in words if "install" in line and "/venv/bin/pip" in line]
    assert len(installs) == 1
    assert "--require-hashes" in installs[0]
    users = [line[1] for line in words if line[0] == "USER"]
    assert users == ["brokergraph"]
    assert words.index(["USER", "brokergraph"]) < [line[0] for line in words].index("ENTRYPOINT")


def test_what_the_image_takes_along_is_all_that_the_commands_need(tmp_path: Path) -> None:
    kept = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    for line in instructions():
        if line[0] == "COPY" and not line[1].startswith("--from"):
            assert f"!{line[1]}" in kept
            source, target = ROOT / line[1], tmp_path / line[2].lstrip("/")
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
    entry = next(line for line in instructions() if line[0] == "ENTRYPOINT")
    command = json.loads(" ".join(entry[1:]))
    assert command[0] == "python"
    outside = {**environment(tmp_path, {}), "PYTHONPATH": str(tmp_path)}
    for arguments in (["schema"], ["user", "--help"], ["doctor", "--help"]):
        ran = subprocess.run(
            [sys.executable, *command[1:], *arguments],
            cwd=tmp_path,
            env=outside,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr


def test_the_unit_is_a_unit_and_starts_what_is_there() -> None:
    class Unit(RawConfigParser):
        """Keys as they are written; one that comes twice adds to the first."""

        def optionxform(self, optionstr: str) -> str:
            return optionstr

    unit = Unit(strict=False)
    unit.read(DEPLOY / "brokergraph.service")
    assert unit.sections() == ["Unit", "Service", "Install"]
    program, verb = unit["Service"]["ExecStart"].split()
    assert program == "/opt/brokergraph/brokergraph"
    assert verb == "serve"
    assert os.access(ROOT / Path(program).name, os.X_OK)
    assert unit["Service"]["User"] != "root"
    assert unit["Service"]["NoNewPrivileges"] == "yes"


def test_the_proxy_leads_to_where_the_server_listens(compose: dict[str, Any]) -> None:
    text = (DEPLOY / "Caddyfile").read_text()
    assert text.count("{") == text.count("}")
    port = Settings.model_fields["port"].default
    assert f"reverse_proxy {{$UPSTREAM:127.0.0.1:{port}}}" in text
    assert compose["services"]["caddy"]["environment"]["UPSTREAM"] == f"brokergraph:{port}"
