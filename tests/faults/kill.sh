#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# kill.sh BUILDDIR [CYCLES]: ends the agent by SIGKILL at random moments while
# tokens are made and revoked, starts it again and looks: each token that the
# CLI said was made is there, each that it said was revoked is so, and
# nothing is sealed.  Started by root, it goes on as nobody.

build=$(cd "${1:?usage: kill.sh BUILDDIR [CYCLES]}" && pwd) || exit 2
cycles=${2:-20}
workers=3
passed=0
failed=0

begin()
{
	dir=$(mktemp -d "${TMPDIR:-/tmp}/apitoken.XXXXXX") || exit 2
	trap 'rm -rf "$dir"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	mkdir "$dir/bin" &&
	cp "$build/apitokend" "$build/apitoken" "$dir/bin/" &&
	cp "$0" "$dir/bin/kill.sh" || exit 2
	if test "$(id -u)" -ne 0; then
		KILL_DIR=$dir bash "$dir/bin/kill.sh" / "$cycles"
	else
		chown -R nobody "$dir"
		KILL_DIR=$dir setpriv --reuid=nobody --regid=nogroup \
		    --clear-groups bash "$dir/bin/kill.sh" / "$cycles"
	fi
	exit
}

configure()
{
	cat >"$dir/apitokend.conf" <<-END
	[sockets]
	auth = $dir/run/auth.sock
	user = $dir/run/user.sock
	admin = $dir/run/admin.sock
	[store]
	directory = $dir/store
	key = $dir/master.key
	END
	: >"$dir/made"
	: >"$dir/revoked"
}

apitoken()
{
	"$dir/bin/apitoken" --socket "$dir/run/admin.sock" "$@"
}

start()
{
	local word=

	rm -f "$dir/ready"
	mkfifo "$dir/ready"
	"$dir/bin/apitokend" --config "$dir/apitokend.conf" --ready-fd 3 \
	    3>"$dir/ready" >>"$dir/log" 2>&1 &
	agent=$!
	read -r word <"$dir/ready"
	test "$word" = ready
}

# Makes tokens and revokes every second one until the agent is gone.  What was
# acknowledged is written down after the CLI said so.  work CYCLE WORKER
work()
{
	local n=0 token id

	while n=$((n + 1)); do
		token=$(apitoken create "t-$1-$2-$n" --user alice --quiet \
		    2>/dev/null) || return
		id=${token:4:10}
		echo "$id $token" >>"$dir/made"
		test $((n % 2)) -eq 0 || continue
		apitoken revoke "$id" --yes --quiet >/dev/null 2>&1 || return
		echo "$id" >>"$dir/revoked"
	done
}

# What is wrong: the first few lines of it.  A token whose revocation was under way when
# the agent was killed may be either.
compare()
{
	apitoken list -o jsonl >"$dir/jsonl" || return
	sed -n \
	    's/.*"id": *"\([^"]*\)".*"state": *"\([^"]*\)".*/\1 \2/p' \
	    "$dir/jsonl" >"$dir/listed" &&
	awk -v made="$dir/made" -v revoked="$dir/revoked" '
		{ state[$1] = $2 }
		END {
			while ((getline line < made) > 0) {
				split(line, field, " ")
				if (!(field[1] in state))
					print field[1] " is lost"
			}
			while ((getline id < revoked) > 0)
				if (state[id] != "revoked")
					print id " is " state[id] " again"
		}' "$dir/listed" | head -n 3
}

# The newest that was not revoked still opens; the newest revoked does not.
newest_is_right()
{
	local id token status

	id=$(tail -n 1 "$dir/revoked")
	token=$(sed -n "s/^$id //p" "$dir/made")
	echo "$token" | apitoken verify --user alice --service svc \
	    >/dev/null 2>&1
	status=$?
	test $status -eq 10 || return
	# Not the last one of a worker: its revocation may have been on its way.
	token=$(awk -v revoked="$dir/revoked" '
		BEGIN { while ((getline id < revoked) > 0) gone[id] = 1 }
		!($1 in gone) { line[++n] = $2 }
		END { print line[1] }' "$dir/made")
	echo "$token" | apitoken verify --user alice --service svc \
	    >/dev/null 2>&1
}

# One life of the agent.  cycle NUMBER
cycle()
{
	local worker wrong pids=()

	for worker in $(seq $workers); do
		work "$1" "$worker" &
		pids+=($!)
	done
	# Here time itself is what is random: from 20 to 420 ms.
	sleep "0.$(printf %03d $((20 + RANDOM % 400)))"
	kill -KILL "$agent"
	wait "$agent" "${pids[@]}" 2>/dev/null
	if ! start; then
		echo "it does not start again"
		return 1
	fi
	wrong=$(compare) || wrong="the list cannot be had"
	test -n "$wrong" || newest_is_right || wrong="verify says otherwise"
	test -z "$wrong" && return
	echo "$wrong"
	return 1
}

test -n "${KILL_DIR-}" || begin
dir=$KILL_DIR
umask 077
cd "$dir" || exit 2
configure
start || {
	tail "$dir/log" >&2
	exit 2
}
# The first use of newest_is_right needs one of each.
token=$(apitoken create kept --user alice --quiet) &&
    echo "${token:4:10} $token" >>"$dir/made"
token=$(apitoken create gone --user alice --quiet) &&
    echo "${token:4:10} $token" >>"$dir/made" &&
    apitoken revoke gone --yes --quiet && echo "${token:4:10}" >>"$dir/revoked"
for number in $(seq "$cycles"); do
	if cycle "$number"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: kill, cycle $number" >&2
		tail -n 5 "$dir/log" >&2
		kill -0 "$agent" 2>/dev/null || break
	fi
done
kill "$agent" && wait "$agent"
echo "kill: $(wc -l <"$dir/made") tokens made," \
    "$(wc -l <"$dir/revoked") revoked, $cycles kills"
# Nothing made is nothing tried.
if test "$(wc -l <"$dir/revoked")" -le "$cycles"; then
	echo "FAILED: kill: too little was done between the kills" >&2
	failed=$((failed + 1))
fi
echo "kill: $passed passed, $failed failed"
test $failed -eq 0
