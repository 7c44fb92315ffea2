"""Draws the first inputs of the fuzz targets into fuzz/corpus/. Needs Pillow, as scripts/eval/ does:

    var/eval/venv/bin/python fuzz/seeds.py

The stored features are written by a test: see crates/vision/src/fuzzing.rs.
"""

import base64
import hashlib
import hmac
import io
import json
import random
import struct
from pathlib import Path

from PIL import Image, ImageDraw

CORPUS = Path(__file__).parent / "corpus"


def write(target, name, content):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    content = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(content)


def scene(width, height):
    """Rectangles and lines of random colours, with enough corners for points."""
    chance = random.Random(7)
    picture = Image.new("RGB", (width, height), (200, 190, 170))
    draw = ImageDraw.Draw(picture)
    for _ in range(60):
        x, y = chance.randrange(width), chance.randrange(height)
        colour = tuple(chance.randrange(256) for _ in range(3))
        draw.rectangle((x, y, x + chance.randrange(4, 40), y + chance.randrange(4, 30)), colour)
    return picture


def encoded(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def exif(order, entries):
    """A TIFF block with one directory: tag to text or to a number of 16 bits."""
    data = b""
    directory = struct.pack(order + "H", len(entries))
    start = 8 + 2 + 12 * len(entries) + 4
    for tag, value in sorted(entries.items()):
        if isinstance(value, int):
            directory += struct.pack(order + "HHIHH", tag, 3, 1, value, 0)
        else:
            text = value.encode() + b"\0"
            directory += struct.pack(order + "HHII", tag, 2, len(text), start + len(data))
            data += text
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(order + "I", 8) + directory + bytes(4) + data


EXIFS = {
    "turned": exif("<", {0x0112: 6}),
    "phone": exif(
        ">", {0x010F: "Maker", 0x0110: "S-1", 0x0112: 1, 0x0131: "GIMP 2.10", 0x0132: "2026:11:28 09:00:00"}
    ),
    "times": exif("<", {0x9003: "2026:11:28 09:00:00", 0x9011: "+09:00", 0x0112: 8}),
}


def photos():
    small = scene(64, 48)
    turned = b"Exif\0\0" + EXIFS["turned"]
    baseline = encoded(small, "JPEG", quality=60)
    return {
        "baseline.jpg": baseline,
        "turned.jpg": encoded(small, "JPEG", quality=60, exif=turned),
        "full.jpg": encoded(small, "JPEG", quality=60, subsampling=0),
        "progressive.jpg": encoded(small, "JPEG", quality=60, progressive=True),
        "restarts.jpg": encoded(small, "JPEG", quality=60, restart_marker_blocks=2),
        "grey.jpg": encoded(small.convert("L"), "JPEG", quality=60),
        "cmyk.jpg": encoded(small.convert("CMYK"), "JPEG", quality=60),
        "comment.jpg": encoded(small, "JPEG", quality=60, comment=b"a comment"),
        "trailer.jpg": baseline + b"another picture",
        "unmarked.jpg": baseline[:-2] + b"\xff\xe5\0\x06camera data",
        "extraneous.jpg": baseline[:-2] + b"\0\0\0" + baseline[-2:],
        "rgb.png": encoded(small, "PNG"),
        "rgba.png": encoded(small.convert("RGBA"), "PNG"),
        "palette.png": encoded(small.convert("P"), "PNG"),
        "grey16.png": encoded(small.convert("I;16"), "PNG"),
        "bits.png": encoded(small.convert("1"), "PNG"),
        "turned.png": encoded(small, "PNG", exif=turned),
        "lossy.webp": encoded(small, "WEBP", quality=40),
        "lossless.webp": encoded(small.quantize(16).convert("RGB"), "WEBP", lossless=True),
        "alpha.webp": encoded(small.convert("RGBA"), "WEBP", quality=40, exif=turned),
    }


def bodies():
    photo = encoded(scene(16, 16), "JPEG", quality=20)
    text = base64.b64encode(photo).decode()
    call = {"participation_id": "12", "feed_img": text, "feed_content": "오늘도 인증", "classification_keyword": "커피"}
    write("json", "reference", json.dumps({"participation_id": 12.0, "std_img": text}))
    write("json", "classification", json.dumps(call))
    write("json", "escapes", json.dumps(call, ensure_ascii=True).replace("/", "\\/"))
    write("json", "wrong", '{"participation_id":[],"std_img":null,"std_img":1e400}')
    write("base64", "text", text)
    write("base64", "url", "data:image/jpeg;base64," + base64.urlsafe_b64encode(photo).decode().rstrip("="))
    write("base64", "lines", base64.encodebytes(photo).decode())
    write("base64", "bytes", photo[:40])
    line = b"\r\n"
    parts = [
        b'Content-Disposition: form-data; name="participation_id"' + line * 2 + b"12",
        b'Content-Disposition: form-data; name="feed_img"; filename="a.jpg"' + line + b"Content-Type: image/jpeg" + line * 2 + photo,
        b'Content-Disposition: form-data; name="std_img"' + line * 2 + text.encode(),
        b'Content-Disposition: form-data; name="feed_content"' + line + b"Content-Type: text/plain; charset=utf-8" + line * 2 + "오늘".encode(),
        b'Content-Disposition: form-data; name="classification_keyword"; filename*=UTF-8\'\'k.txt' + line * 2 + "커피".encode(),
    ]
    form = b"".join(b"--x" + line + part + line for part in parts) + b"--x--" + line
    write("form", "all", b"multipart/form-data; boundary=x\n" + form)
    write("form", "quoted", b'multipart/form-data ;; charset="a;b" ; boundary="x"\n' + form[: len(form) // 2])
    write("form", "json", b"application/problem+json\n{}")


def credentials():
    def part(value):
        text = json.dumps(value, separators=(",", ":")).encode() if isinstance(value, dict) else value
        return base64.urlsafe_b64encode(text).decode().rstrip("=")

    def token(header, claims):
        signed = f"{part(header)}.{part(claims)}"
        key = b"a secret of the fuzz targets, 32+"
        return f"{signed}.{part(hmac.new(key, signed.encode(), hashlib.sha256).digest())}"

    claims = {"sub": "user-1", "exp": 4102444800, "nbf": 0, "iat": 0, "iss": "i", "aud": ["a"]}
    write("token", "claims", json.dumps(claims))
    write("token", "doubled", '{"sub":"a","sub":"b","exp":4102444800.5}')
    write("token", "bearer", "Bearer " + token({"alg": "HS256", "typ": "JWT"}, {"sub": "u", "exp": 4102444800}))
    write("token", "none", "bearer " + token({"alg": "none", "kid": "k", "crit": ["b64"]}, claims))
    write("token", "key", "Bearer injeung_0123456789abcdef_" + "a" * 43)
    octets = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    keys = [
        {"kty": "OKP", "crv": "Ed25519", "x": octets, "kid": "k", "use": "sig", "alg": "EdDSA"},
        {"kty": "EC", "crv": "P-256", "x": octets, "y": octets, "kid": "e"},
        {"kty": "RSA", "n": base64.urlsafe_b64encode(b"\xff" * 256).decode().rstrip("="), "e": "AQAB", "kid": "r"},
        {"kty": "oct", "k": octets, "kid": "o", "key_ops": ["verify"]},
    ]
    for key in keys:
        write("key_set", key["kty"], json.dumps({"keys": [key]}))
    write("key_set", "all", json.dumps({"keys": keys}))


def replies():
    good = {"code": 10000, "description": "Ok"}
    concepts = [{"id": "a", "name": "기차", "value": 0.99}, {"name": "철도"}]
    answer = {"status": good, "outputs": [{"status": good, "data": {"concepts": concepts}}]}
    write("clarifai", "concepts", json.dumps(answer))
    write("clarifai", "mixed", json.dumps({**answer, "status": {"code": "10010", "description": "Mixed"}}))
    write("clarifai", "throttled", '{"status":{"code":"CONN_THROTTLED","description":"x"}}')
    write("clarifai", "picture", '{"status":{"code":10020},"outputs":[{"status":{"code":30104}}]}')

    def chat(content, **more):
        message = {"role": "assistant", "content": content}
        choice = {"index": 0, "finish_reason": "stop", "message": message, **more}
        return json.dumps({"choices": [choice], "usage": {"prompt_tokens": 1, "completion_tokens": 2}})

    write("chat", "yes", chat('{"shows":"yes","confidence":0.93}'))
    write("chat", "prose", chat('<think>hm {</think>Sure: ```json\n{"shows":false,"confidence":1}\n``` {"a":[1]}'))
    write("chat", "parts", chat([{"type": "text", "text": '{"shows":"unsure","confidence":0}'}, {"refusal": "no"}]))
    write("chat", "filter", chat(None, finish_reason="content_filter"))
    write("chat", "error", '[{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}]')
    write("chat", "policy", '{"error":{"code":"content_filter","type":null,"message":"m"}}')


def configuration():
    defaults = (CORPUS.parent.parent / "config/default.toml").read_text().splitlines()
    lines = [line for line in defaults if line and not line.startswith("#")]
    write("configuration", "defaults", "\n".join(lines))
    write("configuration", "empty", "")
    write("configuration", "unknown", '[server]\nbind = "0.0.0.0:0"\nbnid = 1\n[http]\nenvelope = "bare"\n')
    write("configuration", "environment", "\0INJEUNG__SERVER__BIND=[::1]:80\nINJEUNG__RULES__ONCE_PER_DAY=true\n")
    write("configuration", "contradictions", '[photos]\nmin_side = 4096\nmax_pixels = 10000\n[auth.token]\nalgorithm = "HS256"\n')
    write("configuration", "webhooks", '[webhooks]\nurl = "https://10.0.0.1/a"\nsecrets = "whsec_x"\npauses_s = "1 2"\n')


for name, content in photos().items():
    write("photo", name, content)
    write("decoding", name, content)
write("decoding", "scene.jpg", encoded(scene(200, 150), "JPEG", quality=70))
for name, block in EXIFS.items():
    write("exif", name, block)
bodies()
credentials()
replies()
configuration()
