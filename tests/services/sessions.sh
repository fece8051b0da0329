#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# sessions.sh BUILDDIR [UNPACKED]: logs in to real servers with tokens, takes
# the tokens away while the sessions live, and looks what is left of them.  Root
# needed; the system is left alone (stage.sh).
#
# UNPACKED is the folder of a ProFTPD that is not installed, since it and vsftpd
# exclude each other; without it that one is left out.
#
# A kind of session is a function open_KIND LOGIN TOKENFILE, which goes on in
# the background until the session ends; each of its processes puts its pid
# into a file for the login name.

here=$(cd "$(dirname "$0")" && pwd) || exit 2
# shellcheck source=tests/services/stage.sh
. "$here/stage.sh"
# shellcheck source=tests/services/sshd.sh
. "$here/sshd.sh"
# shellcheck source=tests/services/vsftpd.sh
. "$here/vsftpd.sh"
# shellcheck source=tests/services/postgresql.sh
. "$here/postgresql.sh"
# shellcheck source=tests/services/proftpd.sh
. "$here/proftpd.sh"
if test $# -lt 1 || test $# -gt 2 || ! test -x "$1/apitokend"; then
	echo "usage: sessions.sh BUILDDIR [UNPACKED]" >&2
	exit 2
fi
stage_enter "$here/${0##*/}" "$(cd "$1" && pwd)" ${2:+"$(cd "$2" && pwd)"}
build=$1
unpacked=${2-}

# kind		service		processes besides the one that opens it
kinds='
ssh		sshd		3
ssh-pty		sshd		3
ssh-kbdint	sshd		3
ftp		vsftpd		0
sudo		sudo		2
su		su		3
postgresql	postgresql	0
'

if test -n "$unpacked"; then
	kinds+='ftp-proftpd	proftpd		0
'
fi

# Each kind is revoked; the other ways to end a token are tried on one.
ways='
disable
regenerate
delete
expire
end
'

passed=0
failed=0
rounds=0
sshd_limit=600

passes()
{
	passed=$((passed + 1))
}

fails()
{
	failed=$((failed + 1))
	echo "FAILED: $*" >&2
	tail -n 5 "$STAGE/log/agent" >&2
}

now_ms()
{
	echo "$((${EPOCHREALTIME/./} / 1000))"
}

kind_field()
{
	echo "$kinds" | awk -v kind="$1" -v n="$2" '$1 == kind { print $n }'
}

# What runs in a session: a shell, a child of it that has left the terminal, and
# one whose parent has ended.  Where a session has no setsid() of its own, as
# sudo's has not without a terminal, nothing says whose that one is.
session_script()
{
	cat >"$STAGE/bin/work" <<-'END'
	#!/bin/sh
	# work FILE [plain]
	exec 2>/dev/null
	echo $$ >>"$1"
	env >"$1.env"
	trap '' HUP
	setsid sh -c 'echo $$ >>"$1"; while :; do sleep 1000; done' sh "$1" &
	test -n "$2" || (sleep 1000 & echo $! >>"$1")
	while :; do sleep 1000; done
	END
	chmod 0755 "$STAGE/bin/work"
	mkdir -m 1777 "$STAGE/pids"
}

open_ssh()
{
	sshd_client ssh password "$2" "$1@127.0.0.1" \
	    "$STAGE/bin/work $STAGE/pids/$1"
}

open_ssh-pty()
{
	sshd_client ssh password "$2" -tt "$1@127.0.0.1" \
	    "$STAGE/bin/work $STAGE/pids/$1"
}

open_ssh-kbdint()
{
	sshd_client ssh keyboard-interactive "$2" "$1@127.0.0.1" \
	    "$STAGE/bin/work $STAGE/pids/$1"
}

# A transfer that goes on for minutes.
open_ftp()
{
	ftp_large "$vsftpd_port" "$@"
}

open_ftp-proftpd()
{
	ftp_large "$proftpd_port" "$@"
}

# ftp_large PORT LOGIN TOKENFILE
ftp_large()
{
	local port=$1
	shift

	(umask 077 && printf 'machine 127.0.0.1 login %s password "%s"\n' \
	    "$1" "$(cat "$2")" >"$STAGE/out/netrc.$1")
	curl -q -sS --noproxy '*' --max-time 300 --limit-rate 1k \
	    --netrc-file "$STAGE/out/netrc.$1" -o /dev/null \
	    "ftp://127.0.0.1:$port/large"
}

open_sudo()
{
	setpriv --reuid="$1" --regid="$group_id" --clear-groups \
	    sudo -S -p '' "$STAGE/bin/work" "$STAGE/pids/$1" plain <"$2"
}

# Becomes the user, with the user's token.
open_su()
{
	setpriv --reuid="$user_c" --regid="$group_id" --clear-groups \
	    su -c "$STAGE/bin/work $STAGE/pids/$1" "$1" <"$2"
}

open_postgresql()
{
	PGPASSWORD=$(cat "$2") psql -X -w -h 127.0.0.1 -p "$postgresql_port" \
	    -U "$1" -d postgres -Atc 'select pg_sleep(1000)'
}

# The pid of the process that the agent has for the token.
leader_of()
{
	apitoken sessions "$1" -o csv 2>/dev/null | sed -n 2p | cut -d, -f10
}

has_leader()
{
	test -n "$(leader_of "$1")"
}

has_pids()
{
	test "$(wc -l <"$1")" -ge "$2"
}

# Opens a session of the kind; sets pids.  begin KIND LOGIN TOKENNAME
begin()
{
	local kind=$1 login=$2 token=$3 file=$STAGE/pids/$2 id count

	rm -f "$file" "$file.env"
	id=$(token_id "$STAGE/tokens/$token")
	count=$(kind_field "$kind" 3)
	"open_$kind" "$login" "$STAGE/tokens/$token" \
	    >"$STAGE/out/client.$login" 2>&1 </dev/null &
	clients+=($!)
	if ! stage_await "$kind: a session of $login" has_leader "$id"; then
		cat "$STAGE/out/client.$login" >&2
		return 1
	fi
	pids=$(leader_of "$id")
	test "$count" -gt 0 || return 0
	stage_await "$kind: what it runs" has_pids "$file" "$count" || return
	pids="$pids $(tr '\n' ' ' <"$file")"
}

are_gone()
{
	local pid

	for pid in "$@"; do
		stage_ended "$pid" || return 1
	done
}

live()
{
	local pid

	for pid in "$@"; do
		! stage_ended "$pid" || return 1
	done
}

# take WAY TOKENNAME
take()
{
	local id
	id=$(token_id "$STAGE/tokens/$2")

	case $1 in
	regenerate)
		apitoken regenerate "$id" --yes --quiet \
		    --output "$STAGE/tokens/$2.new" &&
		token_note "$STAGE/tokens/$2.new" ;;
	expire) apitoken edit "$id" --expires 1s >/dev/null ;;
	end) apitoken sessions "$id" --end --yes ;;
	*) apitoken "$1" "$id" --yes ;;
	esac
}

# Begins a session, and one of somebody else; takes the first one's token away.
# ends KIND WAY
ends()
{
	local kind=$1 way=$2 name="$1-$2-$((++rounds))" login=$user_a
	local mine theirs began took options=()

	case $kind in
	sudo | su) options=(--allow "$(kind_field "$kind" 2)") ;;
	esac
	pids=
	if ! token_make "$name" --user $login "${options[@]}" ||
	    ! begin "$kind" $login "$name"; then
		fails "$kind, $way: no session"
		return
	fi
	mine=$pids
	theirs=$witness
	began=$(now_ms)
	take "$way" "$name" >"$STAGE/out/cli" 2>&1
	status=$?
	# shellcheck disable=SC2086
	if test $status -ne 0; then
		fails "$kind, $way: $(cat "$STAGE/out/cli")"
	elif ! stage_await "$kind, $way: the end" are_gone $mine; then
		fails "$kind, $way: left of $mine"
	elif ! live $theirs; then
		fails "$kind, $way: another one's session ended too"
	elif test "$kind" = ssh && grep -q APITOKEN "$STAGE/pids/$login.env"; then
		fails "$kind: the handle is in the environment"
	else
		took=$(($(now_ms) - began))
		printf '%-12s%-12s%5d ms\n' "$kind" "$way" "$took"
		passes
	fi
}

# What --keep-sessions leaves, another end does not.
keeps()
{
	local mine id

	token_make kept --user $user_a && begin ssh $user_a kept || return
	mine=$pids
	id=$(token_id "$STAGE/tokens/kept")
	apitoken revoke "$id" --yes --keep-sessions >"$STAGE/out/cli" 2>&1 ||
	    return
	agent_stop KILL
	agent_start || return
	# A second look of the agent is over when a later session has ended.
	ends ssh revoke
	# shellcheck disable=SC2086
	live $mine && apitoken sessions "$id" --json | grep -q '"kept"' &&
	apitoken sessions "$id" --end --yes >"$STAGE/out/cli" 2>&1 &&
	stage_await "the end of what was kept" are_gone $mine
}

# The agent is killed, and finds again what lives.
finds_again()
{
	local mine id

	token_make again --user $user_a && begin ssh $user_a again || return
	mine=$pids
	id=$(token_id "$STAGE/tokens/again")
	agent_stop KILL
	agent_start &&
	stage_await "the session" has_leader "$id" || return
	# shellcheck disable=SC2086
	live $mine && live $witness &&
	apitoken revoke "$id" --yes >"$STAGE/out/cli" 2>&1 &&
	grep -q '1 session ended' "$STAGE/out/cli" &&
	stage_await "the end" are_gone $mine && live $witness
}

has_none()
{
	test -z "$(leader_of "$1")"
}

# A session whose client leaves is no more.
disappears()
{
	local id

	token_make leaves --user $user_a && begin ssh-pty $user_a leaves ||
	    return
	id=$(token_id "$STAGE/tokens/leaves")
	pkill -TERM -P "${clients[-1]}" &&
	stage_await "it is forgotten" has_none "$id"
}

# Of root's privileges the agent has one, and its helpers none.
has_one_privilege()
{
	local pid name

	grep -q '^CapEff:[[:space:]]*0000000000000020$' \
	    "/proc/$agent_pid/status" &&
	grep -q '^CapPrm:[[:space:]]*0000000000000020$' \
	    "/proc/$agent_pid/status" &&
	! grep -q '^Uid:.*[[:space:]]0[[:space:]]' "/proc/$agent_pid/status" ||
	    return
	for pid in $(pgrep apitokend-names); do
		name=/proc/$pid/status
		grep -q '^CapPrm:[[:space:]]*0000000000000000$' "$name" || return
	done
	test -n "$pid"
}

# Where /proc does not show others' processes, the agent does not claim an end.
says_what_it_cannot_see()
{
	local id status

	mount -o remount,hidepid=2 /proc &&
	token_make hidden --user $user_a && begin ssh $user_a hidden || return
	id=$(token_id "$STAGE/tokens/hidden")
	apitoken revoke "$id" --yes >"$STAGE/out/cli" 2>&1
	status=$?
	mount -o remount,hidepid=0 /proc &&
	test $status -eq 7 && grep -q hidepid "$STAGE/out/cli" &&
	grep -q "could not be ended.*hidepid" "$STAGE/log/agent" &&
	apitoken sessions "$id" | grep -q left
}

# The agent is gone between the login and the session: there is none then.
# A line that stops it stands for that moment.
needs_agent()
{
	local file=/etc/pam.d/sshd

	token_make needs --user $user_a &&
	sshd_login ssh-password $user_a "$STAGE/tokens/needs" || return
	sed -i "s,^session  *required  *$module.*,session optional pam_exec.so $STAGE/bin/stop-agent\n&," \
	    $file
	printf '#!/bin/sh\nkill -KILL %s\n' "$agent_pid" \
	    >"$STAGE/bin/stop-agent"
	chmod 0755 "$STAGE/bin/stop-agent"
	! sshd_login ssh-password $user_a "$STAGE/tokens/needs" &&
	stage_await "the log" grep -q "cannot ask the agent" \
	    "$STAGE/log/syslog" || return
	wait "$agent_pid"
	stage_pam sshd token nodelay &&
	agent_start &&
	sshd_login ssh-password $user_a "$STAGE/tokens/needs"
}

try()
{
	local what=$1
	shift

	if "$@"; then
		echo "$what"
		passes
	else
		fails "$what"
	fi
}

no_leaks()
{
	local leaks

	leaks=$(grep -rlFf <(grep . "$secrets") "$STAGE/log" "$STAGE/out" \
	    "$STAGE/pids" 2>/dev/null | grep -v "/netrc")
	if test -z "$leaks"; then
		passes
	else
		fails "a secret is in $leaks"
	fi
}

start()
{
	local service

	clients=()
	user_c=$user_b
	stage_set "$build" && stage_syslog &&
	stage_callers postgresql || return
	for service in sshd vsftpd proftpd sudo su postgresql; do
		stage_pam $service token nodelay || return
	done
	cat >"$STAGE/etc/sudoers" <<-END
	Defaults !lecture, timestamp_timeout=0, passwd_tries=1
	$user_a ALL=(ALL:ALL) ALL
	END
	chmod 0440 "$STAGE/etc/sudoers" &&
	mount --bind "$STAGE/etc/sudoers" /etc/sudoers &&
	agent_start && session_script &&
	head -c 4000000 /dev/zero >"$STAGE/home/$user_a/large" &&
	chown "$user_a" "$STAGE/home/$user_a/large" &&
	sshd_start && vsftpd_start && postgresql_start || return
	test -z "$unpacked" || proftpd_start || return
	token_make witness --user $user_b &&
	begin ssh $user_b witness && witness=$pids
}

if ! start; then
	echo "sessions: the stage could not be set" >&2
	exit 2
fi
for kind in $(echo "$kinds" | awk '{ print $1 }'); do
	ends "$kind" revoke
done
for way in $ways; do
	ends ssh "$way"
done
ends postgresql disable
try "no privilege but CAP_KILL" has_one_privilege
try "found again after a kill of the agent" finds_again
try "kept, over a restart too" keeps
try "forgotten when the client leaves" disappears
try "refused while the agent is gone, and not after" needs_agent
try "not seen, and said" says_what_it_cannot_see
no_leaks
for client in "${clients[@]}"; do
	pkill -TERM -P "$client"
done
postgresql_stop
test -z "$unpacked" || proftpd_stop
vsftpd_stop
sshd_stop
agent_stop
echo "sessions: $passed passed, $failed failed"
test $failed -eq 0
