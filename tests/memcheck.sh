#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# memcheck.sh BUILDDIR [PROGRAM...]: valgrind finds neither an error nor a leak
# in the agent while it makes, verifies, revokes and backs up, nor in those of
# the named test programs that the table below does not leave out.  A test
# that fails because it takes twenty times as long is not what is looked for.
# `make check-long` names all of check_PROGRAMS.

build=$(cd "${1:?usage: memcheck.sh BUILDDIR [PROGRAM...]}" && pwd) || exit 2
shift
passed=0
failed=0
error=99
dir=$(mktemp -d) || exit 2
trap 'test -z "$agent" || kill -KILL "$agent"; rm -rf "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
agent=

# Programs	why valgrind does not look at them
left_out='
tests/faults/*	they fail calls, count and time what valgrind does itself
tests/cli/*	what they test is programs that they start
tests/sasl/*	what they test is programs that they start
tests/pam/check_module_confined	valgrind needs calls that are taken away
tests/pam/check_module_process	valgrind changes what it compares: heap, maps
tests/pam/check_stacks	thousands of logins: hours
tests/unit/check_keeper	Check loses its place among messages where tests fork under valgrind
tests/unit/check_sessions	valgrind 3.19 has no pidfd_open(2): no test begins
tests/unit/check_cli_program	what it tests is a program that it starts
'

# In place of this shell: to be run in one of its own.
memcheck()
{
	exec valgrind --error-exitcode=$error --leak-check=full \
	    --errors-for-leak-kinds=definite,indirect "$@"
}

# count WHAT STATUS
count()
{
	if test "$2" -eq 0; then
		echo "memcheck: $1"
		passed=$((passed + 1))
	else
		sed 's/^/    /' "$dir/said" | tail -n 30 >&2
		echo "FAILED: memcheck: $1" >&2
		failed=$((failed + 1))
	fi
}

configure()
{
	cat >"$dir/apitokend.conf" <<-END
	[sockets]
	auth = $dir/auth.sock
	user = $dir/user.sock
	admin = $dir/admin.sock
	[store]
	directory = $dir/store
	key = $dir/master.key
	map_size = 64M
	[agent]
	user = $(id -un)
	END
}

# The one process and not its names child, whose plugins are others'.
start()
{
	local word=

	mkfifo "$dir/ready"
	memcheck --child-silent-after-fork=yes --log-file="$dir/valgrind" \
	    "$build/apitokend" \
	    --no-sandbox --config "$dir/apitokend.conf" --ready-fd 3 \
	    3>"$dir/ready" >"$dir/said" 2>&1 &
	agent=$!
	read -r word <"$dir/ready"
	test "$word" = ready
}

apitoken()
{
	"$build/apitoken" --socket "$dir/admin.sock" --quiet --yes "$@"
}

use_it()
{
	local n

	for n in 1 2 3 4 5; do
		apitoken create "t$n" --user alice >"$dir/token" &&
		apitoken verify --user alice --service svc <"$dir/token" &&
		apitoken exchange -o json <"$dir/token" >"$dir/pair" &&
		apitoken refresh -o json <"$dir/pair" &&
		apitoken edit "t$n" --description "number $n" || return
	done
	apitoken list && apitoken export && apitoken audit &&
	apitoken project create web && apitoken project list &&
	apitoken revoke t1 && apitoken delete t2 &&
	apitoken backup "$dir/backup" && apitoken restore "$dir/backup" &&
	kill -HUP "$agent" && apitoken status
}

the_agent()
{
	local status

	configure
	start && use_it >"$dir/used" 2>&1
	count "the agent is used" $?
	kill "$agent"
	wait "$agent"
	status=$?
	agent=
	cp "$dir/valgrind" "$dir/said"
	grep -q 'ERROR SUMMARY: 0 errors' "$dir/said" || status=1
	count "the agent ends without an error or a leak" "$status"
}

is_left_out()
{
	local pattern

	while IFS=$'\t' read -r pattern _; do
		# shellcheck disable=SC2053
		test -z "$pattern" || [[ $1 != $pattern ]] || return 0
	done <<<"$left_out"
	return 1
}

# Children that a test or the store's check makes end with what they have.
# Without a process for each test Check forgets a message of its own.
test_program()
{
	local status

	(export CK_FORK=no
	memcheck --quiet --child-silent-after-fork=yes \
	    --suppressions="$dir/suppressed" "$build/$1") >"$dir/said" 2>&1
	status=$?
	# Its own failure; it must have run to its end.
	test "$status" -ne 1 || ! grep -q '^[0-9]*%: Checks: ' "$dir/said" ||
	    status=0
	count "$1" "$status"
}

cd "$build" || exit 2
cat >"$dir/suppressed" <<-END
{
   check
   Memcheck:Leak
   ...
   fun:punpack
}
END
the_agent
for program; do
	is_left_out "$program" || test_program "$program"
done
echo "memcheck: $passed passed, $failed failed"
test $failed -eq 0
