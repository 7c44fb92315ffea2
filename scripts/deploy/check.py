"""Checks deploy/ beyond schemas: `check.py PROJECT` prints problems and exits with 1 if there are any."""

import re
import sys
import tomllib
from pathlib import Path

import yaml

# Default connections of Postgres: 100, minus 3 reserved for superusers.
POSTGRES_CONNECTIONS = 97


def main() -> int:
    project = Path(sys.argv[1])
    deploy = project / "deploy"
    defaults = tomllib.loads((project / "config/default.toml").read_text(encoding="utf-8"))
    dockerfile = (deploy / "Dockerfile").read_text(encoding="utf-8")
    compose = yaml.safe_load((deploy / "compose.yaml").read_text(encoding="utf-8"))
    kustomization = yaml.safe_load((deploy / "kubernetes/kustomization.yaml").read_text(encoding="utf-8"))
    manifests = {
        path.name: yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted((deploy / "kubernetes").glob("*.yaml"))
        if path.name != "kustomization.yaml"
    }
    problems = [
        *unknown_keys(deploy, defaults),
        *unpinned_images(dockerfile, compose, kustomization),
        *strange_versions(project, dockerfile, compose, kustomization),
        *loose_ends(deploy / "kubernetes", kustomization, manifests),
        *short_graces(defaults, compose, manifests),
        *open_services(dockerfile),
        *too_many_connections(defaults, manifests),
        *lost_shards(manifests["reextract.yaml"]["spec"]),
    ]
    print(*(f"deploy: {problem}" for problem in problems), sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


def unknown_keys(deploy: Path, defaults: dict):
    """Yields variables that are unknown keys, which prevent the start."""
    known = {f"INJEUNG__{key}" for key in _variables(defaults)}
    for path in sorted(path for path in deploy.rglob("*") if path.is_file()):
        for variable in re.findall(r"\bINJEUNG__\w+", path.read_text(encoding="utf-8")):
            if variable not in known:
                yield f"{path.name}: {variable} is not a key of config/default.toml"


def _variables(table: dict):
    for key, value in table.items():
        if isinstance(value, dict):
            yield from (f"{key.upper()}__{below}" for below in _variables(value))
        else:
            yield key.upper()


def open_services(dockerfile: str):
    """Yields an image that listens to other machines without authentication, which does not start."""
    if "INJEUNG__AUTH__REQUIRED=true" not in dockerfile:
        yield "Dockerfile: INJEUNG__AUTH__REQUIRED is not true"


def unpinned_images(dockerfile: str, compose: dict, kustomization: dict):
    """Yields images without a fixed tag."""
    images = re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    images += [service["image"] for service in compose["services"].values()]
    images += [f"{image['newName']}:{image.get('newTag', '')}" for image in kustomization["images"]]
    for image in images:
        tag = image.rpartition("/")[2].partition(":")[2]
        if tag in ("", "latest"):
            yield f"image {image} has no fixed tag"


def strange_versions(project: Path, dockerfile: str, compose: dict, kustomization: dict):
    """Yields versions that differ between files."""
    toolchain = tomllib.loads((project / "rust-toolchain.toml").read_text(encoding="utf-8"))["toolchain"]["channel"]
    if f"FROM rust:{toolchain}-" not in dockerfile:
        yield f"the Dockerfile does not build with Rust {toolchain} of rust-toolchain.toml"
    version = tomllib.loads((project / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]["version"]
    tags = {service["image"] for service in compose["services"].values() if "build" in service}
    tags |= {f"{image['name']}:{image['newTag']}" for image in kustomization["images"] if "newTag" in image}
    if tags != {f"injeung:{version}"}:
        yield f"the version is {version}, the images are {', '.join(sorted(tags))}"
    requirements = (project / "scripts/moto/requirements.txt").read_text(encoding="utf-8")
    moto = re.search(r"^moto==(\S+)$", requirements, re.MULTILINE).group(1)
    for name, service in compose["services"].items():
        image, _, tag = service["image"].partition(":")
        if image == "motoserver/moto" and tag != moto:
            yield f"compose.yaml: {name} is moto {tag}; the tests use {moto}"


def loose_ends(folder: Path, kustomization: dict, manifests: dict):
    """Yields references to missing resources, and files that are not applied."""
    for name in sorted(set(kustomization["resources"]) ^ set(manifests)):
        yield f"kustomization.yaml and the folder differ in {name}"
    maps = {}
    for generated in kustomization["configMapGenerator"]:
        maps[generated["name"]] = generated["envs"]
        yield from (f"{file} is missing" for file in generated["envs"] if not (folder / file).is_file())
    accounts = {m["metadata"]["name"] for m in manifests.values() if m["kind"] == "ServiceAccount"}
    deployments = {m["metadata"]["name"]: m for m in manifests.values() if m["kind"] == "Deployment"}
    images = {image["name"] for image in kustomization["images"]}
    for file, manifest in manifests.items():
        spec = manifest.get("spec", {})
        labels = spec.get("template", {}).get("metadata", {}).get("labels", {})
        pod = spec.get("template", {}).get("spec")
        if pod:
            containers = pod["containers"]
            account = pod.get("serviceAccountName", "default")
            if account not in accounts | {"default"}:
                yield f"{file}: service account {account} does not exist"
            for source in (source for container in containers for source in container.get("envFrom", [])):
                if source["configMapRef"]["name"] not in maps:
                    yield f"{file}: config map {source['configMapRef']['name']} does not exist"
            for image in (container["image"] for container in containers):
                if image not in images:
                    yield f"{file}: kustomization.yaml gives the image {image} no tag"
        if manifest["kind"] == "Deployment" and not spec["selector"]["matchLabels"].items() <= labels.items():
            yield f"{file}: the selector does not match its replicas"
        if manifest["kind"] == "HorizontalPodAutoscaler" and spec["scaleTargetRef"]["name"] not in deployments:
            yield f"{file}: deployment {spec['scaleTargetRef']['name']} does not exist"
        if manifest["kind"] in ("Service", "PodDisruptionBudget"):
            selector = spec["selector"].get("matchLabels", spec["selector"])
            replicas = [d["spec"]["template"]["metadata"]["labels"] for d in deployments.values()]
            if not any(selector.items() <= labels.items() for labels in replicas):
                yield f"{file}: the selector matches no replica"


def short_graces(defaults: dict, compose: dict, manifests: dict):
    """Yields grace periods shorter than a shutdown."""
    shutdown = defaults["server"]["shutdown_timeout_s"]
    pod = manifests["deployment.yaml"]["spec"]["template"]["spec"]
    pause = int(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    if pod["terminationGracePeriodSeconds"] <= pause + shutdown:
        yield f"deployment.yaml: the grace period must be longer than {pause} + {shutdown} seconds"
    if int(compose["services"]["injeung"]["stop_grace_period"].removesuffix("s")) <= shutdown:
        yield f"compose.yaml: the grace period must be longer than {shutdown} seconds"


def too_many_connections(defaults: dict, manifests: dict):
    """Yields a maximum of replicas with more connections, with a rollout, a migration and a re-extraction, than Postgres allows."""
    replicas = manifests["scaler.yaml"]["spec"]["maxReplicas"] + 1
    job = manifests["reextract.yaml"]["spec"]
    container = job["template"]["spec"]["containers"][0]
    (of_job,) = (int(v["value"]) for v in container["env"] if v["name"] == "INJEUNG__DATABASE__MAX_CONNECTIONS")
    connections = replicas * defaults["database"]["max_connections"] + 2 + job["parallelism"] * of_job
    if connections > POSTGRES_CONNECTIONS:
        yield f"scaler.yaml: {connections} connections are more than {POSTGRES_CONNECTIONS}"


def lost_shards(job: dict):
    """Yields a number of shards that differs from the number of pods that work on them."""
    shards = job["template"]["spec"]["containers"][0]["args"][-1].rpartition("/")[2]
    if int(shards) != job["completions"]:
        yield f"reextract.yaml: {job['completions']} pods work on {shards} shards"


if __name__ == "__main__":
    sys.exit(main())
