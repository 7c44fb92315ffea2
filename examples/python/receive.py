"""Receives webhooks, verifies each with the library of Standard Webhooks, and prints its type and data.

    python examples/python/receive.py PORT        # INJEUNG_WEBHOOK_SECRETS has the secrets, separated by spaces

Port 0 takes a free one. The first line of the output is the address.
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

verifiers = [Webhook(secret) for secret in os.environ["INJEUNG_WEBHOOK_SECRETS"].split()]
seen = set()


def verified(body, headers):
    """The message, if a secret fits its signature and its time is near; otherwise None."""
    for verifier in verifiers:
        try:
            return verifier.verify(body, headers)
        except WebhookVerificationError:
            continue
    return None


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        message = verified(body.decode(), headers)
        if message is None:
            print("rejected", headers.get("webhook-id"), flush=True)
        elif headers["webhook-id"] not in seen:
            # A real receiver keeps the ids and the effect of a message in one transaction.
            seen.add(headers["webhook-id"])
            print(message["type"], message["data"], flush=True)
        self.send_response(401 if message is None else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Requests are not logged."""


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
