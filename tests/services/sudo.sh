# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# The real sudo, for the rows sudo and sudo-i of run.sh: sourced.  Nobody
# listens: every login is a program of its own.

sudo_start()
{
	cat >"$STAGE/etc/sudoers" <<-END
	Defaults !lecture, passwd_tries=1
	$(docs_block conf sudo)
	$user_a ALL=(ALL:ALL) ALL
	END
	chmod 0440 "$STAGE/etc/sudoers" &&
	mount --bind "$STAGE/etc/sudoers" /etc/sudoers
}

sudo_stop()
{
	:
}

# 0: became root; 1: refused; 2: neither.  sudo_login ROW LOGIN FILE
sudo_login()
{
	local login=$2 options=(-S -p '')

	test "$1" != sudo-i || options+=(-i)
	setpriv --reuid="$login" --regid="$group_id" --clear-groups \
	    timeout 60 sudo "${options[@]}" id -u <"$3" >"$out/got" \
	    2>"$out/client"
	if test "$(cat "$out/got")" = 0; then
		return 0
	elif grep -q "incorrect password\|no password was provided\|Authentication service cannot retrieve" \
	    "$out/client"; then
		return 1
	fi
	return 2
}
