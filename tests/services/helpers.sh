#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# helpers.sh BUILDDIR: what people are helped with, by the programs that they
# use: Debian's own PAM files and what apitoken doctor says is missing there, a
# real sshd, ssh and git with apitoken-askpass, and fail2ban's own tester on
# the lines that all of it logs.  Root needed; the system is left alone
# (stage.sh).

here=$(cd "$(dirname "$0")" && pwd) || exit 2
# shellcheck source=tests/services/stage.sh
. "$here/stage.sh"
# shellcheck source=tests/services/hosts.sh
. "$here/hosts.sh"
# shellcheck source=tests/services/fail2ban.sh
. "$here/fail2ban.sh"
if test $# -ne 1 || ! test -x "$1/apitokend"; then
	echo "usage: helpers.sh BUILDDIR" >&2
	exit 2
fi
stage_enter "$here/${0##*/}" "$(cd "$1" && pwd)"
build=$1
filter=$here/../../system/fail2ban/apitoken.conf
password=correct-horse
# Names that would be fields and addresses: users, since sshd shows modules no
# password of nobody's. ssh itself takes no quotes.
hostile=('a rhost=192.0.2.66' 'a from 192.0.2.66 port 1 ssh2')

passed=0
failed=0

# expect WHAT COMMAND...: it must succeed.
expect()
{
	local what=$1
	shift

	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $what" >&2
		tail -n 12 "$STAGE/out/doctor" "$STAGE/out/client" \
		    "$STAGE/log/agent" "$STAGE/log/syslog" 2>/dev/null | sed 's/^/    /' >&2
	fi
}

not()
{
	! "$@"
}

# In the places where the module and libpam look by themselves: then nothing
# but what the doctor says has to be written into a PAM file.
install_module()
{
	local security

	security=$(dirname "$(find /lib/*/security /usr/lib/*/security \
	    -name pam_permit.so -print -quit 2>/dev/null)") &&
	cp -a "$security" "$STAGE/security" &&
	cp "$module" "$STAGE/security/" &&
	mount --bind "$STAGE/security" "$security" &&
	ln -s "$STAGE/run" /run/apitoken
}

set_password()
{
	local hash

	# shellcheck disable=SC2016
	hash=$(perl -e 'print crypt($ARGV[0], "\$6\$salt\$")' "$password") &&
	awk -F : -v OFS=: -v user="$user_a" -v hash="$hash" \
	    '$1 == user { $2 = hash } { print }' "$STAGE/etc/shadow" \
	    >"$STAGE/shadow" &&
	cat "$STAGE/shadow" >"$STAGE/etc/shadow" &&
	printf '%s\n' "$password" >"$STAGE/tokens/password" &&
	printf 'wrong-%s\n' "$password" >"$STAGE/tokens/wrong"
}

add_hostile()
{
	local name

	for name in "${hostile[@]}"; do
		echo "$name:x:$((uid++)):$group_id::/nonexistent:/bin/sh" \
		    >>"$STAGE/etc/passwd"
		echo "$name:*:19000:0:99999:7:::" >>"$STAGE/etc/shadow"
	done
}

prepare()
{
	local uid=61880

	stage_set "$build" && stage_syslog && install_module &&
	set_password && add_hostile || return
	cp "$build/apitoken-askpass" "$STAGE/bin/" &&
	cp -a /etc/fail2ban "$STAGE/etc/fail2ban" &&
	cp "$filter" "$STAGE/etc/fail2ban/filter.d/" &&
	agent_start &&
	token_make good --user "$user_a" &&
	"$build/tests/services/forge" secret <"$STAGE/tokens/good" \
	    >"$STAGE/tokens/forged" &&
	chmod 0600 "$STAGE"/tokens/* &&
	hosts_sshd && hosts_vsftpd
}

doctor()
{
	apitoken doctor --config "$STAGE/apitokend.conf" "$@" \
	    >"$STAGE/out/doctor" 2>&1
}

doctor_says()
{
	grep -q -- "$1" "$STAGE/out/doctor"
}

# Does with the file what a finding says, to the letter:
# "in FILE, before line N (...), add: LINE".  mend WORD-OF-THE-LINE
mend()
{
	local said file number line

	said=$(grep -- "->  in .*, before line .*, add: $1 " \
	    "$STAGE/out/doctor") || return
	file=${said#*->  in }
	file=${file%%, before line *}
	number=${said#*, before line }
	number=${number%% *}
	line=${said#*, add: }
	sed -i "${number}i\\$line" "$file"
}

try_doctor()
{
	doctor sshd
	expect "doctor finds the line that Debian's file lacks" \
	    doctor_says "does not ask pam_apitoken.so"
	expect "a token is refused before" \
	    ssh_is_refused "$user_a" "$STAGE/tokens/good"
	expect "its one line goes where it says" mend auth
	expect "which is all that a token needs" \
	    ssh_is_in "$user_a" "$STAGE/tokens/good"
	expect "nothing is wrong then" doctor sshd
	expect "but a line more would be good" mend account
	expect "which is right, too" doctor sshd
	doctor
	expect "the whole machine is looked at" \
	    doctor_says "sshd auth: good tokens get in"
	doctor vsftpd
	expect "vsftpd lacks a line, too" mend auth
}

# Every PAM file of docs/services.md is one that the doctor finds nothing wrong
# with, as it does with one that lost its password module: modules that check
# who it is would let in with any password then.
try_documented()
{
	local name form kept

	while read -r name form; do
		kept=$STAGE/out/pam.$name
		cp "/etc/pam.d/$name" "$kept" 2>/dev/null
		docs_block pam "$name" "$form" >"/etc/pam.d/$name"
		expect "the documented $name, $form, is right" doctor "$name"
		if test "$form" = both &&
		    grep -q pam_listfile "/etc/pam.d/$name"; then
			sed -i '/^@include common-auth/d' "/etc/pam.d/$name"
			expect "but not without common-auth" not doctor "$name"
		fi
		cp "$kept" "/etc/pam.d/$name" 2>/dev/null ||
			rm "/etc/pam.d/$name"
	done < <(sed -n 's/^```pam //p' "$docs_page")
}

# What was logged since.  since LOG SIZE
since()
{
	tail -c "+$(($2 + 1))" "$STAGE/log/$1"
}

# Until a log has that many lines with a pattern behind its first SIZE bytes.
has_lines()
{
	test "$(since "$1" "$2" | grep -ac -- "$3")" -ge "$4"
}

# A good login leaves no line that anybody would take for a failure.
try_silence()
{
	local syslog agent

	# What was refused before is logged by then.
	expect "the log is as far as we are" \
	    stage_await "syslog" has_lines syslog 0 "Accepted password" 1
	syslog=$(log_size syslog)
	agent=$(log_size agent)
	expect "a token opens sshd" ssh_is_in "$user_a" "$STAGE/tokens/good"
	expect "by keyboard-interactive, too" \
	    ssh_is_in "$user_a" "$STAGE/tokens/good" keyboard-interactive
	expect "so does the password" password_is_in
	expect "the agent said so" \
	    stage_await "the agent's log" has_lines agent "$agent" \
	    "login accepted" 2
	expect "and so did sshd" \
	    stage_await "syslog" has_lines syslog "$syslog" \
	    "Accepted password for $user_a" 2
	since syslog "$syslog" >"$STAGE/out/good.syslog"
	since agent "$agent" >"$STAGE/out/good.agent"
	expect "without a line about a failure" not \
	    grep -ai 'fail\|refused\|invalid' "$STAGE/out/good.syslog" \
	    "$STAGE/out/good.agent"
}

# What git gets for an address, without a terminal to ask at.
git_fill()
{
	printf 'protocol=https\nhost=host.invalid\n\n' |
	    HOME=$STAGE GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 \
	    GIT_ASKPASS=$STAGE/bin/apitoken-askpass \
	    APITOKEN_HOST=host.invalid APITOKEN_USER=$user_a "$@" git credential fill \
	    >"$STAGE/out/git" 2>"$STAGE/out/client"
}

try_git()
{
	expect "git asks for a name and a token" \
	    git_fill env APITOKEN_FILE="$STAGE/tokens/good"
	expect "and gets the name" grep -qx "username=$user_a" "$STAGE/out/git"
	expect "and the token" \
	    grep -qx "password=$(cat "$STAGE/tokens/good")" "$STAGE/out/git"
	expect "also from a keyring" \
	    git_fill env APITOKEN_COMMAND="cat $STAGE/tokens/good"
	expect "but not for another host" not git_fill \
	    env APITOKEN_HOST=invalid APITOKEN_FILE="$STAGE/tokens/good"
	chmod 0644 "$STAGE/tokens/good"
	expect "but not what others may read" \
	    not git_fill env APITOKEN_FILE="$STAGE/tokens/good"
	chmod 0600 "$STAGE/tokens/good"
}

# Whether a host's key is right is no question for a token.
try_host_key()
{
	expect "the question about a host's key is not answered" \
	    not ssh_with "$STAGE/bin/apitoken-askpass" "$user_a" \
	    "$STAGE/tokens/good" password -o StrictHostKeyChecking=ask
	expect "and it says so" \
	    grep -q "asks for no password.*accept-new" "$STAGE/out/client"
}

if ! prepare; then
	echo "helpers.sh: the stage could not be set" >&2
	echo "helpers: 0 passed, 1 failed"
	exit 1
fi
try_doctor
try_documented
try_silence
try_fail2ban
try_git
try_host_key
stage_end "$sshd_pid"
stage_end "$vsftpd_pid"
stage_end "$agent_pid"
sed '/^$/d' "$secrets" >"$STAGE/tokens/secrets"
expect "there are secrets to look for" test -s "$STAGE/tokens/secrets"
expect "no log has one" \
    not grep -rlaF -f "$STAGE/tokens/secrets" "$STAGE/log"
echo "helpers: $passed passed, $failed failed"
test $failed -eq 0
