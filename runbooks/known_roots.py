"""Where known roots come from: the reviewed catalogue, then the bundles of this machine."""

from __future__ import annotations

from pathlib import Path

from mailtrust.catalogue import from_bundle, merge, roots_from
from mailtrust.chain import Root
from runbooks.yaml_file import read_text
from tasks.ca_stores import bundles


def known_roots(folder: Path) -> tuple[Root, ...]:
    """Every root that somebody vouches for; ``folder`` is the catalogue, and its word comes first.

    Raises InventoryError for a file of the catalogue that cannot be meant. A folder that is not there holds nothing.
    """
    catalogue = roots_from({str(file): read_text(file) for file in sorted(folder.glob("*.pem"))})
    return merge(catalogue, *(from_bundle(text, name) for name, text in bundles().items()))
