#!/usr/bin/env python3
"""hostile_homes.py DIR - writes hostile homes for tests/cli/ga-layer-hostile.bats: each NAME.tar.zst with NAME.manifest.

Who makes them controls both files, so that size and sum are right wherever the fault is elsewhere. `good` is the one
that is taken: it shows that the others are refused for what is wrong with them.
"""
import gzip
import hashlib
import io
import os
import sys
import tarfile
import zipfile

OUT = sys.argv[1]
ABC = b"abc"
SUM = hashlib.sha256(ABC).hexdigest()
LINES = ["d 0755 0 0 - - .", "d 0755 0 0 - - d", f"f 0644 0 0 3:{SUM} - d/f", "l 0777 0 0 d/f - s"]


def member(name, kind=tarfile.REGTYPE, link="", data=b"", **fields):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, data


def tree(*changes):
    """The members of the good archive; each change is (index, member or None)."""
    members = [member("d", tarfile.DIRTYPE), member("d/f", data=ABC), member("s", tarfile.SYMTYPE, "d/f")]
    for index, new in changes:
        members[index] = new
    return [one for one in members if one]


def pack(members, form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def manifest(lines, octets, **fields):
    head = dict(first="grid-appliance layer manifest 1", name="home", kind="home", number="5", made="1790000000",
                payload=f"{len(octets)} {hashlib.sha256(octets).hexdigest()}", entries=str(len(lines)))
    head.update(fields)
    first = head.pop("first")
    return "\n".join([first] + [f"{key} {value}" for key, value in head.items()] + lines) + "\n"


def write(name, payload, text):
    if payload is not None:
        with open(f"{OUT}/{name}.tar.zst", "wb") as file:
            file.write(payload)
    if text is not None:
        with open(f"{OUT}/{name}.manifest", "wb") as file:
            file.write(text.encode("latin-1"))


GOOD = pack(tree())
write("good", GOOD, manifest(LINES, GOOD))


def archive(name, payload, lines=LINES):
    write(name, payload, manifest(lines, payload))


def listed(label, *more, lines=LINES, **fields):
    write(label, GOOD, manifest(lines + list(more), GOOD, **fields))


# The archive says another name than the manifest.
for name, path in {"climbs": "../f", "climbs-inside": "d/../../f", "absolute": "/tmp/f", "dotted": "./d/f",
                   "doubled-slash": "d//f", "device-path": "/dev/shm/f", "proc": "/proc/self/cwd/f",
                   "empty-name": ""}.items():
    archive("archive-" + name, pack(tree((1, member(path, data=ABC)))))
archive("archive-climbing-directory", pack(tree((0, member("../d", tarfile.DIRTYPE)))))
archive("archive-gnu-long-name", pack(tree((1, member("../" * 60 + "f", data=ABC))), tarfile.GNU_FORMAT))
archive("archive-pax-path", pack(tree((1, member("d/f", data=ABC, pax_headers={"path": "../f"})))))
# ... or another kind of thing.
archive("archive-link-for-file", pack(tree((1, member("d/f", tarfile.SYMTYPE, "/etc/passwd")))))
archive("archive-link-for-directory", pack(tree((0, member("d", tarfile.SYMTYPE, "/tmp")))))
archive("archive-hard-link-out", pack(tree((1, member("d/f", tarfile.LNKTYPE, "/etc/passwd")))))
archive("archive-hard-link-climbs", pack(tree((1, member("d/f", tarfile.LNKTYPE, "../../x")))))
archive("archive-device-for-file", pack(tree((1, member("d/f", tarfile.CHRTYPE, devmajor=1, devminor=1)))))
archive("archive-block-device", pack(tree((1, member("d/f", tarfile.BLKTYPE, devmajor=7)))))
archive("archive-fifo-for-file", pack(tree((1, member("d/f", tarfile.FIFOTYPE)))))
archive("archive-file-for-link", pack(tree((2, member("s", data=b"x")))))
# ... or more, less, in another order.
archive("archive-one-more", pack(tree() + [member("extra", data=ABC)]))
archive("archive-one-more-climbing", pack(tree() + [member("../../extra", data=ABC)]))
archive("archive-twice", pack(tree() + [member("d/f", data=ABC)]))
archive("archive-one-less", pack(tree((2, None))))
archive("archive-turned-round", pack(list(reversed(tree()))))
archive("archive-through-own-link", pack([member("d", tarfile.SYMTYPE, "/tmp"), member("d/f", data=ABC)]))
# Octets.
archive("archive-other-octets", pack(tree((1, member("d/f", data=b"abd")))))
archive("archive-longer", pack(tree((1, member("d/f", data=b"abcd")))))
archive("archive-shorter", pack(tree((1, member("d/f", data=b"ab")))))
archive("archive-pax-size", pack(tree((1, member("d/f", data=ABC, pax_headers={"size": "999999999999"})))))
archive("archive-sparse-bomb", pack(tree((1, member(
    "d/f", data=ABC, pax_headers={"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.name": "d/f",
                                  "GNU.sparse.size": str(1 << 62), "GNU.sparse.map": f"{(1 << 62) - 3},3"})))))
# No archive at all, or none that is taken.
archive("archive-empty", b"")
archive("archive-noise", os.urandom(4096))
archive("archive-cut", GOOD[:700])
archive("archive-cut-in-header", GOOD[:100])
archive("archive-gzip", gzip.compress(GOOD))
archive("archive-cpio", b"070701" + b"0" * 104 + b"TRAILER!!!\0\0\0\0")
archive("archive-shell", b"#!/bin/sh\ntouch pwned\n")
zipped = io.BytesIO()
with zipfile.ZipFile(zipped, "w") as one:
    one.writestr("../f", ABC)
archive("archive-zip", zipped.getvalue())
archive("archive-bad-zstd", b"\x28\xb5\x2f\xfd" + os.urandom(200))
broken = bytearray(GOOD)
broken[148:156] = b"0000000\0"
archive("archive-bad-header-sum", bytes(broken))

# The manifest itself.
for name, path in {"climbs": "z/../../f", "climbs-first": "../f", "absolute": "/f", "dot": "./z", "double-slash": "z//f",
                   "slash-at-end": "z/", "zero-octet": "z\\x00", "long-name": "z" * 256,
                   "long-path": "z/" * 2100 + "z", "in-no-directory": "z/f", "below-link": "s/f", "below-file": "d/f/x",
                   "twice": "d/f", "out-of-order": "a", "not-one-form": "z\\x61", "upper-case-form": "z\\xFF",
                   "white-space": "z z"}.items():
    listed("list-" + name, f"f 0644 0 0 3:{SUM} - {path}")
for name, target in {"out": "/etc/passwd", "climbs": "../x", "forward": "zz", "to-itself": "z", "to-directory": "d"}.items():
    listed("list-hard-link-" + name, f"h 0000 0 0 {target} - z")
listed("list-redirect-climbs", "d 0755 0 0 >../x - z")
listed("list-redirect-deep", "d 0755 0 0 >/../../x - z")
listed("list-set-uid", "f 4755 0 0 0:" + hashlib.sha256(b"").hexdigest() + " - z")
listed("list-set-gid", "f 2755 0 0 0:" + hashlib.sha256(b"").hexdigest() + " - z")
listed("list-device", "c 0666 0 0 1:1 - z")
listed("list-block-device", "b 0666 0 0 8:0 - z")
listed("list-capability", f"f 0755 0 0 3:{SUM} security.capability=0100000200200000 z")
listed("list-trusted", f"f 0755 0 0 3:{SUM} trusted.overlay.metacopy=00 z")
listed("list-more-than-said", entries="5")
listed("list-less-than-said", entries="3")
listed("list-too-many", entries="99999999999")
listed("list-number-0", number="0")
listed("list-number-not-whole", number="5.0")
listed("list-other-version", first="grid-appliance layer manifest 9")
listed("list-name-climbs", name="../../x")
listed("list-other-kind", kind="disk")
listed("list-unsigned-base", kind="base", name="debian")
listed("list-huge-file", f"f 0644 0 0 {1 << 60}:{SUM} - z")
listed("list-sizes-overflow", f"f 0644 0 0 {(1 << 64) - 1}:{SUM} - y", f"f 0644 0 0 {(1 << 64) - 1}:{SUM} - z")
listed("list-older", number="4")
listed("list-other-size", payload=f"{len(GOOD) - 1} {hashlib.sha256(GOOD).hexdigest()}")
listed("list-other-sum", payload=f"{len(GOOD)} {'0' * 64}")
listed("list-half-signature", "signature " + "0" * 128)
listed("list-signature-of-nothing", "signer AAAA", "signature " + "0" * 128)
write("list-cut", GOOD, manifest(LINES, GOOD)[:-10])
write("list-binary", GOOD, "\x00\x01\x02" * 100)
write("list-empty", GOOD, "")
write("no-list", GOOD, None)
write("no-archive", None, manifest(LINES, GOOD))
# In the place of the archive is something that is no file.
text = manifest(LINES, GOOD)
for name, make in {"fifo": os.mkfifo, "directory": os.mkdir, "zero": lambda path: os.symlink("/dev/zero", path)}.items():
    write("payload-" + name, None, text)
    make(f"{OUT}/payload-{name}.tar.zst")
