# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# What fail2ban's own tester makes of the lines that refused logins leave:
# sourced by helpers.sh, after hosts.sh.

# The addresses that fail2ban would ban, one for each line.
# banned LOG FILTER
banned()
{
	fail2ban-regex --config "$STAGE/etc/fail2ban" --out ip "$1" "$2" |
	    sed 's/[[:space:]]*$//; /^$/d' >"$STAGE/out/banned"
}

# banned_is LOG FILTER COUNT: so many times, and only us.
banned_is()
{
	banned "$1" "$2"
	if test "$(grep -cx 127.0.0.1 "$STAGE/out/banned")" -eq "$3" &&
	    ! grep -qvx 127.0.0.1 "$STAGE/out/banned"; then
		return
	fi
	echo "$2 on $1, instead of $3 times 127.0.0.1:" >&2
	cat "$STAGE/out/banned" "$1" >&2
	return 1
}

try_fail2ban()
{
	local syslog agent name

	syslog=$(log_size syslog)
	agent=$(log_size agent)
	expect "a wrong token is refused" \
	    ssh_is_refused "$user_a" "$STAGE/tokens/forged"
	expect "by keyboard-interactive, too" ssh_is_refused "$user_a" \
	    "$STAGE/tokens/forged" keyboard-interactive
	for name in "${hostile[@]}"; do
		expect "so is $name" \
		    ssh_is_refused "$name" "$STAGE/tokens/forged"
	done
	# vsftpd takes no blanks.
	for name in 'a"from="192.0.2.66"caller=0' 'rhost=192.0.2.66'; do
		expect "so is $name by FTP" \
		    ftp_is_refused "$name" "$STAGE/tokens/forged"
	done
	expect "a wrong password is refused" password_is_refused
	expect "a token gets in meanwhile" \
	    ssh_is_in "$user_a" "$STAGE/tokens/good"
	expect "the agent's lines are there" \
	    stage_await "the agent's log" has_lines agent "$agent" \
	    "login accepted" 1
	expect "the module's lines are there" \
	    stage_await "syslog" has_lines syslog "$syslog" \
	    "Accepted password" 1
	since syslog "$syslog" >"$STAGE/out/bad.syslog"
	since agent "$agent" >"$STAGE/out/bad.agent"
	judge_fail2ban
}

# With a host's name in front as a real syslogd writes it, and without.
judge_fail2ban()
{
	local out=$STAGE/out refused failures

	sed 's/^\(... .. ..:..:..\) /\1 machine /' "$out/bad.syslog" \
	    >"$out/bad.named"
	refused=$(grep -c "login refused.* from=\"127.0.0.1\"" "$out/bad.agent")
	failures=$(grep -c "pam_apitoken([a-z]*:auth): auth.*rhost=127.0.0.1 " \
	    "$out/bad.syslog")
	expect "there are refusals to be found" test "$refused" -eq 6
	expect "and failures" test "$failures" -eq 6
	expect "fail2ban counts each line of the agent" \
	    banned_is "$out/bad.agent" apitoken "$refused"
	expect "fail2ban counts each line of the module" \
	    banned_is "$out/bad.syslog" "apitoken[mode=module]" "$failures"
	expect "with a host before it, too" \
	    banned_is "$out/bad.named" "apitoken[mode=module]" "$failures"
	expect "nothing of good logins: the agent" \
	    banned_is "$out/good.agent" apitoken 0
	expect "nothing of good logins: the module" \
	    banned_is "$out/good.syslog" "apitoken[mode=module]" 0
	banned "$out/bad.named" sshd
	expect "Debian's own jail for sshd counts them" \
	    test "$(grep -cx 127.0.0.1 "$out/banned")" -ge 3
	expect "and nobody else" not grep -vx 127.0.0.1 "$out/banned"
	sed 's/^\(... .. ..:..:..\) /\1 machine /' "$out/good.syslog" \
	    >"$out/good.named"
	expect "and nothing of good logins" \
	    banned_is "$out/good.named" sshd 0
}
