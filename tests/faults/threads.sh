#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# threads.sh [long]: builds the module and the test of its threads with
# ThreadSanitizer and sees that it finds no race; and that it finds one that is
# planted into the module.

top=$(cd "$(dirname "$0")/../.." && pwd) || exit 2
work=$(mktemp -d "${TMPDIR:-/tmp}/apitoken-threads.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
read -ra compiler <<<"${CC:-gcc}"
read -ra libraries <<<"$(pkg-config --libs check)"
passed=0
failed=0

# compile WORD...: without what fortifies functions, which the sanitizer does
# not know.
compile()
{
	"${compiler[@]}" -std=gnu17 -g -O1 -fsanitize=thread \
	    -U_FORTIFY_SOURCE -D_GNU_SOURCE -I"$work" -I/usr/include/security \
	    -DAPITOKEN_RUNDIR='"/run/apitoken"' \
	    -DMODULE="\"$work/pam_apitoken.so\"" "$@"
}

compile_module()
{
	compile -fPIC -shared -o "$work/pam_apitoken.so" \
	    "$work"/pam_apitoken/*.c "$work"/common/*.c -lpam
}

compile_test()
{
	compile -o "$work/threads" \
	    "$work"/tests/pam/{check_module_threads,journal,listener}.c \
	    "$work"/tests/pam/{login,scene}.c "$work"/common/*.c -lpam \
	    "${libraries[@]}"
}

# A module that counts its logins where no host locks, for so long that two
# are at it at a time: what the listener takes and answers puts those in order
# that are not.
plant()
{
	sed -i '/^	account_forget(pamh);$/i\
	{ static volatile int n; for (int i = 0; i < 100000; i++) n++; }' \
	    "$work/pam_apitoken/pam_apitoken.c"
}

# The test's own process prints what it finds.
run()
{
	TSAN_OPTIONS="exitcode=66 suppressions=$work/suppressed" \
	    "$work/threads" "$@" >"$work/said" 2>&1 &&
	! grep -q 'WARNING: ThreadSanitizer' "$work/said"
}

# result WHAT STATUS
result()
{
	if test "$2" -eq 0; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: threads: $1"
		tail -n 40 "$work/said"
	fi
}

# libpam has libaudit say what became of a login, which writes to a buffer of
# its own where no host locks.
echo 'race:libaudit.so' >"$work/suppressed"
mkdir "$work/tests" &&
cp -R "$top/pam_apitoken" "$top/common" "$work/" &&
cp -R "$top/tests/pam" "$work/tests/" || exit 2
if ! { compile_module && compile_test; } >"$work/said" 2>&1; then
	tail -n 40 "$work/said"
	echo "threads: 0 passed, 1 failed"
	exit 1
fi
run "$@"
result "no race" $?
plant && compile_module >"$work/said" 2>&1 && ! run &&
    grep -q 'data race' "$work/said"
result "a race that was planted is found" $?
echo "threads: $passed passed, $failed failed"
test $failed -eq 0
