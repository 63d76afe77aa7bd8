"""A WebSocket text frame as a server sends it (RFC 6455 section 5.2): unmasked, final, uncompressed. Pure."""

from __future__ import annotations

import json
import struct
from typing import Any

_TEXT = 0x81


def text_frame(payload: bytes) -> bytes:
    """The frame around one UTF-8 message."""
    length = len(payload)
    if length < 126:
        head = bytes((_TEXT, length))
    elif length < 1 << 16:
        head = struct.pack("!BBH", _TEXT, 126, length)
    else:
        head = struct.pack("!BBQ", _TEXT, 127, length)
    return head + payload


def encode(value: Any) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
