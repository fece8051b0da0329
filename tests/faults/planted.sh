#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# planted.sh BUILDDIR [ROUNDS]: leaves one check of the verification out at a
# time, in a copy of the source file that makes it, links accepts with that
# copy and demands that the test turns red.  Unchanged copies must stay green.
# Three reasons have no fault of their own: a token that is unknown or waits for
# a secret has none that could be right, and a caller who may not ask is turned
# away before the verification too.

build=$(cd "${1:?usage: planted.sh BUILDDIR [ROUNDS]}" && pwd) || exit 2
rounds=${2:-20000}
cc=${CC:-cc}
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 2
passed=0
failed=0

# name		file			what sed does to it
faults='
none|agent/model/verify.c|
none|agent/server/answer.c|
16 bytes|agent/model/verify.c|s/verifier, secret->verifier, CRYPTO_VERIFIER_SIZE/verifier, secret->verifier, 16/
last 16|agent/model/verify.c|s/verifier, secret->verifier, CRYPTO_VERIFIER_SIZE/verifier + 16, secret->verifier + 16, 16/
secret|agent/model/verify.c|s/reason_if(\*secret_number == 0 ||/reason_if(false \&\&/
kind|agent/model/verify.c|s/reason_if(!for_services, REASON_KIND)/0/
MAC|agent/server/answer.c|s/if (record_decode(row.body, \&found->record)/found->authentic = found->exists;&/
expiry|agent/model/verify.c|s/record->lapsed || is_past(spec->expires_at, now)/record->lapsed/
lapse|agent/model/verify.c|s/record->lapsed || is_past(spec->expires_at, now)/is_past(spec->expires_at, now)/
overlap|agent/model/verify.c|s/!is_past(secret->expires_at, now)/true/
not-before|agent/model/verify.c|s/reason_if(now < spec->not_before, REASON_NOT_YET)/0/
revoked|agent/model/verify.c|s/reason_if(record->state == STATE_REVOKED, REASON_REVOKED)/0/
disabled|agent/model/verify.c|s/reason_if(record->state == STATE_DISABLED, REASON_DISABLED)/0/
uses|agent/model/verify.c|s/reason_if(spec->uses == 0, REASON_USES)/0/
user|agent/model/verify.c|s/reason_if(!spanlist_has(&spec->users, in->login), REASON_LOGIN)/0/
service|agent/model/verify.c|s/reason_if(!scope_service(spec, service), REASON_SERVICE)/0/
project|agent/model/verify.c|s/reason_if(!scope_project(spec, service), REASON_PROJECT)/0/
environment|agent/model/verify.c|s/!scope_environment(spec, service), REASON_ENVIRONMENT/false, REASON_ENVIRONMENT/
elevated|agent/model/verify.c|s/service->elevated \&\& !record->elevated, REASON_ELEVATED/false, REASON_ELEVATED/
owner|agent/model/verify.c|s/reason_if(!in->owner_may_use, REASON_OWNER)/0/
warrant|agent/model/verify.c|s/reason_if(in->unwarranted, REASON_WARRANT)/0/
parent|agent/model/verify.c|s/reason_if(has_parent \&\& verify_parent(in) != 0, REASON_PARENT)/0/
role|agent/model/verify.c|s/reason_if(!scope_role(spec, service), REASON_ROLE)/0/
from|agent/model/verify.c|s/reason_if(!address_fits(&spec->from, in->rhost), REASON_FROM)/0/
'

compile()
{
	# shellcheck disable=SC2086
	$cc -std=gnu17 -O1 -D_GNU_SOURCE -w -I"$top" -I"$work/src" \
	    -ffunction-sections "$@"
}

# What does not change: the test and its fixtures.
compile_test()
{
	local name

	for name in faults/accepts faults/pool unit/agent_fixture \
	    unit/model_fixture; do
		compile -c -o "$work/${name##*/}.o" "$top/tests/$name.c" ||
		    return
	done
}

# The copy comes first: what it defines is not taken from the library.
link_test()
{
	local libs="$build/agent/.libs"

	# shellcheck disable=SC2046,SC2086
	$cc -o "$work/accepts" "$work/copy.o" "$work"/{accepts,pool}.o \
	    "$work"/{agent,model}_fixture.o \
	    "$libs"/lib{server,store,model}.a \
	    "$build/common/.libs/libcommon.a" \
	    $(pkg-config --libs lmdb libsodium inih check) -lpthread
}

# plant FILE EXPRESSION
plant()
{
	sed "$2" "$top/$1" >"$work/copy.c" || return
	if test -n "$2" && cmp -s "$top/$1" "$work/copy.c"; then
		echo "there is no place for it in $1 any more"
		return 1
	fi
	compile -c -o "$work/copy.o" "$work/copy.c" && link_test
}

# Red is that somebody was wrongly let in, and nothing else.
is_as_it_should()
{
	if "$work/accepts" "$rounds" >"$work/said" 2>&1; then
		test "$1" = none
	else
		test "$1" != none && grep -q '^accepts: let in one that is' \
		    "$work/said"
	fi
}

try_fault()
{
	if plant "$2" "$3" && is_as_it_should "$1"; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	echo "FAILED: planted: $1 in $2" >&2
	tail -n 5 "$work/said" >&2
}

work=$(mktemp -d "${TMPDIR:-/tmp}/apitoken.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
: >"$work/said"
if ! compile_test; then
	echo "planted: 0 passed, 1 failed"
	exit 1
fi
while IFS='|' read -r name file expression; do
	test -z "$name" || try_fault "$name" "$file" "$expression"
done <<<"$faults"
echo "planted: $passed passed, $failed failed"
test $failed -eq 0 && test $passed -gt 0
