"""What a process gives up before it reads a stranger's file: network, programs, writing."""

from __future__ import annotations

import ctypes
import errno
import platform
import resource
import socket
import struct
import sys
from typing import NoReturn

# Linux system calls by name: (x86_64, aarch64), -1 where the architecture has none.
_OPEN = {"open": (2, -1), "openat": (257, 56)}
_CLONE = (56, 220)
_ABSENT = {"clone3": (435, 435), "openat2": (437, 437)}
_REFUSED = {
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "accept": (43, 202),
    "accept4": (288, 242), "bind": (49, 200), "listen": (50, 201), "sendto": (44, 206),
    "sendmsg": (46, 211), "fork": (57, -1), "vfork": (58, -1), "execve": (59, 221),
    "execveat": (322, 281), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "kill": (62, 129), "tkill": (200, 130),
    "tgkill": (234, 131), "creat": (85, -1), "mkdir": (83, -1), "mkdirat": (258, 34),
    "rmdir": (84, -1), "unlink": (87, -1), "unlinkat": (263, 35), "symlink": (88, -1),
    "symlinkat": (266, 36), "link": (86, -1), "linkat": (265, 37), "rename": (82, -1),
    "renameat": (264, 38), "renameat2": (316, 276), "truncate": (76, 45), "ftruncate": (77, 46),
    "chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "chown": (92, -1),
    "fchown": (93, 55), "fchownat": (260, 54), "mount": (165, 40), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
}  # fmt: skip
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_O_ANY_WRITING = 0x1 | 0x2 | 0x40 | 0x200  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC
_CLONE_THREAD = 0x10000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000


def confine(memory: int) -> bool:
    """Give up, for good, what reading a file does not need.

    `memory` is the address space in bytes. Returns whether the kernel enforces it (Linux with
    seccomp on x86_64 or aarch64); elsewhere the sizes are still limited where the system allows it,
    and the network is closed for Python code.
    """
    for kind, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):
            # macOS refuses RLIMIT_AS; the clock still ends a file there.
            if sys.platform == "linux":
                raise

    def refused(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.EACCES, "the reader has no network")

    socket.socket.connect = refused  # type: ignore[method-assign]
    socket.getaddrinfo = refused
    socket.create_connection = refused
    return sys.platform == "linux" and _filtered()


def _filtered() -> bool:
    """Install the system call filter; return whether the kernel took it (see seccomp(2))."""
    if platform.machine() not in _ARCHITECTURES or sys.byteorder != "little":
        return False
    program = _program(*_ARCHITECTURES[platform.machine()])
    code = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    prepared = Program(len(program) // 8, ctypes.addressof(code))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    no_new_privileges, set_filter, mode = 38, 22, 2
    if prctl(no_new_privileges, 1, 0, 0, 0):
        return False
    return not prctl(set_filter, mode, ctypes.byref(prepared), 0, 0)


def _program(column: int, architecture: int) -> bytes:
    """Return the filter as BPF: every call is allowed but those named above.

    Opening to write is refused by its flags, a new process by the lack of CLONE_THREAD; a call that
    could hide its flags behind a pointer is answered as if the kernel were too old to know it.
    """
    # Offsets into struct seccomp_data: number 0, architecture 4, arguments 16 on (8 bytes each).
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, architecture), _stop(errno.EPERM), (_LOAD, 0, 0, 0)]
    # The 32-bit-pointer calls of x86_64 have numbers of their own.
    steps += [(_AT_LEAST, 0, 1, 0x40000000), _stop(errno.EPERM)]
    for numbers in _REFUSED.values():
        steps += [(_EQUAL, 0, 1, numbers[column] & 0xFFFFFFFF), _stop(errno.EACCES)]
    for numbers in _ABSENT.values():
        steps += [(_EQUAL, 0, 1, numbers[column]), _stop(errno.ENOSYS)]
    flags = {"open": 1, "openat": 2}
    for name, numbers in _OPEN.items():
        steps += [
            (_EQUAL, 0, 4, numbers[column] & 0xFFFFFFFF),
            (_LOAD, 0, 0, 16 + 8 * flags[name]),
            (_ANY_BIT, 0, 1, _O_ANY_WRITING),
            _stop(errno.EACCES),
            (_RETURN, 0, 0, _ALLOW),
        ]
    steps += [
        (_EQUAL, 0, 3, _CLONE[column]),
        (_LOAD, 0, 0, 16),
        (_ANY_BIT, 1, 0, _CLONE_THREAD),
        _stop(errno.EACCES),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("<HBBI", *step) for step in steps)


def _stop(error: int) -> tuple[int, int, int, int]:
    return (_RETURN, 0, 0, _ERROR | error)
