"""Measures the CPU time and memory of whole requests, from the body to the verdict.

    requests.py PROGRAM [--runs N] [--checks N,M] NAME=REFERENCE,PHOTO...

Starts the service with one worker, SQLite and photos on disk, registers each REFERENCE, and sends each PHOTO
`--runs` times. Prints a line per name: name, HTTP status, mean CPU time per request in milliseconds. Then sends the
first photo until each count of `--checks` is reached, and prints `rss`, the count and the resident memory in KiB.
"""

import argparse
import base64
import glob
import json
import os
import subprocess
import tempfile
import time
import urllib.error
import urllib.request


def main():
    """Parses the command line and measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("pairs", nargs="+")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--checks", default="1000,10000")
    arguments = parser.parse_args()
    checks = sorted(int(count) for count in arguments.checks.split(",") if count)
    with tempfile.TemporaryDirectory() as folder:
        measure(os.path.abspath(arguments.program), arguments.pairs, arguments.runs, checks, folder)


def measure(program, pairs, runs, checks, folder):
    """Starts the service on empty storage in `folder` and prints the figures."""
    settings = {
        "SERVER__BIND": "127.0.0.1:0",
        "SERVER__WORKERS": "1",
        "VISION__WORKERS": "1",
        "DATABASE__URL": f"sqlite://{folder}/injeung.db",
        "OBJECTS__DIR": f"{folder}/objects",
        # No photo is classified; a key avoids loading the local model.
        "CLASSIFIER__CLARIFAI__KEY": "unused",
        "LOG__FILTER": "error",
    }
    environment = {key: value for key, value in os.environ.items() if not key.startswith("INJEUNG")}
    environment |= {f"INJEUNG__{key}": value for key, value in settings.items()}
    run = lambda *words: subprocess.run([program, *words], check=True, env=environment, stdout=subprocess.DEVNULL)
    run("migrate")
    day = lambda offset: time.strftime("%Y-%m-%d", time.gmtime(time.time() + offset * 86400))
    for id_ in range(1, len(pairs) + 1):
        window = ["--start-time", "00:00", "--end-time", "23:59:59", "--time-zone", "UTC"]
        run("group", "put", str(id_), "--start-date", day(-1), "--end-date", day(2), *window)
        run("participation", "put", str(id_), "--group", str(id_))
    service = subprocess.Popen([program, "serve"], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        address = service.stdout.readline().strip().removeprefix("listening on ")
        if not address:
            raise SystemExit("bench: failed to start the service")
        bodies = [register(address, id_, pair) for id_, pair in enumerate(pairs, 1)]
        sent = 0
        for name, body in bodies:
            before = processor_ms(service.pid)
            statuses = {post(address, "img_feature", body) for _ in range(runs)}
            cost = (processor_ms(service.pid) - before) / runs
            sent += runs
            status = "/".join(str(status) for status in sorted(statuses))
            print(f"{name}\t{status}\t{cost:.1f}", flush=True)
        for count in checks:
            while sent < count:
                post(address, "img_feature", bodies[0][1])
                sent += 1
            print(f"rss\t{sent}\t{resident_kib(service.pid)}", flush=True)
    finally:
        service.terminate()
        service.wait()


def register(address, id_, pair):
    """Registers the reference. Returns the name and the body of the photo's request."""
    name, files = pair.split("=", 1)
    reference, photo = (encoded(file) for file in files.split(","))
    status = post(address, "std_img", body(participation_id=id_, std_img=reference))
    if status != 200:
        raise SystemExit(f"bench: {name}: failed to register the reference: status {status}")
    return name, body(participation_id=id_, feed_img=photo, feed_content="bench")


def encoded(file):
    """Returns a file in base64."""
    with open(file, "rb") as opened:
        return base64.b64encode(opened.read()).decode()


def body(**fields):
    """Returns the fields as JSON."""
    return json.dumps(fields).encode()


def post(address, call, data):
    """Sends a request and returns its HTTP status."""
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{address}/{call}", data, headers)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def processes(pid):
    """Returns the ids of a process and of its children, which decode photos."""
    children = []
    for file in glob.glob(f"/proc/{pid}/task/*/children"):
        with open(file, encoding="ascii") as opened:
            children += opened.read().split()
    return [pid, *children]


def processor_ms(pid):
    """Returns the CPU time of all threads of a process and its children, ended ones included, in milliseconds."""
    total = 0
    for process in processes(pid):
        with open(f"/proc/{process}/stat", encoding="ascii") as file:
            total += sum(int(field) for field in file.read().rsplit(") ", 1)[1].split()[11:15])
    return total * 1000 / os.sysconf("SC_CLK_TCK")


def resident_kib(pid):
    """Returns the resident memory of a process and its children, in KiB. Shared pages count in proportion."""
    total = 0
    for process in processes(pid):
        with open(f"/proc/{process}/smaps_rollup", encoding="ascii") as file:
            total += sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    return total


if __name__ == "__main__":
    main()
