#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# threads.sh [long]: builds the module and the test of its threads with
# ThreadSanitizer, in a folder of its own, and sees that it finds no race; and
# that it finds one that is planted into the module.

top=$(cd "$(dirname "$0")/../.." && pwd) || exit 2
work=$(mktemp -d "${TMPDIR:-/tmp}/apitoken-threads.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
test=tests/pam/check_module_threads
passed=0
failed=0

# Not with fortified functions, which the sanitizer does not know.
build()
{
	cd "$work/build" &&
	"$work/src/configure" --quiet CC="${CC:-gcc}" \
	    CFLAGS='-g -O1 -fsanitize=thread' &&
	make -s -j"$(nproc)" pam_apitoken.la $test
}

# A module that counts its logins in a variable, which no host locks.
plant()
{
	sed -i '/^	account_forget(pamh);$/i\
	{ static volatile int logins; logins++; }' \
	    "$work/src/pam_apitoken/pam_apitoken.c" &&
	cd "$work/build" && make -s pam_apitoken.la
}

run()
{
	(cd "$work/build" && TSAN_OPTIONS="exitcode=66 halt_on_error=0" \
	    "$work/build/$test" "$@") >"$work/said" 2>&1 &&
	! grep -q 'WARNING: ThreadSanitizer' "$work/said"
}

# result WHAT STATUS
result()
{
	if test "$2" -eq 0; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $1"
		tail -n 40 "$work/said"
	fi
}

mkdir "$work/src" "$work/build" &&
(cd "$top" && tar -cf - --exclude=./build --exclude='./build-[!a]*' --exclude=.git \
    --exclude='*.o' --exclude='*.lo' --exclude=.libs .) |
    tar -xf - -C "$work/src" || exit 2
if ! build >"$work/said" 2>&1; then
	tail -n 40 "$work/said"
	echo "threads: 0 passed, 1 failed"
	exit 1
fi
run "$@"
result "no race" $?
plant >>"$work/said" 2>&1 && ! run && grep -q 'data race' "$work/said"
result "a race that was planted is found" $?
echo "threads: $passed passed, $failed failed"
test $failed -eq 0
