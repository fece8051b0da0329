# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# The real su, for the rows su and su-l of run.sh: sourced.  Nobody listens:
# every login is a program of its own.

# su waits for three seconds after a refusal, whatever PAM says.
su_start()
{
	sed 's/^FAIL_DELAY.*/FAIL_DELAY 0/' /etc/login.defs \
	    >"$STAGE/etc/login.defs" &&
	mount --bind "$STAGE/etc/login.defs" /etc/login.defs
}

su_stop()
{
	:
}

# 0: became that user; 1: refused; 2: neither.  su_login ROW LOGIN FILE
su_login()
{
	local login=$2 caller=$user_b options=()

	test "$login" != "$user_b" || caller=$user_a
	test "$1" != su-l || options+=(-l)
	setpriv --reuid="$caller" --regid="$group_id" --clear-groups \
	    timeout 60 su "${options[@]}" "$login" -c \
	    "cat $STAGE/home/$login/hello; id -un" <"$3" >"$out/got" \
	    2>"$out/client"
	if test "$(tail -n 1 "$out/got")" = "$login"; then
		return 0
	elif grep -q "Authentication failure\|Authentication service cannot retrieve" \
	    "$out/client"; then
		return 1
	fi
	return 2
}
