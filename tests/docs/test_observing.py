"""The metrics that we export, held against the page, the dashboard and the alerts."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml  # pyright: ignore[reportMissingModuleSource]  # it has no types

from logs import PLACE
from settings import ROOT
from telemetry.call_watch import said_of
from telemetry.families import FAMILIES, OF_THE_API, OF_WORKERS, Family
from telemetry.place import Call
from telemetry.spans import of_run
from tests.docs.pages import code, rows, section, text_of
from vault.errors import VaultError

SAMPLES = {sample: family for family in FAMILIES for sample in family.samples}
DASHBOARD: dict[str, Any] = json.loads((ROOT / "docker/grafana/durable-steps.json").read_text(encoding="utf-8"))
RULES: list[dict[str, Any]] = yaml.safe_load((ROOT / "docker/alerts.yml").read_text(encoding="utf-8"))["groups"][0][
    "rules"
]
QUERIES = {
    **{f"panel {one['title']}": target["expr"] for one in DASHBOARD["panels"] for target in one.get("targets", [])},
    **{f"alert {rule['alert']}": rule["expr"] for rule in RULES},
}
_SELECTOR = re.compile(r"\b(durable_steps_\w+)(?:\{([^}]*)\})?")


def shown(family: Family) -> str:
    return f"{family.name}_total" if family.kind == "counter" else family.name


def test_the_page_has_every_metric_with_its_labels_and_no_other():
    tables = section(text_of("docs/observing.md"), "Metrics").partition("Of the API:")
    for table, families in ((tables[0], OF_WORKERS), (tables[2], OF_THE_API)):
        found = {code(row[0]): tuple(re.findall(r"`(\w+)`", row[1])) for row in rows(table)}
        own = [family for family in families if families is OF_WORKERS or family not in OF_WORKERS]
        assert found == {shown(family): family.labels for family in own}


def test_the_page_has_every_field_of_a_log_line():
    fields = [code(row[0]) for row in rows(section(text_of("docs/observing.md"), "Logs"))]
    assert fields == [*PLACE, "fields", "exception"]


def test_the_page_has_every_alert():
    table = section(text_of("docs/observing.md"), "The dashboard and the alerts")
    assert sorted(code(row[0]) for row in rows(table)) == sorted(rule["alert"] for rule in RULES)


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_asks_for_metrics_and_labels_that_are_exported(name: str):
    query = QUERIES[name]
    assert query.count("(") == query.count(")")
    assert query.count('"') % 2 == 0
    for sample, selector in _SELECTOR.findall(query):
        assert sample in SAMPLES, f"{sample} is not exported"
        labels = set(re.findall(r"(\w+)\s*=", selector))
        assert labels <= set(SAMPLES[sample].labels), f"{sample} has no such labels: {labels}"
    used = [SAMPLES[sample] for sample, _ in _SELECTOR.findall(query)]
    for grouped in re.findall(r"by \(([^)]*)\)", query):
        for label in (one.strip() for one in grouped.split(",")):
            assert not used or any(label in (*family.labels, "le") for family in used), f"nothing has {label}"


def test_the_dashboard_shows_every_metric():
    text = json.dumps(DASHBOARD)
    missing = [family.name for family in FAMILIES if not any(sample in text for sample in family.samples)]
    assert missing == []


def test_panels_have_ids_of_their_own_and_do_not_overlap():
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in panels for x in range(panel["gridPos"]["w"]) for y in range(panel["gridPos"]["h"])
    ]  # fmt: skip
    assert len(set(cells)) == len(cells)


def test_an_alert_about_the_vault_names_a_reason_that_there_is():
    reasons = {reason for rule in RULES for reason in re.findall(r'reason="([^"]+)"', rule["expr"])}

    def below(error: type[VaultError]) -> set[str]:
        return {error.type}.union(*map(below, error.__subclasses__()))

    assert reasons
    assert reasons <= below(VaultError)


def test_no_label_could_hold_what_comes_from_outside():
    labels = {label for family in FAMILIES for label in family.labels}
    assert labels == {
        "workflow", "trigger", "outcome", "step", "call", "provider", "method", "status", "state", "reason", "route",
        "check",
    }  # fmt: skip


def test_every_family_is_in_base_units_and_under_our_name():
    for family in FAMILIES:
        assert family.name.startswith("durable_steps_")
        assert family.name.endswith("_seconds") == (family.kind == "histogram")


def test_the_page_has_every_attribute_of_a_span():
    said = {**said_of(Call("fetch", 1)), **of_run(None, None, parent_branch=None, outcome=None)}
    ours = {name for name in said if name.startswith("durable_steps.")}
    table = "\n".join(" | ".join(row) for row in rows(section(text_of("docs/observing.md"), "Traces")))
    assert set(re.findall(r"`(durable_steps\.\w+)`", table)) == ours


def test_what_is_mounted_for_grafana_prometheus_and_tempo_fits_together():
    def read(name: str) -> dict[str, Any]:
        return yaml.safe_load((ROOT / "docker" / name).read_text(encoding="utf-8"))

    prometheus, tempo = read("prometheus.yml"), read("tempo.yml")
    assert prometheus["rule_files"] == ["alerts.yml"]
    jobs = {job["job_name"] for job in prometheus["scrape_configs"]}
    watched = next(rule["expr"] for rule in RULES if rule["alert"] == "ProcessGone")
    assert 'job=~"durable-steps-(api|worker)"' in watched
    assert jobs > {"durable-steps-api", "durable-steps-worker"}
    sources = {source["uid"]: source for source in read("grafana/datasources.yml")["datasources"]}
    (leads,) = sources["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]
    assert leads["datasourceUid"] in sources
    assert str(tempo["server"]["http_listen_port"]) in sources["tempo"]["url"]
    assert read("grafana/dashboards.yml")["providers"]
