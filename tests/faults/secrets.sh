#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# secrets.sh BUILDDIR: looks for eight bytes in a row of any secret wherever
# one could be left behind once the agent has answered: its memory and that of
# its names process, a dump of it, the store, a backup, an export, the logs,
# what the programs are started with, and a host process of the module after
# pam_end().  What is planted is found in the same ways.  Run as root.

build=$(cd "${1:?usage: secrets.sh BUILDDIR}" && pwd) || exit 2
passed=0
failed=0

# check WHAT COMMAND...
check()
{
	local what=$1
	shift

	if "$@" >"$dir/said" 2>&1; then
		echo "secrets: $what"
		passed=$((passed + 1))
	else
		echo "FAILED: secrets: $what" >&2
		tail -n 5 "$dir/said" >&2
		failed=$((failed + 1))
	fi
}

fails()
{
	! "$@"
}

apitoken()
{
	"$build/apitoken" --socket "$dir/run/admin.sock" "$@"
}

# scan PLACE...: nothing is there.
scan()
{
	"$build/tests/faults/scan" "$dir/tokens/all" "$dir/master.key" "$@"
}

# finds PLACE...: something is, and not only an error.
finds()
{
	scan "$@"
	test $? -eq 1
}

configure()
{
	local module

	mkdir "$dir/pam.d" "$dir/tokens" "$dir/out" "$dir/cwd"
	chmod 0777 "$dir/cwd"
	cat >"$dir/apitokend.conf" <<-END
	[agent]
	user = nobody
	[sockets]
	auth = $dir/run/auth.sock
	user = $dir/run/user.sock
	admin = $dir/run/admin.sock
	saslauthd = $dir/run/mux
	saslauthd_group = root
	[store]
	directory = $dir/store
	key = $dir/master.key
	map_size = 16M
	END
	module="$build/.libs/pam_apitoken.so socket=$dir/run nodelay debug"
	cat >"$dir/pam.d/svc" <<-END
	auth [success=done ignore=ignore default=die] $module
	auth requisite pam_deny.so
	account required $module
	END
}

# It would like to dump a core, and has where to.
start()
{
	local word=

	mkfifo "$dir/ready"
	(cd "$dir/cwd" && ulimit -c unlimited || exit
	    exec "$build/apitokend" --config "$dir/apitokend.conf" \
		--ready-fd 3) 3>"$dir/ready" >>"$dir/out/log" 2>&1 &
	agent=$!
	read -r word <"$dir/ready"
	test "$word" = ready
}

# Adds what is in files, whether in JSON or not, to what is looked for.
note()
{
	grep -oh 'at[karm]_[0-9A-Za-z]\{10\}_[0-9A-Za-z]\{33\}' "$@" \
	    >>"$dir/tokens/all"
}

make_tokens()
{
	local t=$dir/tokens

	apitoken create first --user alice --quiet --output "$t/first" &&
	apitoken create second --user alice --quiet --output "$t/second" &&
	apitoken create third --user alice --quiet --output "$t/third" &&
	apitoken create manager --management --role owner --quiet \
	    --output "$t/manager" &&
	apitoken regenerate third --overlap 1h --yes --quiet \
	    --output "$t/next" &&
	apitoken exchange --quiet --output "$t/pair" <"$t/first" &&
	apitoken refresh --quiet --output "$t/pair2" < \
	    <(grep -o 'atr_[0-9A-Za-z_]*' "$t/pair") &&
	"$build/tests/services/forge" secret <"$t/second" >"$t/wrong" &&
	note "$t"/*
}

log_in()
{
	"$build/tests/services/pamlogin" "$dir/pam.d" svc alice <"$1" \
	    2>>"$dir/out/syslog"
}

verify()
{
	apitoken verify --user alice --service svc <"$1" >>"$dir/out/cli" 2>&1
}

# As a saslauthd client asks.
ask_sasl()
{
	perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new($ARGV[0]) or die "$ARGV[0]: $!";
		open my $f, "<", $ARGV[1] or die; chomp(my $t = <$f>);
		print $s map { pack "n/a", $_ } "alice", $t, "svc", "";
		$s->flush; read $s, my $r, 4; print substr $r, 2, 2' \
	    "$dir/run/mux" "$1"
}

# All the ways that a secret comes to the agent, rightly and wrongly.
use_tokens()
{
	local t=$dir/tokens

	for _ in 1 2 3; do
		log_in "$t/first" && verify "$t/second" && fails log_in \
		    "$t/wrong" && fails verify "$t/wrong" || return
	done
	test "$(ask_sasl "$t/second")" = OK &&
	test "$(ask_sasl "$t/wrong")" = NO &&
	apitoken --token-file "$t/manager" list >>"$dir/out/cli" &&
	grep -o 'ata_[0-9A-Za-z_]*' "$t/pair2" >"$t/access" &&
	log_in "$t/access" &&
	apitoken explain second --user alice --service svc >>"$dir/out/cli" &&
	apitoken list -o json >>"$dir/out/cli" &&
	apitoken audit >>"$dir/out/cli" &&
	apitoken export --output "$dir/out/export" &&
	apitoken backup "$dir/out/backup" &&
	apitoken key rotate --key "$dir/master.key" --yes \
	    >>"$dir/out/cli" 2>&1 &&
	apitoken revoke second --yes --quiet &&
	fails log_in "$t/second"
}

children()
{
	cat "/proc/$agent/task"/*/children
}

all_of_agent()
{
	# shellcheck disable=SC2046
	scan "$agent" $(children)
}

# By a debugger, as root: what is never to be dumped is left out.
dump_agent()
{
	gcore -o "$dir/out/core" "$agent" >/dev/null 2>&1 &&
	test -s "$dir/out/core.$agent"
}

# started_with COMMAND...: starts it with the token on an input that stays
# open; scans how it was started, and sees that its memory has the secret.
started_with()
{
	local pid

	mkfifo "$dir/in"
	"$@" <"$dir/in" >/dev/null 2>&1 &
	pid=$!
	exec 4>"$dir/in"
	cat "$dir/tokens/first" >&4
	# It has read all of it when the pipe is empty.
	until perl -e 'open my $p, "<&=", 4; my $n = pack "i", 0;
	    ioctl STDIN, 0x541b, $n; exit unpack "i", $n' <"$dir/in"; do
		kill -0 "$pid" || break
	done
	scan "/proc/$pid/cmdline" "/proc/$pid/environ" && finds "$pid"
	local result=$?
	exec 4>&-
	wait "$pid"
	rm "$dir/in"
	return $result
}

# A host whose login is over.  host_after HOW TOKEN [keep]
host_after()
{
	local code pid result

	mkfifo "$dir/in" "$dir/code"
	"$build/tests/faults/host" "$dir/pam.d" svc alice "$2" ${3:+"$3"} \
	    <"$dir/in" >"$dir/code" 2>/dev/null &
	pid=$!
	exec 4>"$dir/in"
	read -r code <"$dir/code"
	"$1" "$pid"
	result=$?
	exec 4>&-
	wait "$pid"
	rm "$dir/in" "$dir/code"
	test "$code" = "${expected:-0}" && return $result
	echo "libpam's code is $code"
	return 1
}

# plant WHAT: eight bytes of a secret in another form are found in a file.
plant()
{
	printf '%s' "$1" >"$dir/out/planted"
	finds "$dir/out"
	local result=$?
	rm "$dir/out/planted"
	return $result
}

# Where the kernel hands cores to somebody, the limit alone can be seen.
aborted_without_core()
{
	grep -q '^Max core file size  *0  *0 ' "/proc/$agent/limits" || return
	kill -ABRT "$agent"
	wait "$agent"
	test -z "$(find "$dir/cwd" -type f)"
}

umask 077
dir=$(mktemp -d "${TMPDIR:-/tmp}/apitoken.XXXXXX") || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
chmod 0711 "$dir"
configure
check "an agent starts" start
check "tokens of all kinds are made" make_tokens
check "they are used, rightly and wrongly" use_tokens
check "nothing is in the agent's memory, or its children's" all_of_agent
check "it is dumped by a debugger" dump_agent
check "nothing is in the dump" scan "$dir/out/core.$agent"
rm -f "$dir/out"/core.*
check "nothing is in the store" scan "$dir/store"
check "nothing is in logs, answers, backup and export" scan "$dir/out"
check "nothing is in what was left of sockets and configuration" \
    scan "$dir/run" "$dir/apitokend.conf" "$dir/pam.d" "$dir/cwd"
check "the CLI is not started with it, and has it in its memory" \
    started_with "$build/apitoken" --socket "$dir/run/admin.sock" verify \
    --user alice --service svc
check "nothing is in a host's memory after a login" \
    host_after scan "$dir/tokens/first"
expected=7
check "nor after a refused one" host_after scan "$dir/tokens/wrong"
expected=0
check "what a host keeps is found" host_after finds "$dir/tokens/first" keep
check "a planted piece of base62 is found" \
    plant "$(cut -c 20-27 "$dir/tokens/first")"
check "a planted piece of a key in hex is found" \
    plant "$(cut -d' ' -f2 "$dir/master.key" | cut -c 9-16)"
check "the key file itself is found" finds "$dir/master.key"
check "an agent that is aborted leaves no core" aborted_without_core
test $failed -eq 0 || tail -n 20 "$dir/out/log" >&2
echo "secrets: $passed passed, $failed failed"
test $failed -eq 0
