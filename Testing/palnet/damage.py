"""Files as broken disks and half-done copies leave them."""

from __future__ import annotations

import random
import re

WORDS = [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"9999", b"-1  ", b"nan ", b"\n", b" "]
NUMBERS = [b"0", b"-1", b"7", b"999999999", b"99999999999", b"4294967295"]


def damaged(good: bytes, rng: random.Random) -> bytes:
    """The file with a few bytes or numbers changed, taken away or put in; often in its header, sometimes cut."""
    data = bytearray(good)
    for _ in range(rng.choice([1, 1, 1, 2, 4, 16])):
        place = rng.randrange(min(len(data), rng.choice([600, len(data)])))
        kind = rng.randrange(5)
        if kind == 0:
            data[place] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del data[place : place + rng.choice([1, 4, 50])]
        elif kind == 2:
            data[place:place] = rng.choice([rng.randbytes(1), rng.randbytes(4), rng.choice(WORDS)])
        elif kind == 3:
            data[place : place + 4] = rng.choice(WORDS)
        else:
            numbers = list(re.finditer(rb"\d+", data))[: rng.choice([30, 10_000])]
            if numbers:
                number = rng.choice(numbers)
                data[number.start() : number.end()] = rng.choice(NUMBERS)
        data = data or bytearray(b"x")
    return bytes(data[: rng.randrange(1, len(data) + 1)] if rng.random() < 0.1 else data)
