"""The CA bundles that this machine has: certifi's, and the system's own."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

import certifi


def bundles() -> Mapping[str, str]:
    """Bundle name -> its text, certifi first. What is not there or cannot be read is left out."""
    stores = {f"certifi {certifi.__version__}": [Path(certifi.where())], "system store": _system()}
    texts = {name: "\n".join(_text(file) for file in files) for name, files in stores.items()}
    return {name: text for name, text in texts.items() if text.strip()}


def _system() -> list[Path]:
    """One file, or else a directory of files; SSL_CERT_FILE and SSL_CERT_DIR are heeded, as OpenSSL does."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile is not None:
        return [Path(paths.cafile)]
    if paths.capath is None:
        return []
    files = {file.resolve() for file in Path(paths.capath).iterdir() if file.suffix in {".pem", ".crt", ".cer", ".0"}}
    return sorted(files)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
