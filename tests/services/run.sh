#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# run.sh BUILDDIR: logs in to real servers as real clients would, each row of
# the table below in each case, and says for each cell whether it went as it
# should.  Root needed; the system is left alone (stage.sh).
#
# A service more is a row and a file NAME.sh with NAME_start, NAME_stop,
# NAME_login and NAME_service (for PAM).  NAME_expect CASE, where there is one,
# sets what differs of wanted, log and pattern; where it fails, the case does
# not apply.

here=$(cd "$(dirname "$0")" && pwd) || exit 2
# shellcheck source=tests/services/stage.sh
. "$here/stage.sh"
if test $# -ne 1 || ! test -x "$1/apitokend"; then
	echo "usage: run.sh BUILDDIR" >&2
	exit 2
fi
stage_enter "$here/${0##*/}" "$(cd "$1" && pwd)"
build=$1

# row		file
rows='
ssh-password	sshd
ssh-kbdint	sshd
sftp		sshd
testsaslauthd	testsaslauthd
smtp-plain	postfix
smtp-login	postfix
ftp		vsftpd
'

# From the beginning of a login until the log says what became of it: what the
# module may take, and what the rest takes besides the time of a good login.
# What hosts add to a refusal afterwards is theirs (vsftpd a second, sshd up to
# twice the time that it took).
limit_ms=2200
slack_ms=300
impostor_uid=61873

passed=0
failed=0
slowest_ms=0
declare -A cells

passes()
{
	passed=$((passed + 1))
}

fails()
{
	failed=$((failed + 1))
	echo "FAILED: $*" >&2
}

now_ms()
{
	echo "$((${EPOCHREALTIME/./} / 1000))"
}

row_names()
{
	echo "$rows" | awk 'NF { print $1 }'
}

row_file()
{
	echo "$rows" | awk -v row="$1" '$1 == row { print $2 }'
}

files()
{
	echo "$rows" | awk 'NF && !seen[$2]++ { print $2 }'
}

# Whether a log says it after its first SIZE bytes.
says()
{
	tail -c "+$(($2 + 1))" "$STAGE/log/$1" | grep -aq -- "$3"
}

log_size()
{
	stat -c %s "$STAGE/log/$1"
}

# When a log said it, in ms; 0 if it did not.  saying LOG SIZE PATTERN
saying()
{
	if stage_await "$1: $3" says "$@" 2>/dev/null; then
		now_ms
	else
		echo 0
	fi
}

# One cell.  try CASE ROW in|out|later TOKENFILE LOG PATTERN
# In PATTERN stand ID for the token's id and SERVICE for that of PAM.
try()
{
	local case=$1 row=$2 wanted=$3 token=$4 log=$5 pattern=$6
	local got began said took watcher why=

	pattern=${pattern//SERVICE/$(row_service "$row")}
	pattern=${pattern//ID/$(token_id "$token")}
	saying "$log" "$(log_size "$log")" "$pattern" >"$STAGE/out/said" &
	watcher=$!
	began=$(now_ms)
	login "$(row_file "$row")" "$row" "$token"
	wait "$watcher"
	said=$(cat "$STAGE/out/said")
	took=$((said - began))
	if test "$got" != "$wanted"; then
		why="$got, not $wanted"
	elif test "$said" -eq 0; then
		why="log $log does not say: $pattern"
	elif test $took -gt $((limit_ms + slack_ms + slowest_ms)); then
		why="it took $took ms"
	fi
	test "$case" != good || test $took -le $slowest_ms || slowest_ms=$took
	settle "$case" "$row" "$why"
}

# Sets got to what became of it.  login FILE ROW TOKENFILE
login()
{
	"${1}_login" "$2" "$user_a" "$3"
	case $? in
	0) got=in ;;
	1) got=out ;;
	3) got=later ;;
	*) got="neither in nor out ($(tail -n 1 "$STAGE/out/client"))" ;;
	esac
}

# settle CASE ROW WHY: an empty WHY is a pass.
settle()
{
	cells[$1/$2]=ok
	if test -z "$3"; then
		passes
	else
		cells[$1/$2]=FAIL
		fails "$2, $1: $3"
		tail -q -n 2 "$STAGE/log/agent" "$STAGE/log/syslog" >&2
	fi
}

# A column: every row in one case.  column CASE in|out TOKEN LOG PATTERN
column()
{
	local case=$1 row wanted log pattern

	columns+=("$case")
	for row in $(row_names); do
		wanted=$2 log=$4 pattern=$5
		if applies "$(row_file "$row")" "$case"; then
			try "$case" "$row" "$wanted" "$STAGE/tokens/$3" \
			    "$log" "$pattern"
		else
			cells[$case/$row]=-
		fi
	done
}

applies()
{
	! declare -F "${1}_expect" >/dev/null || "${1}_expect" "$2"
}

login_line()
{
	echo "login $1.* token=\"ID\".* user=\"$user_a\" service=\"SERVICE\""
}

# Of a password that the agent was asked about and that is none.
login_line_without_token()
{
	echo "login refused reason=\"not-a-token\" user=\"$user_a\"" \
	    "service=\"SERVICE\""
}

is_expired()
{
	apitoken list --state expired -o id |
	    grep -qx "$(token_id "$STAGE/tokens/expired")"
}

# forge ID|SECRET NAME: a token that is right but for one thing.
forge()
{
	"$build/tests/services/forge" "$1" <"$STAGE/tokens/good" \
	    >"$STAGE/tokens/$2" && token_note "$STAGE/tokens/$2"
}

make_tokens()
{
	local n=0

	token_make good --user $user_a &&
	token_make expired --user $user_a --expires 2s &&
	token_make other --user $user_b &&
	token_make elsewhere --user $user_a --allow imap &&
	forge id unknown &&
	forge secret wrong || return
	echo 'correct horse battery staple' >"$STAGE/tokens/human"
	token_note "$STAGE/tokens/human"
	until is_expired; do
		n=$((n + 1))
		test $n -lt 500 || return
		sleep 0.02
	done
}

# The very next login after `apitoken revoke` returned.
revocation()
{
	local row token

	columns+=(revoked)
	for row in $(row_names); do
		token=$STAGE/tokens/revoked-$row
		token_make "revoked-$row" --user $user_a
		"$(row_file "$row")_login" "$row" "$user_a" "$token" &&
		apitoken revoke "$(token_id "$token")" --yes --quiet
		if test $? -ne 0; then
			settle revoked "$row" "it was not good before"
			continue
		fi
		try revoked "$row" out "$token" agent \
		    "$(login_line 'refused reason="revoked"')"
	done
}

# Somebody else listens where the agent should, and says yes.
impostor_start()
{
	local word=

	rm -f "$STAGE/ready"
	mkfifo "$STAGE/ready"
	"$build/tests/services/impostor" "$STAGE/run/auth.sock" $impostor_uid \
	    >"$STAGE/ready" 2>>"$STAGE/log/impostor" &
	impostor_pid=$!
	exec 4<"$STAGE/ready"
	read -r word <&4
	test "$word" = listening
}

# The key of another store: the agent runs and accepts nothing.
with_another_key()
{
	local key=$STAGE/master.key

	mv "$key" "$key.kept"
	(umask 377 && printf '1 %064d\n' 1 >"$key")
	agent_start || fails "the agent does not start with another key"
	column sealed out good syslog "gives no verdict: it is sealed"
	agent_stop
	mv -f "$key.kept" "$key"
}

impostor_was_asked()
{
	local word=

	read -r -t 0.01 word <&4
	test "$word" = asked
}

with_impostor()
{
	local row got

	impostor_start || fails "no impostor listens"
	column impostor out good syslog \
	    "cannot ask .*: listener is not the one to trust: uid 0 must"
	if impostor_was_asked; then
		fails "a password was sent to an impostor"
	else
		passes
	fi
	# Were the module told to trust it, everybody would be in: the column
	# above can fail.
	row=$(row_names | tail -n 1)
	stage_pam "$(row_service "$row")" nodelay "agent_uid=$impostor_uid"
	sed -i "s,^account.*$module.*,& agent_uid=$impostor_uid," \
	    "/etc/pam.d/$(row_service "$row")"
	login "$(row_file "$row")" "$row" "$STAGE/tokens/good"
	if test "$got" = in; then
		passes
	else
		fails "a trusted impostor was not believed"
	fi
	stage_pam "$(row_service "$row")" nodelay
	exec 4<&-
	stage_end "$impostor_pid"
}

row_service()
{
	local service

	service=$(row_file "$1")_service
	echo "${!service}"
}

# sudo_cell WHAT in|out TOKEN PATTERN
sudo_cell()
{
	local got before

	before=$(log_size agent)
	login sudo sudo "$STAGE/tokens/$3"
	if test "$got" != "$2"; then
		fails "sudo, $1: $got, not $2"
	elif ! stage_await "log" says agent "$before" "$4"; then
		fails "sudo, $1: the agent's log does not say $4"
	else
		echo "sudo: $1: $2"
		passes
	fi
}

# own_token NAME OPTION...: a token that alice makes for themselves.
own_token()
{
	local name=$1
	shift

	apitoken_as $user_a create "$name" --quiet "$@" \
	    >"$STAGE/tokens/$name" 2>"$STAGE/out/client" &&
	token_note "$STAGE/tokens/$name"
}

sudo_table()
{
	local type status

	sudo_start || return
	for type in full-access read-only; do
		own_token "own-$type" --type $type ||
		    fails "a member's own $type token was not made"
		sudo_cell "a person's own $type token" out "own-$type" \
		    'refused reason=".*service.* service="sudo"'
	done
	for type in sudo sudo:full; do
		own_token "own-$type" --type custom --allow $type
		status=$?
		if test $status -eq 4; then
			echo "sudo: a person's own token with --allow $type:" \
			    "not made"
			passes
		else
			fails "--allow $type by a member: status $status," \
			    "not 4"
		fi
	done
	token_make sudo-full --user $user_a
	sudo_cell "a full-access token made by root" out sudo-full \
	    'refused reason=".*service.* service="sudo"'
	token_make sudo-named --user $user_a --allow sudo
	sudo_cell "a token made by root that names sudo" in sudo-named \
	    'accepted .* service="sudo"'
}

# Twelve characters in a row of any secret, the public id apart.
secret_pieces()
{
	awk '{
		if ($0 ~ /^at[karm]_/)
			$0 = substr($0, 16)
		for (i = 1; i + 11 <= length($0); i++)
			print substr($0, i, 12)
	}' "$secrets"
}

leaks_in()
{
	grep -aFrl -f "$STAGE/tokens/pieces" "$@"
}

no_leaks()
{
	local logs=("$STAGE/log" /var/log) leaks

	secret_pieces >"$STAGE/tokens/pieces"
	leaks=$(leaks_in "${logs[@]}")
	if test -n "$leaks"; then
		fails "a piece of a secret is in $leaks"
	else
		echo "no piece of $(wc -l <"$secrets") secrets is in a log"
		passes
	fi
	# The search finds what is there.
	cut -c 20-40 "$STAGE/tokens/good" >"$STAGE/log/planted"
	if leaks_in "${logs[@]}" | grep -qx "$STAGE/log/planted"; then
		passes
	else
		fails "a planted piece of a secret was not found"
	fi
	rm "$STAGE/log/planted"
}

print_table()
{
	local row case

	printf '%-14s' service
	printf '%-10s' "${columns[@]}"
	echo
	for row in $(row_names); do
		printf '%-14s' "$row"
		for case in "${columns[@]}"; do
			printf '%-10s' "${cells[$case/$row]-?}"
		done
		echo
	done
}

start()
{
	local file

	stage_set "$build" && stage_syslog && agent_start || return
	for file in $(files); do
		# shellcheck source=/dev/null
		. "$here/$file.sh"
		service=${file}_service
		# nodelay: the columns are many, and they measure the rest.
		stage_pam "${!service}" nodelay && "${file}_start" || return
	done
	# shellcheck source=tests/services/sudo.sh
	. "$here/sudo.sh"
	make_tokens
}

columns=()
if ! start; then
	echo "services: the stage could not be set" >&2
	exit 2
fi
column good in good agent "$(login_line accepted)"
column unknown out unknown agent "$(login_line 'refused reason="unknown"')"
column wrong out wrong agent "$(login_line 'refused reason="secret"')"
column human out human syslog \
    "pam_apitoken(SERVICE:auth): authentication failure;.* user=$user_a"
column expired out expired agent "$(login_line 'refused reason="expired"')"
revocation
column user out other agent "$(login_line 'refused reason="login"')"
column service out elsewhere agent "$(login_line 'refused reason="service"')"
agent_stop KILL
column down out good syslog "cannot ask .*: nobody listens there"
with_impostor
with_another_key
agent_start || fails "the agent does not start again"
column again in good agent "$(login_line accepted)"
kill -STOP "$agent_pid"
column frozen out good syslog "cannot ask .*: no answer in time"
kill -CONT "$agent_pid"
column thawed in good agent "$(login_line accepted)"
sudo_table || fails "sudo could not be tried"
for file in $(files); do
	"${file}_stop"
done
agent_stop
no_leaks
print_table
echo "services: $passed passed, $failed failed"
test $failed -eq 0
