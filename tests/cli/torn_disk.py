#!/usr/bin/env python3
"""What is on a disk after a loss of power, from a record of all that was written to it.

torn_disk.py count LOG [OCTETS]               how many writes and flushes the record has, or its first OCTETS
torn_disk.py cut LOG BEFORE AFTER N [ignore]  makes the file AFTER: the disk BEFORE, cut off after the Nth of them

What came before the last flush is there; of what came after it each sector is, or is not, by chance that N decides. The
first 4096 octets are one sector: ext4 has its superblock there, with a checksum over two of 512, and does not survive half
of it.
With `ignore` flushes do nothing, as on a disk that lies. The record is what QEMU's driver blklogwrites writes (the
format of the kernel's dm-log-writes).
"""
import os
import random
import shutil
import struct
import sys

MAGIC = 0x6A736677736872
FLUSH, FUA, DISCARD = 1, 2, 4
SUPERBLOCK_END = 4096


def entries(log, end):
    """Offset and octets on the disk, flags, place of the octets in the record; of each that lies before `end`."""
    magic, version, _, sector = struct.unpack("<QQQI", log.read(28))
    if magic != MAGIC or version != 1:
        sys.exit("torn_disk: this is no record of writes")
    at = sector
    while at + sector <= end:
        log.seek(at)
        where, count, flags, length = struct.unpack("<QQQQ", log.read(32))
        if count == 0 and flags == 0:
            return
        at += sector
        stored = 0 if flags & DISCARD else count * sector
        if at + stored > end:
            return
        yield where * sector, count * sector, flags, at
        at += stored


def cut(log, before, after, number, ignores_flushes):
    shutil.copyfile(before, after)
    os.truncate(after, os.path.getsize(before))
    chance = random.Random(number)
    pending = []

    def put(disk, write, torn):
        offset, octets, flags, at = write
        log.seek(at)
        kept = True
        for start in range(offset, offset + octets, 512):
            block = bytes(512) if flags & DISCARD else log.read(512)
            if start == offset or start >= SUPERBLOCK_END:
                kept = not torn or chance.random() < 0.5
            if not kept:
                continue
            disk.seek(start)
            disk.write(block)

    with open(after, "r+b") as disk:
        for index, write in enumerate(entries(log, os.path.getsize(log.name))):
            if index == number:
                break
            if write[2] & FLUSH and not ignores_flushes:
                for earlier in pending:
                    put(disk, earlier, False)
                pending = []
            if write[1]:
                if write[2] & FUA and not ignores_flushes:
                    put(disk, write, False)
                else:
                    pending.append(write)
        for write in pending:
            put(disk, write, True)


def main(words):
    if len(words) in (2, 3) and words[0] == "count":
        with open(words[1], "rb") as log:
            end = int(words[2]) if len(words) == 3 else os.path.getsize(words[1])
            print(sum(1 for _ in entries(log, end)))
    elif len(words) in (5, 6) and words[0] == "cut":
        with open(words[1], "rb") as log:
            cut(log, words[2], words[3], int(words[4]), words[5:] == ["ignore"])
    else:
        sys.exit(__doc__)


main(sys.argv[1:])
