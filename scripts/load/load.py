"""Measures the service under open-loop load: oha sends requests at a fixed rate, whether earlier ones were answered or not.

    load.py PROGRAM PLOT.svg REFERENCE PHOTO... [--seconds N] [--long N]

Starts PROGRAM with SQLite and photos on disk and registers REFERENCE. Measures its capacity with each photo in turn, then
sends 0.5, 1 and 3 times the capacity, and half of it beside 200 clients that send one byte a second. Prints Markdown and
writes the curves of the whole run to PLOT.svg.
"""

import argparse
import base64
import contextlib
import json
import os
import re
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

SLOW_SENDERS = 200
# Connections of oha: more than the service admits, so that no request waits for a connection.
CONNECTIONS = 600


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("plot")
    parser.add_argument("reference")
    parser.add_argument("photos", nargs="+")
    parser.add_argument("--seconds", type=int, default=60, help="duration of a step")
    parser.add_argument("--long", type=int, default=600, help="duration of the step with 3 times the capacity")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, service(arguments.program, folder) as (address, process):
        bodies = prepare(address, folder, arguments.reference, arguments.photos)
        monitor = Monitor(address, process.pid)
        monitor.start()
        capacity = closed_loop(address, bodies, arguments.seconds // 2)
        steps = []
        for factor, seconds in [(0.1, arguments.seconds), (0.5, arguments.seconds), (1, arguments.seconds), (3, arguments.long)]:
            steps.append(step(monitor, f"{factor:g} x capacity", address, bodies, factor * capacity, seconds))
        with slow_senders(address):
            name = f"0.5 x capacity, {SLOW_SENDERS} slow senders"
            steps.append(step(monitor, name, address, bodies, 0.5 * capacity, arguments.seconds))
        monitor.stop()
        print(table(capacity, steps))
        draw(monitor.samples, steps, arguments.plot)


@contextlib.contextmanager
def service(program, folder):
    """Starts the service on empty storage and yields its address and process."""
    settings = {
        "SERVER__BIND": "127.0.0.1:0",
        "DATABASE__URL": f"sqlite://{folder}/injeung.db",
        "OBJECTS__DIR": f"{folder}/objects",
        # No photo is classified; a key avoids loading the local model.
        "CLASSIFIER__CLARIFAI__KEY": "unused",
        # Every photo is sent many times, from one address.
        "RULES__REPLAY": "off",
        "HTTP__MAX_CONNECTIONS_PER_ADDRESS": "0",
        "LOG__FILTER": "error",
    }
    environment = {key: value for key, value in os.environ.items() if not key.startswith("INJEUNG")}
    environment |= {f"INJEUNG__{key}": value for key, value in settings.items()}
    run = lambda *words: subprocess.run([program, *words], check=True, env=environment, stdout=subprocess.DEVNULL)
    day = lambda offset: time.strftime("%Y-%m-%d", time.gmtime(time.time() + offset * 86400))
    window = ["--start-time", "00:00", "--end-time", "23:59:59", "--time-zone", "UTC"]
    run("group", "put", "1", "--start-date", day(-1), "--end-date", day(2), *window)
    run("participation", "put", "1", "--group", "1")
    process = subprocess.Popen([program, "serve"], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        address = process.stdout.readline().strip().removeprefix("listening on ")
        if not address:
            raise SystemExit("load: failed to start the service")
        yield address, process
    finally:
        process.terminate()
        process.wait()


def prepare(address, folder, reference, photos):
    """Registers the reference. Returns the file with a body a line, one for each photo."""
    encoded = lambda path: base64.b64encode(Path(path).read_bytes()).decode()
    body = json.dumps({"participation_id": 1, "std_img": encoded(reference)}).encode()
    headers = {"content-type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(f"{address}/std_img", body, headers)).close()
    lines = [json.dumps({"participation_id": 1, "feed_img": encoded(photo), "feed_content": ""}) for photo in photos]
    path = Path(folder, "bodies")
    path.write_text("\n".join(lines) + "\n")
    return path


def oha(address, bodies, *options):
    """Runs oha and returns its figures."""
    command = [
        *("oha", "--no-tui", "--output-format", "json", "--stats-success-breakdown"),
        *("-m", "POST", "-T", "application/json", "-Z", str(bodies), *options, f"{address}/img_feature"),
    ]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def closed_loop(address, bodies, seconds):
    """Requests a second that are accepted while four clients per core wait for each response."""
    clients = 4 * os.cpu_count()
    figures = oha(address, bodies, "-c", str(clients), "-z", f"{seconds}s")
    return figures["statusCodeDistribution"].get("200", 0) / figures["summary"]["total"]


def step(monitor, name, address, bodies, rate, seconds):
    """Sends `rate` requests a second and returns the figures of the step."""
    begin = time.monotonic()
    options = ["-c", str(CONNECTIONS), "-q", f"{rate:.2f}", "-z", f"{seconds}s", "--latency-correction"]
    figures = oha(address, bodies, *options, "--wait-ongoing-requests-after-deadline")
    end = time.monotonic()
    samples = [sample for sample in monitor.samples if begin <= sample["at"] <= end]
    statuses = {int(status): count for status, count in figures["statusCodeDistribution"].items()}
    accepted = figures["latencyPercentilesSuccessful"]
    return {
        "name": name,
        "begin": begin,
        "end": end,
        "rate": rate,
        "goodput": statuses.get(200, 0) / figures["summary"]["total"],
        "busy": statuses.get(503, 0),
        "other": sum(count for status, count in statuses.items() if status not in (200, 503)),
        "errors": sum(figures["errorDistribution"].values()),
        "percentiles": [accepted[name] for name in ("p50", "p95", "p99")],
        "rss": [samples[0]["rss"], samples[len(samples) // 2]["rss"], samples[-1]["rss"]] if samples else [0, 0, 0],
        "codes": {code: samples[-1]["codes"].get(code, 0) - samples[0]["codes"].get(code, 0) for code in samples[-1]["codes"]},
    }


class Monitor(threading.Thread):
    """Reads the counters and the memory of the service every second."""

    def __init__(self, address, pid):
        super().__init__(daemon=True)
        self.address, self.pid, self.samples, self.ended = address, pid, [], threading.Event()
        self.failure = None

    def run(self):
        try:
            while not self.ended.wait(1):
                self.samples.append(self.sample())
        except Exception as error:
            self.failure = error

    def sample(self):
        with urllib.request.urlopen(f"{self.address}/metrics") as reply:
            text = reply.read().decode()
        counted = re.findall(r'injeung_requests_total\{errcode="(\d*)",route="/img_feature",status="(\w+)"\} (\d+)', text)
        codes = {f"{status}/{errcode}": int(count) for errcode, status, count in counted}
        status = Path(f"/proc/{self.pid}/status").read_text()
        rss = int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024
        return {"at": time.monotonic(), "codes": codes, "rss": rss}

    def stop(self):
        self.ended.set()
        self.join()
        if self.failure:
            raise self.failure


@contextlib.contextmanager
def slow_senders(address):
    """Clients that announce a photo and send one byte a second. One that is disconnected comes again."""
    host, port = address.removeprefix("http://").split(":")
    head = b"POST /img_feature HTTP/1.1\r\nhost: injeung\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n"
    ended = threading.Event()

    def connect():
        client = socket.create_connection((host, int(port)))
        client.sendall(head)
        return client

    clients = [connect() for _ in range(SLOW_SENDERS)]

    def send():
        while not ended.wait(1):
            for at, client in enumerate(clients):
                try:
                    client.sendall(b" ")
                except OSError:
                    client.close()
                    clients[at] = connect()
        for client in clients:
            client.close()

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    time.sleep(2)
    try:
        yield
    finally:
        ended.set()
        thread.join()


def table(capacity, steps):
    """The figures as Markdown."""
    lines = [
        f"Capacity: {capacity:.1f} photos a second, with {4 * os.cpu_count()} clients that wait for each response.",
        "",
        "| load | offered /s | accepted /s | 503/110 | other statuses | errors of connections | accepted: p50, p95, p99 ms | RSS begin, middle, end MiB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in steps:
        others = {code: count for code, count in one["codes"].items() if count and code not in ("200/", "503/110")}
        times = ", ".join(f"{1000 * value:.0f}" for value in one["percentiles"])
        memory = ", ".join(f"{value:.0f}" for value in one["rss"])
        other = ", ".join(f"{count} of {code}" for code, count in others.items()) or one["other"]
        lines.append(
            f"| {one['name']} | {one['rate']:.1f} | {one['goodput']:.1f} | {one['busy']} | {other} | {one['errors']} | {times} | {memory} |"
        )
    return "\n".join(lines)


def draw(samples, steps, path):
    """Draws accepted and rejected photos a second, and the memory, over the whole run."""
    begin = samples[0]["at"]
    middle = [(one["at"] + other["at"]) / 2 - begin for one, other in zip(samples, samples[1:])]

    def rates(code):
        pairs = zip(samples, samples[1:])
        return [(b["codes"].get(code, 0) - a["codes"].get(code, 0)) / (b["at"] - a["at"]) for a, b in pairs]

    figure, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(10, 6))
    above.plot(middle, rates("503/110"), color="#c0392b", linewidth=1, label="rejected with 503/110")
    above.plot(middle, rates("200/"), color="#1e7b4f", linewidth=1, label="accepted")
    for one in steps:
        above.hlines(one["rate"], one["begin"] - begin, one["end"] - begin, color="#555", linestyle="--", linewidth=1)
        above.text(one["begin"] - begin, one["rate"], one["name"].replace(" x capacity", "x"), fontsize=7, va="bottom")
    above.set_ylabel("photos a second (offered: dashed)")
    above.legend(loc="upper left", fontsize=8)
    below.plot([one["at"] - begin for one in samples], [one["rss"] for one in samples], color="#2b5c9e", linewidth=1)
    below.set_ylim(bottom=0)
    below.set_ylabel("resident memory, MiB")
    below.set_xlabel("seconds")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
