"""Checks the Dockerfile: `dockerfile.py PROJECT` prints problems and exits with 1 if there are any."""

import json
import sys
from pathlib import Path

from dockerfile_parse import DockerfileParser

# https://docs.docker.com/reference/dockerfile/
INSTRUCTIONS = (
    "ADD ARG CMD COMMENT COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL ONBUILD RUN SHELL "
    "STOPSIGNAL USER VOLUME WORKDIR"
).split()


def main() -> int:
    project = Path(sys.argv[1])
    with (project / "deploy/Dockerfile").open("rb") as file:
        structure = DockerfileParser(fileobj=file).structure
    instructions = [(line["instruction"], line["value"]) for line in structure]
    problems = [
        *(f"{name} is not an instruction" for name, _ in instructions if name not in INSTRUCTIONS),
        *strange_sources(project, instructions),
        *root(instructions),
        *shells(instructions),
    ]
    print(*(f"deploy/Dockerfile: {problem}" for problem in problems), sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


def strange_sources(project: Path, instructions):
    """Yields copies of missing sources."""
    stages = set()
    for name, value in instructions:
        words = value.split()
        if name == "FROM" and "AS" in words:
            stages.add(words[-1])
        if name != "COPY":
            continue
        stage = [word.removeprefix("--from=") for word in words if word.startswith("--from=")]
        if stage:
            if stage[0] not in stages:
                yield f"`COPY {value}` uses the unknown stage {stage[0]}"
            continue
        for source in words[:-1]:
            if not (project / source).exists():
                yield f"source {source} does not exist"


def root(instructions):
    """Yields a user that is root or not numeric, which Kubernetes cannot verify."""
    last = max(index for index, (name, _) in enumerate(instructions) if name == "FROM")
    users = [value for name, value in instructions[last:] if name == "USER"]
    user = users[-1].split(":")[0] if users else "root"
    if not user.isdigit() or user == "0":
        yield f"the service runs as {user}"


def shells(instructions):
    """Yields commands in shell form, in which the service gets no signals."""
    for name, value in instructions:
        if name in ("ENTRYPOINT", "CMD"):
            try:
                json.loads(value)
            except ValueError:
                yield f"`{name} {value}` is run by a shell"


if __name__ == "__main__":
    sys.exit(main())
