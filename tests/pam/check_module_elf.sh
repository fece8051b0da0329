#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What pam_apitoken.so needs, shows, calls and keeps, read from the file.
# Run in the build directory.

module=${1:-.libs/pam_apitoken.so}
failed=0

fail()
{
	echo "check_module_elf: $*" >&2
	failed=1
}

# same WHAT EXPECTED GOT
same()
{
	test "$2" = "$3" || fail "$1: expected $2, got $3"
}

# Lines to one line of words in order.
words()
{
	LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//'
}

if ! test -r "$module"; then
	echo "check_module_elf: no $module here" >&2
	exit 1
fi
if nm -D "$module" | grep -q '__asan\|__ubsan\|__llvm_\|__gcov'; then
	echo "check_module_elf: instrumented, skipped"
	exit 77
fi

same NEEDED "libc.so.6 libpam.so.0" \
    "$(readelf -dW "$module" |
	sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | words)"

same "exported symbols" \
    "pam_sm_acct_mgmt pam_sm_authenticate pam_sm_close_session pam_sm_open_session pam_sm_setcred" \
    "$(nm -D --defined-only "$module" | awk '{ print $3 }' | words)"

# In a process that is not ours these change what is not ours, ask the
# network (NSS), or trust the environment of somebody else.
for name in $(nm -D --undefined-only "$module" |
    sed 's/.* [UwW] //; s/@.*//'); do
	case $name in
	getenv | secure_getenv | setenv | putenv | unsetenv | clearenv | \
	fork | vfork | clone | execl* | execv* | system | popen | posix_spawn* | \
	signal | sigaction | sigprocmask | pthread_* | alarm | setitimer | \
	openlog | syslog | __syslog_chk | vsyslog | closelog | setlogmask | \
	exit | _exit | _Exit | quick_exit | abort | atexit | __cxa_atexit | \
	getpw* | getgr* | getsp* | getlogin* | getaddrinfo | gethost* | \
	setutent | getut* | endutent | initgroups | \
	setuid | seteuid | setreuid | setresuid | setgid | setegid | \
	setregid | setresgid | setgroups | chdir | fchdir | chroot | umask | \
	dup | dup2 | dup3 | dlopen | setlocale | strtok | localtime | gmtime | \
	printf | __printf_chk | puts | perror | fopen* | open | open64)
		fail "calls $name" ;;
	esac
done

# Writable data of ours is none.  What is left there is the C runtime's own:
# in .data __dso_handle, in .bss the flag completed.0 of crtstuff and what
# fills its section up.  Tables that need relocating would be .data.rel.ro.
for row in $(readelf -SW "$module" | sed 's/^ *\[ *[0-9]*\] *//' |
    awk '$1 ~ /^\./ && $7 ~ /W/ { print $1 ":" $5 }'); do
	section=${row%:*}
	size=$(printf %d "0x${row#*:}")
	case $section in
	.init_array | .fini_array | .dynamic | .got | .got.plt) ;;
	.data | .bss)
		test "$size" -le 8 || fail "$section has $size bytes" ;;
	*)
		fail "writable section $section" ;;
	esac
done

# The same from the symbols: every object in .data or .bss by its name.
for name in $(nm "$module" 2>/dev/null | awk '$2 ~ /^[dDbBC]$/ { print $3 }'); do
	case $name in
	__dso_handle | completed.0 | __TMC_END__ | __bss_start | _edata | \
	_end | _DYNAMIC | _GLOBAL_OFFSET_TABLE_ | __frame_dummy_init_array_entry | \
	__do_global_dtors_aux_fini_array_entry) ;;
	*) fail "writable object $name" ;;
	esac
done

# A host must be able to load it, which it then does once, however many logins
# it has; and nothing of it may be patched later.
flags=$(readelf -dW "$module")
case $flags in
*NOOPEN*) fail "cannot be loaded" ;;
esac
case $flags in
*NODELETE*) ;;
*) fail "is loaded anew for each login" ;;
esac
case $flags in
*TEXTREL*) fail "has text relocations" ;;
esac
case $flags in
*RPATH* | *RUNPATH*) fail "has a search path for libraries" ;;
esac
case $flags in
*NOW*) ;;
*) fail "binds symbols lazily" ;;
esac
case $(readelf -lW "$module" | grep GNU_STACK) in
*RWE*) fail "has an executable stack" ;;
esac

exit $failed
