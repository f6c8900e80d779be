"""What docker compose is told: who gets which secret, what bounds a service, that settings arrive."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dreamconfig.settings import BotSettings, WorkerSettings

ROOT = Path(__file__).resolve().parents[2]
FILES = ("docker-compose.yml", "compose.worker.yml", "compose.tls.yml")


def services(file: str) -> dict[str, dict[str, Any]]:
    """The services of a file, with what they extend."""
    found: dict[str, dict[str, Any]] = {}
    for name, service in yaml.safe_load((ROOT / file).read_text("utf-8"))["services"].items():
        whole = dict(service)
        if extends := whole.pop("extends", None):
            base = services(extends["file"])[extends["service"]]
            whole = base | whole | {"environment": base["environment"] | service.get("environment", {})}
        found[name] = whole
    return found


MAIN, FAR = services("docker-compose.yml"), services("compose.worker.yml")
EVERY = [*MAIN.items(), *FAR.items()]
WORKERS = [(name, service) for name, service in EVERY if name.startswith("worker")]


def names_of(settings: type[BotSettings] | type[WorkerSettings]) -> set[str]:
    return {f"DREAM_{name.upper()}" for name in settings.model_fields}


def test_every_setting_arrives() -> None:
    assert names_of(BotSettings) - MAIN["bot"]["environment"].keys() == set()
    for _, worker in WORKERS:
        assert names_of(WorkerSettings) - worker["environment"].keys() == set()


def test_the_token_is_the_bots_alone() -> None:
    holders = {name for name, service in EVERY if "DISCORD" in str(service)}
    assert holders == {"bot"}


@pytest.mark.parametrize("user", ["bot", "worker", "operator"])
def test_a_password_goes_to_valkey_and_its_own_user(user: str) -> None:
    holders = {name for name, service in EVERY if f"DREAM_REDIS_{user.upper()}_PASSWORD" in str(service)}
    own = {"bot": {"bot"}, "worker": {"worker", "worker-gpu"}, "operator": set()}[user]
    assert holders == {"valkey"} | own


def test_a_machine_that_only_paints_needs_redis_address_alone() -> None:
    text = (ROOT / "compose.worker.yml").read_text("utf-8")
    assert ":?" not in text
    assert set(FAR) == {"worker", "worker-gpu"}
    assert all("depends_on" not in service for service in FAR.values())


@pytest.mark.parametrize(("name", "service"), EVERY)
def test_every_service_is_bounded_and_comes_back(name: str, service: dict[str, Any]) -> None:
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"]
    assert service["mem_limit"]
    assert service["stop_grace_period"]
    assert service["logging"]["options"]["max-size"]
    if name != "valkey":
        assert service["healthcheck"]["test"] == ["CMD", "aliendreams", "health"]
        assert service["environment"]["DREAM_METRICS_PORT"]


@pytest.mark.parametrize(("name", "service"), WORKERS)
def test_any_number_of_workers_may_run_each_on_the_gpu_that_is_named(
    name: str, service: dict[str, Any]
) -> None:
    assert "container_name" not in service
    assert "ports" not in service
    assert service["profiles"] == ["gpu" if name == "worker-gpu" else "cpu"]
    reserved = service.get("deploy", {}).get("resources", {}).get("reservations", {}).get("devices", [])
    assert [device["driver"] for device in reserved] == (["nvidia"] if name == "worker-gpu" else [])
    assert [device["device_ids"] for device in reserved] == ([["${DREAM_GPU:-0}"]] if reserved else [])


def test_valkey_keeps_its_data_within_bounds_and_to_itself() -> None:
    valkey = MAIN["valkey"]
    assert "ports" not in valkey
    assert "--user operator" in valkey["healthcheck"]["test"][1]
    lines = (ROOT / "queue" / "valkey.conf").read_text("utf-8").splitlines()
    told = dict(line.split(maxsplit=1) for line in lines if line and line[0] != "#")
    assert told["appendonly"] == "yes"
    assert told["maxmemory-policy"] == "noeviction"
    assert told["maxmemory"] == "1gb" == default(valkey["command"][-1])
    assert default(valkey["mem_limit"]) == "2g"


def default(text: str) -> str:
    """What `${NAME:-default}` is without NAME."""
    found = re.search(r":-([^}]*)}", text)
    assert found
    return found[1]


def test_env_example_names_all_that_compose_reads() -> None:
    known = (ROOT / ".env.example").read_text("utf-8")
    read = {name for file in FILES for name in re.findall(r"\$\{(\w+)", (ROOT / file).read_text("utf-8"))}
    assert [name for name in sorted(read) if f"{name}=" not in known] == []


def test_no_user_of_redis_may_what_is_dangerous() -> None:
    users = (ROOT / "queue" / "users.acl").read_text("utf-8")
    assert users.count("-@dangerous -@admin") == 3
    assert not re.search(r"\+(@all|allcommands|keys|flushall|flushdb|config|eval|scan|acl\s)\b", users)
    assert not re.search(r"[\s~]~?\*|allkeys|nopass", users), "no user has every key"
