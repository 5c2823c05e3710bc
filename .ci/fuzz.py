"""Keeps the run going: its own key is not ended, and new keys are not all refused."""

import json
import os

import requests
import schemathesis
from schemathesis.core import NotSet

# The key of the run is the first key of the installation.
OWN_KEY = "1"
MISSING_KEY = "987654321"


def name_of(case):
    return case.operation.definition.raw.get("operationId")


@schemathesis.serializer("application/x-ndjson")
def json_lines(context, value):
    """A file of one line."""
    return json.dumps(value).encode()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Prevents the run from revoking its own key, and from waiting half a minute for work."""
    if name_of(case) == "claim_run":
        if isinstance(case.body, NotSet):
            case.body, case.media_type = {}, "application/json"
        # Without a number, the server waits as long as it can.
        if isinstance(case.body, dict) and case.body.get("wait_seconds") in (None, *range(1, 31)):
            case.body["wait_seconds"] = 0
    revokes = name_of(case) in ("revoke_key", "rotate_key")
    if revokes and str((case.path_parameters or {}).get("key_id", "")).strip() == OWN_KEY:
        case.path_parameters["key_id"] = MISSING_KEY


@schemathesis.hook
def after_call(context, case, response):
    """A longest lifetime that stays would refuse nearly every key that is asked for later."""
    if name_of(case) == "change_organization" and response.status_code == 200:
        answer = response.json()
        if answer.get("max_key_days") is not None:
            headers = {"X-API-Key": os.environ["FUZZ_KEY"]}
            requests.patch(response.request.url, json={"max_key_days": None}, headers=headers, timeout=10).raise_for_status()
