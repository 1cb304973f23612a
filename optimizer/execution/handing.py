"""Set-points handed to another program, by its kind and its address."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from optimizer.config.farm import Farm
from optimizer.daily.document import SetPoints
from optimizer.errors import CurtailError
from optimizer.execution.credentials import Login
from optimizer.execution.fleets import posting, to_foreman, to_proto_fleet, to_webhook
from optimizer.execution.topics import publish, target_of
from optimizer.execution.wanted import wanted_at
from optimizer.files.outputs import write_text


def hand_over(kind: str, address: str, document: SetPoints, farm: Farm, login: Login, now: datetime) -> str:
    """Hand set-points over; what was done, in a sentence. Raises InputError, CurtailError."""
    wanted = wanted_at(document, now)
    if wanted is None:
        raise CurtailError("the set-points promise nothing any more: nothing is sent")
    if kind == "foreman":
        write_text(Path(address), to_foreman(document, farm))
        return f"commitments written to {address}"
    if kind == "mqtt":
        publish(address, login, document.text())
        return "published"
    if kind == "proto-fleet" and address.startswith("mqtt"):
        message = target_of(document, wanted)
        publish(address, login, message)
        return f"published {message}"
    post = posting(address, login.password.get_secret_value())
    return to_proto_fleet(document, wanted, farm, post) if kind == "proto-fleet" else to_webhook(document, post)
