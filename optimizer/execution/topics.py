"""A text put on a topic of an MQTT broker, where whoever comes later still finds it (extra `signals`)."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlsplit

from optimizer.daily.document import SetPoints
from optimizer.errors import CurtailError, InputError
from optimizer.execution.credentials import Login
from optimizer.execution.wanted import Wanted

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_TIMEOUT_S = 8.0


def target_of(document: SetPoints, wanted: Wanted) -> str:
    """Proto Fleet's message for a topic: 0 curtails all, 100 releases all. Raises CurtailError for what is between."""
    running = sum(wanted.running(group) for group in wanted.counts)
    off = any(reason for reason in wanted.why.values())
    if running and off:
        raise CurtailError("a topic of Proto Fleet knows all machines or none; hand set-points to its service")
    return json.dumps({"target": 0 if not running else 100, "timestamp": int(document.made_at.timestamp())})


def publish(address: str, login: Login, text: str) -> None:
    """Put a text on the topic at ``mqtts://host/topic``, kept by the broker. Raises InputError, CurtailError."""
    parts = urlsplit(address)
    topic = parts.path.strip("/")
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None or not topic or "#" in address:
        raise InputError("the address must be as mqtts://broker.example/site/setpoints, with no user and password")
    try:
        import aiomqtt
    except ImportError:
        raise InputError("MQTT needs more packages: pip install 'curtail[signals]'") from None
    tls = aiomqtt.TLSParameters() if parts.scheme == "mqtts" else None
    secret = login.password.get_secret_value() or None

    async def whole() -> None:
        async with (
            asyncio.timeout(_TIMEOUT_S),
            aiomqtt.Client(
                str(parts.hostname),
                parts.port or _PORTS[parts.scheme],
                username=login.user,
                password=secret,
                tls_params=tls,
            ) as broker,
        ):
            await broker.publish(topic, text, qos=1, retain=True)

    try:
        asyncio.run(whole())
    except (aiomqtt.MqttError, OSError, TimeoutError) as error:
        raise CurtailError(f"{parts.hostname} did not take it ({type(error).__name__})") from None
