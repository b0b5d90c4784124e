"""What somebody approved: a digest of one router as it was, and of what would be done to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from mailtrust.describe import describe
from mailtrust.model import Observed, Step
from mailtrust.redact import Redactor


def digest(observed: Observed, steps: Sequence[Step]) -> str:
    """64 hex digits over state and steps; equal only while neither the router nor the wish has moved.

    Passwords are left out: a digest of a short secret in a file would be a way to guess it.
    """
    redact = Redactor(()).redact
    plain = {
        "trustpoints": [
            [each.name, list(each.settings), [der.hex() for der in each.chain]] for each in observed.trustpoints
        ],
        "variables": [
            redact(f"event manager environment {each.name} {each.value.reveal()}") for each in observed.variables
        ],
        "applets": [[each.name, each.options, [redact(line) for line in each.lines]] for each in observed.applets],
        "policies": list(observed.policies),
        "steps": [[step.kind, step.target, redact(describe(step, observed))] for step in steps],
    }
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
