"""Compares deploy/monitoring with the metrics that a running service exports.

    monitoring.py METRICS PROJECT       # the text of GET /metrics, and the folder of the project

Prints problems and exits with 1 if there are any: a metric, label or value of one that an alert or the dashboard uses and the
service does not export, a metric that the dashboard does not show, an alert without a section in docs/operations.md.
"""

import json
import re
import sys
from pathlib import Path

import promql_parser as promql
import yaml
from prometheus_client.parser import text_string_to_metric_families

# Labels that Prometheus adds.
TARGET = {"instance", "job"}
# Variables of Grafana in durations and in matchers.
VARIABLES = {"$__rate_interval": "5m", "$instance": ".*"}


def main() -> int:
    exported = {}
    for family in text_string_to_metric_families(Path(sys.argv[1]).read_text(encoding="utf-8")):
        for sample in family.samples:
            labels = exported.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    project = Path(sys.argv[2])
    folder = project / "deploy/monitoring"
    alerts = yaml.safe_load((folder / "alerts.yaml").read_text(encoding="utf-8"))
    dashboard = json.loads((folder / "dashboard.json").read_text(encoding="utf-8"))
    rules = [rule for group in alerts["groups"] for rule in group["rules"]]
    shown = [(panel["title"], target["expr"]) for panel in dashboard["panels"] for target in panel.get("targets", [])]
    alerted = [(rule["alert"], rule["expr"]) for rule in rules]
    problems = [
        *(problem for name, expr in shown + alerted for problem in unknown(name, expr, exported)),
        *hidden(exported, shown),
        *unexplained(rules, (project / "docs/operations.md").read_text(encoding="utf-8")),
    ]
    print(*(f"monitoring: {problem}" for problem in problems), sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


def parsed(expr: str):
    for variable, value in VARIABLES.items():
        expr = expr.replace(variable, value)
    return promql.parse(expr)


def selectors(node):
    """Yields the metric and the matchers of each selector below a node."""
    if isinstance(node, promql.VectorSelector):
        yield node.name, node.matchers.matchers
        return
    for name in ("expr", "lhs", "rhs", "vector_selector", "args"):
        below = getattr(node, name, None)
        for child in below if isinstance(below, list) else [below]:
            if child is not None:
                yield from selectors(child)


def values(matcher):
    """The patterns of the values that a matcher wants, each of which the service must export."""
    text = matcher.value
    if str(matcher.op) in ("MatchOp.Equal", "="):
        return [re.escape(text)]
    return text.split("|")


def unknown(name: str, expr: str, exported: dict):
    """Yields metrics and labels of an expression that the service does not export."""
    groupings = {label for labels in re.findall(r"by \(([\w, ]+)\)", expr) for label in re.split(r",\s*", labels)}
    labels_of_all = set()
    for metric, matchers in selectors(parsed(expr)):
        if metric not in exported:
            yield f"{name}: {metric} is not exported"
            continue
        labels_of_all |= set(exported[metric])
        for matcher in matchers:
            if matcher.name in TARGET or matcher.value == ".*":
                continue
            found = exported[metric].get(matcher.name, set())
            for value in values(matcher):
                if not any(re.fullmatch(value, one) for one in found):
                    yield f"{name}: {metric} has no {matcher.name} {value}"
    if missing := groupings - labels_of_all - TARGET:
        yield f"{name}: no metric has the label {', '.join(sorted(missing))}"


def hidden(exported: dict, shown: list):
    """Yields exported metrics that no panel shows."""
    names = {metric for _, expr in shown for metric, _ in selectors(parsed(expr))}
    for metric in sorted(exported):
        family = re.sub(r"_(bucket|sum|count)$", "_bucket", metric)
        if metric not in names and family not in names:
            yield f"the dashboard does not show {metric}"


def unexplained(rules: list, runbook: str):
    """Yields alerts without a section."""
    for rule in rules:
        if f"\n### {rule['alert']}\n" not in runbook:
            yield f"docs/operations.md has no section {rule['alert']}"


if __name__ == "__main__":
    sys.exit(main())
