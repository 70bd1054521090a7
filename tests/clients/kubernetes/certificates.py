"""A certificate authority for tests, made with the ``openssl`` command."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
NAME = "api.cluster.test"


@dataclass(frozen=True)
class Certificates:
    """An authority, a server certificate for 127.0.0.1 and :data:`NAME`, and a client's."""

    folder: Path

    @classmethod
    def made_in(cls, folder: Path) -> Self:
        """Make them; skips the test where there is no openssl, unless all tests are required."""
        if shutil.which("openssl") is None and not os.environ.get("CILIUM_ONCALL_REQUIRE_ALL"):
            pytest.skip("needs openssl to make certificates")
        made = cls(folder)
        for authority in ("ca", "stranger"):
            made._openssl(
                "req", "-x509", *CURVE, "-subj", f"/CN={authority}", "-keyout",
                f"{authority}.key", "-out", f"{authority}.pem",
                "-addext", "keyUsage=critical,keyCertSign",
            )  # fmt: skip
        for name, subject in (("server", f"subjectAltName=IP:127.0.0.1,DNS:{NAME}"),
                              ("client", "extendedKeyUsage=clientAuth")):  # fmt: skip
            made._openssl(
                "req", "-x509", *CURVE, "-CA", "ca.pem", "-CAkey", "ca.key",
                "-subj", f"/CN={name}", "-addext", subject,
                "-addext", "basicConstraints=critical,CA:FALSE",
                "-keyout", f"{name}.key", "-out", f"{name}.pem",
            )  # fmt: skip
        return made

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)  # noqa: S607

    def __getitem__(self, file: str) -> str:
        return str(self.folder / file)

    def read(self, file: str) -> str:
        return (self.folder / file).read_text()

    def server(self, *, asks_for_client: bool = False) -> ssl.SSLContext:
        """What a server with this certificate listens with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self["server.pem"], self["server.key"])
        if asks_for_client:
            context.load_verify_locations(self["ca.pem"])
            context.verify_mode = ssl.CERT_REQUIRED
        return context
