#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# counts.sh BUILD: holds what a login takes to limits, as counts that do not
# depend on how fast or how busy the machine is: instructions (callgrind) and
# system calls (strace).  What a login takes is what so many more take.
#
# The limits are some 12 % above what was counted with gcc 12 and glibc 2.36
# on amd64 with AVX2, and exact for system calls.  Whoever lowers a count by a
# lot lowers its limit; a count below a third of it is a failure too, as
# nothing was counted then.

limits='
first		180000	instructions of the first login of a process
login		115000	instructions of another one, PAM and libc included
module		10600	instructions of the module in it
answers		45800	instructions of the agent for the two questions of a login
first-calls	67	system calls of the first login of a process
login-calls	49	system calls of another one, PAM and libc included
question-calls	5	system calls of the serve thread for a question
'
logins=20
questions=500

build=$(cd "${1:?usage: counts.sh BUILD}" && pwd) || exit 2
bin=$build/tests/bench
passed=0
failed=0
dir=$(mktemp -d "${TMPDIR:-/tmp}/apitoken.XXXXXX") || exit 2
agent_pid=
trap 'end' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

end()
{
	agent_stop
	rm -rf "$dir"
}

# Nobody may be kept out of the folder it was built in.
begin()
{
	chmod 0755 "$dir"
	mkdir "$dir/pam.d" "$dir/bin" &&
	cp "$build/.libs/pam_apitoken.so" "$build/apitokend" "$dir/bin/" &&
	cat >"$dir/conf" <<-END
	[agent]
	user = nobody
	[sockets]
	auth = $dir/auth.sock
	user = $dir/user.sock
	admin = $dir/admin.sock
	[store]
	directory = $dir/store
	key = $dir/key
	END
	printf '%s required %s socket=%s agent_uid=%d\n' \
	    auth "$dir/bin/pam_apitoken.so" "$dir" "$(id -u)" \
	    account "$dir/bin/pam_apitoken.so" "$dir" "$(id -u)" \
	    >"$dir/pam.d/svc"
}

# Starts the agent by way of a command, if any.  agent_start [COMMAND...]
agent_start()
{
	local word=

	rm -f "$dir/ready"
	mkfifo "$dir/ready"
	"$@" "$dir/bin/apitokend" --config "$dir/conf" --ready-fd 3 \
	    3>"$dir/ready" >>"$dir/log" 2>&1 </dev/null &
	agent_pid=$!
	read -r word <"$dir/ready"
	test "$word" = ready && return
	tail -n 20 "$dir/log" >&2
	return 1
}

# strace ends with what it traces, which is its child.
agent_stop()
{
	test -n "$agent_pid" || return 0
	if test "$(cat "/proc/$agent_pid/comm")" = strace; then
		kill "$(cat "/proc/$agent_pid/task/$agent_pid/children")"
	else
		kill "$agent_pid"
	fi
	wait "$agent_pid"
	agent_pid=
}

# Instructions of a command, into $dir/callgrind what they are of.
# instructions COMMAND...
instructions()
{
	valgrind --tool=callgrind --callgrind-out-file="$dir/callgrind" \
	    "$@" 2>"$dir/valgrind" >"$dir/said" || {
		tail -n 20 "$dir/valgrind" >&2
		return 1
	}
	sed -n 's/^totals: \([0-9]*\)$/\1/p' "$dir/callgrind"
}

# Those of the module itself: a line of costs belongs to the object that was
# named last, unless it is what a call cost.  An object has its name only where
# its number is first seen.
module_instructions()
{
	awk '
		/^c?ob=/ {
			id = $1
			sub(/^c?ob=/, "", id)
			if (NF > 1)
				name[id] = $2
			if (/^ob=/)
				ours = name[id] ~ /pam_apitoken[.]so$/
		}
		/^calls=/ { skip = 1; next }
		/^[+*0-9-]/ {
			if (!skip && ours)
				sum += $2
			skip = 0
		}
		END { print sum + 0 }' "$dir/callgrind"
}

pamcount()
{
	"$@" "$bin/pamcount" "$dir/pam.d" svc alice "$token" "$count"
}

# One of so many more.  each FEW MANY
each()
{
	echo $((($2 - $1 + logins / 2) / logins))
}

count_logins()
{
	local none one many module

	count=0
	none=$(pamcount instructions) || return
	count=1
	one=$(pamcount instructions) && module=$(module_instructions) ||
		return
	count=$((logins + 1))
	many=$(pamcount instructions) || return
	compare first $((one - none))
	compare login "$(each "$one" "$many")"
	compare module "$(each "$module" "$(module_instructions)")"
}

calls()
{
	strace -o "$dir/strace" "$@" >"$dir/said" && wc -l <"$dir/strace"
}

count_login_calls()
{
	local none one many

	count=0
	none=$(pamcount calls) || return
	count=1
	one=$(pamcount calls) || return
	count=$((logins + 1))
	many=$(pamcount calls) || return
	compare first-calls $((one - none))
	compare login-calls "$(each "$one" "$many")"
}

count_answers()
{
	local first all

	first=$(instructions "$bin/countverify" 1) &&
	all=$(instructions "$bin/countverify" $((logins + 1))) || return
	compare answers "$(each "$first" "$all")"
}

# The serve thread is the one that accepts: what it does from one connection
# to the next.  Where it was faster than the client it waits once more, so
# the tenth that took least counts.
question_calls()
{
	grep -v ' resumed>' "$dir/strace" | awk '
		{ calls[$1]++ }
		/ accept4\(/ && !/ = -1 / {
			if ($1 in accepted)
				print calls[$1]
			accepted[$1] = 1
			calls[$1] = 0
		}' | sort -n | sed -n "$((questions / 10))p"
}

count_question_calls()
{
	agent_stop
	agent_start strace -f -o "$dir/strace" &&
	"$bin/askload" -S "$dir/auth.sock" -w 0 -s 30 -n $questions \
	    "svc=user:alice:$token" >"$dir/said" || return
	agent_stop
	compare question-calls "$(question_calls)"
}

# compare NAME COUNT
compare()
{
	local limit what

	read -r limit what <<<"$(awk -v n="$1" '$1 == n {
		$1 = ""; print }' <<<"$limits")"
	echo "counts: ${2:-none} $what (at most $limit)"
	if test "${2:-0}" -le "$limit" && test "${2:-0}" -ge $((limit / 3)); then
		passed=$((passed + 1))
	else
		echo "FAILED: counts: ${2:-no} $what; at most $limit" >&2
		failed=$((failed + 1))
	fi
}

# What could not be counted has failed.  counted COMMAND
counted()
{
	"$1" || {
		echo "FAILED: counts: $1" >&2
		failed=$((failed + 1))
	}
}

begin && agent_start || exit 1
token=$("$build/apitoken" --socket "$dir/admin.sock" create probe \
    --user alice --quiet) || exit 1
counted count_logins
counted count_login_calls
counted count_answers
counted count_question_calls
echo "counts: $passed passed, $failed failed"
test $failed -eq 0 && test $passed -eq 7
