"""A filter of system calls: what no sensor ever does is refused with EPERM, by the kernel, for ever.

Rule 1: a list of what is refused, not of what is allowed. Compiled kernels, threads, the C library and TLS use new
calls with each version, and a sensor that dies of one is worse than one with a longer list; the systemd unit sets an
allow list beside it, kept by systemd.
Rule 2: the filter is made by libseccomp, which knows the numbers on every machine, through pyseccomp
(``pip install 'umbilical[sandbox]'``). Where either is missing the caller is told, and goes on without.
"""

import errno
from typing import Any

STARTS_PROGRAMS = ("execve", "execveat")
LOOKS_INTO_OTHERS = (
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "kcmp",
    "pidfd_getfd",
    "perf_event_open",
)
MOUNTS = (
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "move_mount",
    "open_tree",
    "mount_setattr",
    "swapon",
    "swapoff",
    "quotactl",
    "acct",
)
CHANGES_THE_KERNEL = (
    "bpf",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "reboot",
    "iopl",
    "ioperm",
    "settimeofday",
    "clock_settime",
    "sethostname",
    "setdomainname",
    "syslog",
)
CHANGES_WHO_IT_IS = (
    "setuid",
    "setgid",
    "setreuid",
    "setregid",
    "setresuid",
    "setresgid",
    "setfsuid",
    "setfsgid",
    "setgroups",
    "capset",
    "unshare",
    "setns",
    "personality",
)
WIDENS_THE_KERNEL_S_DOOR = (
    "userfaultfd",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "add_key",
    "request_key",
    "keyctl",
    "open_by_handle_at",
    "name_to_handle_at",
    "modify_ldt",
    "vhangup",
    "uselib",
    "lookup_dcookie",
    "move_pages",
    "migrate_pages",
    "fanotify_init",
)
REFUSED = (
    *STARTS_PROGRAMS,
    *LOOKS_INTO_OTHERS,
    *MOUNTS,
    *CHANGES_THE_KERNEL,
    *CHANGES_WHO_IT_IS,
    *WIDENS_THE_KERNEL_S_DOOR,
)
_NEW_NAMESPACES = 0x7E02_0000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET (``linux/sched.h``)."""
_NAMESPACE_BITS = tuple(bit for bit in (1 << place for place in range(32)) if bit & _NEW_NAMESPACES)
_LAST_FAMILY = 16
"""AF_NETLINK, which name look-ups use; the families above it (AF_PACKET is 17) are opened before or never."""


def seccomp_library() -> Any:
    """Return pyseccomp; raises ImportError that says what to install.

    It starts programs to find libseccomp, so it is asked for before that is forbidden.
    """
    try:
        import pyseccomp
    except ImportError as error:
        raise ImportError("pip install 'umbilical[sandbox]' sets one") from error
    except (RuntimeError, OSError) as error:
        raise ImportError("libseccomp is missing (apt install libseccomp2)") from error
    return pyseccomp


def refuse_system_calls(library: Any) -> None:
    """Set the filter for all threads; raises OSError when the kernel has no seccomp."""
    limits: Any = library.SyscallFilter(library.ALLOW)
    limits.set_attr(library.Attr.CTL_TSYNC, 1)
    for name in REFUSED:
        if library.resolve_syscall(library.Arch.NATIVE, name) >= 0:  # else this machine does not have it
            limits.add_rule(library.ERRNO(errno.EPERM), name)
    for bit in _NAMESPACE_BITS:
        limits.add_rule(library.ERRNO(errno.EPERM), "clone", library.Arg(0, library.MASKED_EQ, bit, bit))
    # Its flags stand behind a pointer, where no filter sees them; with ENOSYS the C library takes clone instead.
    limits.add_rule(library.ERRNO(errno.ENOSYS), "clone3")
    limits.add_rule(library.ERRNO(errno.EAFNOSUPPORT), "socket", library.Arg(0, library.GT, _LAST_FAMILY))
    limits.load()
