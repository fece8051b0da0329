# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# The real sudo, for run.sh: sourced.  Nobody listens: every login is a
# program of its own.  Of stage.sh it takes STAGE and the names of users.

sudo_start()
{
	cat >"$STAGE/etc/sudoers" <<-END
	Defaults !lecture, timestamp_timeout=0, passwd_tries=1
	$user_a ALL=(ALL:ALL) ALL
	END
	chmod 0440 "$STAGE/etc/sudoers" &&
	mount --bind "$STAGE/etc/sudoers" /etc/sudoers &&
	stage_pam sudo nodelay
}

# 0: became root; 1: refused; 2: neither, see out/client.
# sudo_login ROW LOGIN FILE
sudo_login()
{
	local login=$2 file=$3

	setpriv --reuid="$login" --regid="$group_id" --clear-groups \
	    sudo -S -p '' id -u <"$file" >"$STAGE/out/got" \
	    2>"$STAGE/out/client"
	if test "$(cat "$STAGE/out/got")" = 0; then
		return 0
	elif grep -q "incorrect password\|no password was provided\|Authentication service cannot retrieve" \
	    "$STAGE/out/client"; then
		return 1
	fi
	return 2
}
