"""Two hundred pictures protected at once through the service, then recovered; prints JSON.

Usage: python benchmarks/service_load.py [REQUESTS]

Every caller has a picture and a password of its own, and every answer is compared with what was
sent. Keys are derived at the full cost.
"""

import io
import json
import os
import platform
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

OPTIONS = {"profile": "sealed", "carrier": "file", "faces": "whole"}


def picture(seed: int) -> np.ndarray:
    """Smooth colours, 128 x 128, that no other seed gives."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((128, 128), Image.Resampling.BICUBIC))


def pixels(data: bytes) -> np.ndarray:
    """RGB of a file."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def at_once(count: int, address: str, path: str, files: list[bytes]) -> tuple[list[bytes], dict]:
    """Send all requests at the same moment; the answers, and how long they took."""
    barrier = threading.Barrier(count)

    def call(number: int) -> tuple[bytes, float]:
        fields = {"password": f"password {number}"}
        if path == "protect":
            fields |= OPTIONS
        with httpx.Client(base_url=address, timeout=900) as client:
            barrier.wait()
            start = time.perf_counter()
            answer = client.post(f"api/{path}", files={"picture": files[number]}, data=fields)
            answer.raise_for_status()
            return answer.content, time.perf_counter() - start

    start = time.perf_counter()
    with ThreadPoolExecutor(count) as callers:
        results = list(callers.map(call, range(count)))
    seconds = [each[1] for each in results]
    return [each[0] for each in results], {
        "seconds": round(time.perf_counter() - start, 1),
        "median": round(float(np.median(seconds)), 1),
        "slowest": round(max(seconds), 1),
    }


def main() -> None:
    """Start a service, send, compare, print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    server = subprocess.Popen(
        [sys.executable, "-m", "proface", "serve", "--port", "0", "--max-seconds", "900"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    address = server.stdout.readline().split()[-1]
    try:
        pictures = [picture(number) for number in range(count)]
        files = []
        for each in pictures:
            buffer = io.BytesIO()
            Image.fromarray(each).save(buffer, "PNG")
            files.append(buffer.getvalue())
        hidden, protecting = at_once(count, address, "protect", files)
        back, recovering = at_once(count, address, "recover", hidden)
        wrong = sum(
            not np.array_equal(each, pixels(data))
            for each, data in zip(pictures, back, strict=True)
        )
        status = Path(f"/proc/{server.pid}/status").read_text()
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    finally:
        server.terminate()
        server.wait()
    print(
        json.dumps(
            {
                "machine": {"processor": platform.processor(), "cores": os.cpu_count()},
                "load": os.getloadavg(),
                "requests": count,
                "lost": 2 * count - len(hidden) - len(back),
                "mixed up": wrong,
                "protect": protecting,
                "recover": recovering,
                "peak MiB": int(peak.split()[1]) // 1024,
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
