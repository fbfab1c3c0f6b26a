"""What Daphne's sockets must do that its library does not let an application do.

The library counts what we send against the limit for what we receive, and closes only
with 1000 or codes from 3000 on. Our frames carry whole answers, and 1013 is the code
that tells a viewer to come back.
"""

from __future__ import annotations

from typing import Any

from daphne.ws_protocol import WebSocketProtocol

_FREE_CODES = range(3000, 5000)
_GOOD_BYE = 1000
_send = WebSocketProtocol.serverSend


def server_send(protocol: Any, content: str | bytes, binary: bool = False) -> None:
    """Send a message of any size; the limit is for what comes in."""
    limit, protocol.maxMessagePayloadSize = protocol.maxMessagePayloadSize, 0
    try:
        _send(protocol, content, binary)
    finally:
        protocol.maxMessagePayloadSize = limit


def server_close(protocol: Any, code: int | None = None) -> None:
    """Close with any code that the protocol knows."""
    code = _GOOD_BYE if code is None else code
    if code == _GOOD_BYE or code in _FREE_CODES:
        protocol.sendClose(code=code)
    else:
        protocol.sendCloseFrame(code=code, isReply=False)


def mend_sockets() -> None:
    """Put both in the place of Daphne's own. Doing it again changes nothing."""
    WebSocketProtocol.serverSend = server_send
    WebSocketProtocol.serverClose = server_close
