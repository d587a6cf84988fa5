"""What schemathesis.toml cannot say: one request that is not made, headers that must fit, refusals that are no faults."""

import base64
import itertools
import os
import re
import uuid

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import RejectedPositiveData

KEY = os.environ["ROLLCALL_API_KEY"].removeprefix("rck_")
# shared/domain/src/access.rs: 16 bytes of the tenant's id, then 16 of the key's.
KEY_ID = uuid.UUID(bytes=base64.urlsafe_b64decode(KEY + "==")[16:32])
NUMBERS = itertools.count(1)


@schemathesis.hook
def filter_case(context, case):
    """The key of this run is not revoked: all answers would be 401 from there on. Any other key may be."""
    return not (case.method == "DELETE" and as_uuid((case.path_parameters or {}).get("id")) == KEY_ID)


@schemathesis.hook
def before_call(context, case, kwargs):
    headers = case.headers or {}
    # Generated keys are few and short: nearly all requests would be refused for the key of another one, unread.
    if re.fullmatch(r"[ -~]{1,200}", headers.get("Idempotency-Key") or ""):
        headers["Idempotency-Key"] += f" {next(NUMBERS)}"
    # Schemathesis 4.32.5 makes this header without regard to its pattern where it tries out bodies.
    if "If-Match" in headers and not is_fault_in_header(case):
        headers["If-Match"] = headers["If-Match"] if re.fullmatch(r'"[0-9]{1,15}"', headers["If-Match"]) else "*"


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """What the document cannot say of the parameters of lists, although they are 400."""
    if not isinstance(failure, RejectedPositiveData) or response.status_code != 400:
        return True
    faults = response.json()["error"]["details"].get("errors", [])
    return not (faults and all(is_beyond_the_document(fault) for fault in faults))


def is_beyond_the_document(fault):
    """Which texts are cursors (those of the answer before), and which parameters exclude each other."""
    return fault["field"] == "cursor" or fault["reason"].startswith("cannot be given together with ")


def is_fault_in_header(case):
    if case.meta is None or case.meta.generation.mode.is_positive:
        return False
    return getattr(case.meta.phase.data, "parameter_location", None) in (None, ParameterLocation.HEADER)


def as_uuid(value):
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return None
