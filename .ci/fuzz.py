"""Keeps the run going: its own key is not ended, and new keys are not all refused."""

import os

import requests
import schemathesis

# The key of the run is the first key of the installation.
OWN_KEY = "1"
MISSING_KEY = "987654321"


def name_of(case):
    return case.operation.definition.raw.get("operationId")


@schemathesis.hook
def before_call(context, case, kwargs):
    """Prevents the run from revoking its own key."""
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
