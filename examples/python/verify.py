"""Registers a reference photo, verifies a matching photo, and checks that another photo is rejected.

    openapi-python-client generate --path docs/openapi.json --config examples/python/client.yaml \
        --output-path examples/python/generated
    python examples/python/verify.py ADDRESS REFERENCE MATCHING OTHER
"""

import sys
import uuid
from pathlib import Path

from generated.injeung_client import Client
from generated.injeung_client.api.calls import register_reference, verify_feature
from generated.injeung_client.models import (
    RegisterReferenceFilesBody,
    VerifyFeatureFilesBody,
)
from generated.injeung_client.types import File


def main():
    """Runs the calls and exits with 1 if a response is not the expected one."""
    address, reference, matching, other = sys.argv[1:]
    # With `auth.required`, use AuthenticatedClient(base_url=address, token="...").
    client = Client(base_url=address)
    registered = register_reference.sync_detailed(
        client=client,
        body=RegisterReferenceFilesBody(participation_id=1, std_img=file(reference)),
        idempotency_key=str(uuid.uuid4()),
    )
    expect(registered.status_code, 200, registered)
    for photo, status, errcode in [(matching, 200, None), (other, 400, 4)]:
        verified = verify_feature.sync_detailed(
            client=client,
            body=VerifyFeatureFilesBody(participation_id=1, feed_img=file(photo), feed_content="Python"),
            idempotency_key=str(uuid.uuid4()),
        )
        expect(verified.status_code, status, verified)
        print(verified.parsed.data.message)
        if errcode is not None:
            expect(verified.parsed.data.errcode, errcode, verified)


def file(path):
    """Returns a file for the form."""
    return File(payload=Path(path).open("rb"), file_name="photo.jpg", mime_type="image/jpeg")


def expect(found, wanted, response):
    """Exits if a value is another one."""
    if found != wanted:
        raise SystemExit(f"expected {wanted}, found {found}: {response}")


if __name__ == "__main__":
    main()
