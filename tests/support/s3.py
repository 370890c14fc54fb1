"""A real S3 service, versitygw over a folder, on a free loopback port."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import TOOLS
from tests.support.patience import HANG_SECONDS
from tests.support.ports import free_port
from tests.support.service import request

ACCESS_KEY: Final = "access-key-of-a-test"
SECRET_KEY: Final = "secret-key-of-a-test"
REGION: Final = "us-east-1"

_POLL_SECONDS: Final = 0.02


def versitygw_binary() -> str:
    """The server's path; skips the test, by name, when it is not installed."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), str(TOOLS)))
    found = shutil.which("versitygw", path=path)
    if found is None:
        pytest.skip("suite 's3': the S3 server versitygw is not installed: make s3")
    return found


class S3:
    """A service that a test started.

    Attributes:
        url: its endpoint.
        credentials: environment variables for whoever may write.
    """

    def __init__(self, directory: Path) -> None:
        """Start nothing yet; objects are kept below `directory`."""
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.credentials: Mapping[str, str] = {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
        }
        self._log = directory / "s3.log"
        self._process: subprocess.Popen[bytes] | None = None
        objects, metadata = directory / "objects", directory / "metadata"
        objects.mkdir()
        metadata.mkdir()
        # Beside the objects: not every file system that tests run on has extended attributes.
        self._command = [
            versitygw_binary(), "--port", f"127.0.0.1:{port}", "--region", REGION,
            "--access", ACCESS_KEY, "--secret", SECRET_KEY,
            "posix", "--sidecar", str(metadata), str(objects),
        ]  # fmt: skip

    def start(self) -> None:
        """Start, and wait until it answers.

        Raises:
            RuntimeError: it does not; holds what it said.
        """
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        deadline = time.monotonic() + HANG_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                request(f"{self.url}/")
            except OSError:
                time.sleep(_POLL_SECONDS)
            else:
                return
        self.stop()
        raise RuntimeError(f"versitygw did not start:\n{self.log()}")

    def stop(self) -> None:
        """End the process that was started, and only that one."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(HANG_SECONDS)
            self._process = None

    def make_bucket(self, name: str, *, readable: bool = False) -> None:
        """Make a bucket; `readable` lets everybody get its objects.

        Raises:
            RuntimeError: the service refuses.
        """
        self._signed_put(f"/{name}", "", b"")
        if readable:
            policy = {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": "*",
                        "Action": "s3:GetObject",
                        "Resource": f"arn:aws:s3:::{name}/*",
                    }
                ],
            }
            self._signed_put(f"/{name}", "policy=", json.dumps(policy).encode())

    def log(self) -> str:
        """What it said: one line for each request."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def _signed_put(self, path: str, query: str, body: bytes) -> None:
        """AWS Signature Version 4 over three headers."""
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        digest = hashlib.sha256(body).hexdigest()
        headers = {
            "host": self.url.removeprefix("http://"),
            "x-amz-content-sha256": digest,
            "x-amz-date": moment,
        }
        names = ";".join(headers)
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        canonical = f"PUT\n{path}\n{query}\n{lines}\n{names}\n{digest}"
        scope = f"{moment[:8]}/{REGION}/s3/aws4_request"
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        key = f"AWS4{SECRET_KEY}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        to_sign = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashed}".encode()
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope}, SignedHeaders={names}, "
            f"Signature={hmac.new(key, to_sign, 'sha256').hexdigest()}"
        )
        url = f"{self.url}{path}?{query}" if query else f"{self.url}{path}"
        status, _, answer = request(url, method="PUT", headers=headers, body=body)
        if status >= 300:
            raise RuntimeError(f"PUT {url}: {status} {answer.decode(errors='replace')}")


@contextmanager
def running_s3(directory: Path) -> Iterator[S3]:
    """A service for the time of a test."""
    service = S3(directory)
    service.start()
    try:
        yield service
    finally:
        service.stop()
