"""What ties a clip's entries to one another, to their order, and to their header.

    mac_i = HMAC-SHA256(subkey of the clip's key, identifier | mac_(i-1) | entry i)[:16]
    end   = number of entries, SHA-256 of all, signature, and a mac like that of an entry

The macs say which entry was changed, added or moved, or follows one that is gone; after that one
they find their feet again, for each entry states its own. The digest and the signature need no
secret. With the paper's profiles there are no macs.
"""

import hashlib
import hmac
from dataclasses import replace

from ..keys import PictureKey, SigningKey
from .entries import MAC_BYTES, EndRecord, FrameEntry
from .manifest import ClipManifest

_SIGNED = b"proface/v2/clip-signature\0"


class Chain:
    """Goes along the entries of one clip in their order, and makes or checks what ties them."""

    def __init__(self, manifest: ClipManifest, key: PictureKey | None) -> None:
        """Begin in front of the first entry.

        Args:
            manifest: the header.
            key: of the clip; None where it is not known, and then no mac is made or checked.
        """
        self._identifier = manifest.identifier
        authenticated = key is not None and manifest.is_authenticated
        self._key = key.subkey("chain") if key is not None and authenticated else None
        self._previous = bytes(MAC_BYTES)
        self._digest = hashlib.sha256()
        self.count = 0
        """Entries so far."""

    def add(self, entry: FrameEntry) -> FrameEntry:
        """The next entry with its mac."""
        if self._key is not None:
            text = entry.canonical(with_mac=False)
            entry = replace(entry, mac=self._mac(self._key, text))
        self._take(entry)
        return entry

    def end(self, signing_key: SigningKey | None) -> EndRecord:
        """The record that stands after the last entry.

        Args:
            signing_key: of who protects the clip; None for no signature.
        """
        signature = None if signing_key is None else signing_key.sign(self.signed_text)
        record = EndRecord(self.count, self._digest.digest(), signature)
        if self._key is None:
            return record
        return replace(record, mac=self._mac(self._key, record.canonical()))

    def check(self, entry: FrameEntry) -> bool:
        """Whether the next entry is authentic; True where that cannot be known."""
        fits = self._fits(entry.mac, entry.canonical(with_mac=False))
        self._take(entry)
        return fits

    def check_end(self, record: EndRecord) -> str:
        """What is wrong with the end record behind the last entry; empty if nothing is."""
        if record.frames != self.count:
            return f"the manifest has {self.count} entries, and its end counts {record.frames}"
        if record.digest != self._digest.digest():
            return "the entries of the manifest are not those that were written"
        if not self._fits(record.mac, record.canonical()):
            return "the end of the manifest is not authentic"
        return ""

    @property
    def signed_text(self) -> bytes:
        """What a signature is made of: the header's identifier, and all entries so far."""
        return _SIGNED + self._identifier + self._digest.digest()

    def _take(self, entry: FrameEntry) -> None:
        self._digest.update(entry.canonical() + b"\n")
        self._previous = entry.mac.ljust(MAC_BYTES, b"\0")
        self.count += 1

    def _fits(self, mac: bytes, text: bytes) -> bool:
        return self._key is None or hmac.compare_digest(mac, self._mac(self._key, text))

    def _mac(self, key: bytes, text: bytes) -> bytes:
        whole = self._identifier + self._previous + text
        return hmac.digest(key, whole, "sha256")[:MAC_BYTES]
