"""Amazon's security token service, as far as it trusts one token: `sts.py CERTIFICATE KEY` prints its port and answers once."""

import http.server
import ssl
import sys
import urllib.parse

ANSWER = b"""<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAWEB</AccessKeyId>
<SecretAccessKey>s3cret</SecretAccessKey><SessionToken>of-web-identity</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>"""
ASKED = {
    "Action": "AssumeRoleWithWebIdentity",
    "RoleArn": "arn:aws:iam::123456789012:role/injeung",
    "WebIdentityToken": "a-token",
}


class Sts(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        # The parameters may come in the query or as a form.
        form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query + "&" + form))
        is_trusted = ASKED.items() <= asked.items()
        answer = ANSWER if is_trusted else b""
        self.send_response(200 if is_trusted else 403)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


server = http.server.HTTPServer(("127.0.0.1", 0), Sts)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(*sys.argv[1:])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.handle_request()
