"""The rights that a process drops before it reads an untrusted file: network, programs, files."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import socket
import struct
import sys
from dataclasses import dataclass
from typing import NoReturn

# Linux system calls by name: (x86_64, aarch64), -1 where the architecture has none.
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
    # No file but those handed over is read: all that is imported is imported before.
    "open": (2, -1), "openat": (257, 56), "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264), "mknod": (133, -1), "mknodat": (259, 33),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440), "process_mrelease": (448, 448), "kcmp": (312, 272),
    "utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "getxattr": (191, 8),
    "lgetxattr": (192, 9), "listxattr": (194, 11), "llistxattr": (195, 12),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "setxattrat": (463, 463), "removexattrat": (466, 466), "lchown": (94, -1),
    "fchmodat2": (452, 452), "fallocate": (285, 47), "unshare": (272, 97), "setns": (308, 268),
    "chroot": (161, 51), "chdir": (80, 49), "pivot_root": (155, 41), "umount2": (166, 39),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "bpf": (321, 280), "userfaultfd": (323, 282),
    "perf_event_open": (298, 241), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "inotify_init": (253, -1), "inotify_init1": (294, 26),
    "fanotify_init": (300, 262), "shmget": (29, 194), "shmat": (30, 196), "semget": (64, 190),
    "msgget": (68, 186), "mq_open": (240, 180), "sendmmsg": (307, 269), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "reboot": (169, 142), "swapon": (167, 224),
    "swapoff": (168, 225), "sethostname": (170, 161), "setdomainname": (171, 162),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "adjtimex": (159, 171),
    "clock_adjtime": (305, 266), "acct": (163, 89), "quotactl": (179, 60), "iopl": (172, -1),
    "ioperm": (173, -1), "move_pages": (279, 239), "migrate_pages": (256, 238),
    "setpriority": (141, 140), "ioprio_set": (251, 30), "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119), "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122), "setuid": (105, 146), "setgid": (106, 144),
    "setresuid": (117, 147), "setresgid": (119, 149), "capset": (126, 91),
}  # fmt: skip
# Its own limits it may set (a share of processor time for each file), nobody else's.
_PRLIMIT = (302, 261)
# Landlock: the calls have one number on both; rights to files by version of its interface.
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_CLONE_THREAD = 0x10000
_NO_NEW_PRIVILEGES = 38
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000


@dataclass(frozen=True, slots=True)
class Confinement:
    """What confines a process: the system call filter, and the version of Landlock (0 for none).

    Either closes the file system; the filter alone closes network, programs and signals.
    """

    filtered: bool
    landlock: int


def confine(memory: int, *, landlock: bool = True, filtered: bool = True) -> Confinement:
    """Give up, for good, what reading an open file does not need; everything must be imported.

    `memory` is the address space in bytes; `landlock` and `filtered` leave one wall out, to try the
    other. Returns what the kernel enforces (seccomp on x86_64 and aarch64, Landlock since Linux
    5.13); elsewhere the sizes are still limited where the system allows it, and the network is
    closed for Python code.
    """
    # Not at the top: Windows has no such module.
    import resource

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
    if sys.platform != "linux":
        return Confinement(filtered=False, landlock=0)
    version = _landlocked() if landlock else 0
    return Confinement(filtered=filtered and _filtered(), landlock=version)


def _landlocked() -> int:
    """Deny every file, port and signal outside by Landlock; return its version, 0 without it."""
    libc = ctypes.CDLL(None, use_errno=True)
    version = int(libc.syscall(_CREATE_RULESET, None, 0, 1))
    if version < 1 or libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return 0
    rights = max(bits for since, bits in _FILE_RIGHTS.items() if since <= version)
    files = (1 << rights) - 1
    network = 0b11 if version >= 4 else 0
    scoped = 0b11 if version >= 6 else 0
    # No rule follows: what is handled and not allowed is denied. Older kernels take the longer
    # struct as long as what they do not know of it is zero.
    handled = struct.pack("<QQQ", files, network, scoped)
    ruleset = int(libc.syscall(_CREATE_RULESET, handled, len(handled), 0))
    if ruleset < 0:
        return 0
    try:
        return 0 if libc.syscall(_RESTRICT_SELF, ruleset, 0) else version
    finally:
        os.close(ruleset)


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
    set_filter, mode = 22, 2
    if prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return not prctl(set_filter, mode, ctypes.byref(prepared), 0, 0)


def _program(column: int, architecture: int) -> bytes:
    """Return the filter as BPF: every call is allowed but those named above.

    A new process is refused by the lack of CLONE_THREAD, the limits of another by its number; a
    call that could hide its flags behind a pointer is answered as if the kernel did not know it.
    """
    # Offsets into struct seccomp_data: number 0, architecture 4, arguments 16 on (8 bytes each).
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, architecture), _stop(errno.EPERM), (_LOAD, 0, 0, 0)]
    # The 32-bit-pointer calls of x86_64 have numbers of their own.
    steps += [(_AT_LEAST, 0, 1, 0x40000000), _stop(errno.EPERM)]
    for numbers in _REFUSED.values():
        steps += [(_EQUAL, 0, 1, numbers[column] & 0xFFFFFFFF), _stop(errno.EACCES)]
    for numbers in _ABSENT.values():
        steps += [(_EQUAL, 0, 1, numbers[column]), _stop(errno.ENOSYS)]
    steps += [
        (_EQUAL, 0, 4, _PRLIMIT[column]),
        (_LOAD, 0, 0, 16),
        (_EQUAL, 1, 0, 0),
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
