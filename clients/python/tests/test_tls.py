"""Encrypted: a certificate of an authority that is named, that of the data directory, and no other."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import QUICK, Server

from branchline import Client, ConnectionFailed

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


def certificate(directory: Path, name: str) -> tuple[Path, Path]:
    """A certificate for this name, signed by nobody else, and its key."""
    cert, key = directory / f"{name}.pem", directory / f"{name}.key"
    wanted = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    names = ["-addext", f"subjectAltName={name}", "-addext", "basicConstraints=critical,CA:FALSE"]
    files = ["-keyout", str(key), "-out", str(cert)]
    subprocess.run(["openssl", *wanted.split(), *names, *files], check=True, capture_output=True)
    return cert, key


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    cert, key = certificate(tmp_path, "DNS:calls.example.com")
    server.environment = {
        "BRANCHLINE_SERVER_TLS_CERT_PATH": str(cert),
        "BRANCHLINE_SERVER_TLS_KEY_PATH": str(key),
    }
    server.start()
    yield server
    server.kill()


def test_the_operator_knows_the_very_certificate(encrypted: Server, tmp_path: Path) -> None:
    assert encrypted.url.startswith("https://")
    with Client.of_data_dir(encrypted.data_dir) as operator:
        assert operator.get_head()["size"] >= 0
        other, _ = certificate(tmp_path, "DNS:other.example.com")
        shutil.copy(other, encrypted.data_dir / "admin-cert")
    with Client.of_data_dir(encrypted.data_dir, retry=QUICK) as operator:
        with pytest.raises(ConnectionFailed, match="admin-cert") as refused:
            operator.get_head()
        assert refused.value.final


def test_nobody_else_knows_it(encrypted: Server) -> None:
    with Client(encrypted.url, retry=QUICK) as stranger, pytest.raises(ConnectionFailed) as refused:
        stranger.get_health()
    assert isinstance(refused.value.__cause__, ssl.SSLCertVerificationError)


def test_a_certificate_of_ones_own_authority(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path, "IP:127.0.0.1")
    server = Server(tmp_path)
    server.environment = {
        "BRANCHLINE_SERVER_TLS_CERT_PATH": str(cert),
        "BRANCHLINE_SERVER_TLS_KEY_PATH": str(key),
    }
    server.start()
    try:
        context = ssl.create_default_context(cafile=str(cert))
        with Client(server.url, ssl_context=context) as client:
            made = [client.create_workflow(title=str(at))["id"] for at in range(3)]
            with client.events() as events:
                assert [next(events)["workflow_id"] for _ in made] == made
    finally:
        server.kill()
