#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2034,SC2154
# run.sh BUILDDIR UNPACKED [ROW...]: logs in to real servers as real clients
# would, each row of the table below in each case, and says for each cell
# whether it went as it should.  UNPACKED has the servers that cannot be
# installed beside others (tools/packages.sh).  Root needed; the system is left
# alone (stage.sh).
#
# A service more is a row, a file NAME.sh with NAME_start, NAME_stop and
# NAME_login, and its section in docs/services.md, whose blocks are what runs.
# NAME_expect CASE, where there is one, sets what differs of wanted, log and
# pattern; where it fails, the case does not apply.

here=$(cd "$(dirname "$0")" && pwd) || exit 2
# shellcheck source=tests/services/stage.sh
. "$here/stage.sh"
if test $# -lt 2 || ! test -x "$1/apitokend" || ! test -d "$2"; then
	echo "usage: run.sh BUILDDIR UNPACKED [ROW...]" >&2
	exit 2
fi
stage_enter "$here/${0##*/}" "$(cd "$1" && pwd)" "$(cd "$2" && pwd)" "${@:3}"
build=$1
unpacked=$2
shift 2

# row		file		service		traits
# both: token or password; caller: asks as a user of its own; elevated: opens
# to tokens that name it; slow: only in the cases that matter most.
rows='
ssh-password	sshd		sshd		both
ssh-kbdint	sshd		sshd		both
sftp		sshd		sshd		both
vsftpd		vsftpd		vsftpd		both
proftpd		proftpd		proftpd		both
pure-ftpd	pureftpd	pure-ftpd	both slow
sudo		sudo		sudo		both elevated
sudo-i		sudo		sudo-i		both elevated
su		su		su		both elevated
su-l		su		su-l		both elevated
postgresql	postgresql	postgresql	caller
mariadb		mariadb		mariadb		both
dovecot		dovecot		dovecot		both
nginx		nginx		nginx		caller
apache-prefork	apache		apache2		caller
apache-event	apache		apache2		caller
saslauthd	saslauthd	imap		both
testsaslauthd	testsaslauthd	sieve
smtp-plain	postfix		smtp
smtp-login	postfix		smtp
squid		squid		squid		caller slow
'
# Those that one asked for, or all.
if test $# -gt 0; then
	rows=$(awk -v wanted=" $* " 'index(wanted, " " $1 " ")' <<<"$rows")
fi
elevated_too=(--allow sudo --allow sudo-i --allow su --allow su-l)

for file in cells columns elevated shared leaks curl; do
	# shellcheck source=/dev/null
	. "$here/$file.sh"
done

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
	local all=(--type full-access "${elevated_too[@]}")

	token_make good --user $user_a "${all[@]}" &&
	token_make expired --user $user_a "${all[@]}" --expires 2s &&
	token_make other --user $user_b "${all[@]}" &&
	token_make bobs --user $user_b &&
	token_make elsewhere --user $user_a --allow elsewhere &&
	forge id unknown &&
	forge secret wrong || return
	echo "${user_passwords[0]}" >"$STAGE/tokens/human"
	token_note "$STAGE/tokens/human"
	echo 'neither a token nor a password' >"$STAGE/tokens/third"
	token_note "$STAGE/tokens/third"
	stage_await "the token to expire" is_expired
}

start()
{
	local file service

	stage_set "$build" && stage_syslog && agent_start || return
	for service in $(row_words 3); do
		# nodelay: the columns are many.
		! docs_has pam "$service" token ||
		    stage_pam "$service" token nodelay || return
	done
	for file in $(row_words 2); do
		# shellcheck source=/dev/null
		. "$here/$file.sh"
		"${file}_start" || return
	done
	make_tokens
}

run()
{
	local but=

	callers_column || fails "the agent did not read its callers"
	column good in good agent "$(login_line accepted)"
	column wrong out wrong agent "$(login_line 'refused reason="secret"')"
	column service out elsewhere agent \
	    "$(login_line 'refused reason="service"')"
	each revoked attempt_revoked
	# Some servers would look for the account's password by themselves.
	column human out human syslog "$(module_line \
	    "authentication failure;.* user=$user_a")"
	but=slow
	column unknown out unknown agent \
	    "$(login_line 'refused reason="unknown"')"
	column expired out expired agent \
	    "$(login_line 'refused reason="expired"')"
	column user out other agent "$(login_line 'refused reason="login"')"
	elevated_columns || fails "elevated: tokens were not made"
	elevated_allow
	elevated_every
	! has_row dovecot || shared_worker
	! has_row apache-event || shared_threads
	but=
	agent_stop KILL
	column down out good syslog \
	    "$(module_line 'cannot ask .*: nobody listens there')"
	but=slow
	impostor_column
	sealed_column
	agent_start || fails "the agent does not start again"
	column again in good agent "$(login_line accepted)"
	kill -STOP "$agent_pid"
	column frozen out good syslog \
	    "$(module_line 'cannot ask .*: no answer in time')"
	kill -CONT "$agent_pid"
	column thawed in good agent "$(login_line accepted)"
	but=
	both_columns || fails "the files for token or password are not there"
}

if ! start; then
	echo "services: the stage could not be set" >&2
	exit 2
fi
run
for file in $(row_words 2); do
	"${file}_stop"
done
agent_stop
no_leaks
print_table
echo "services: $passed passed, $failed failed"
test "$failed" -eq 0
