# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# Cyrus saslauthd in front of PAM, for run.sh: sourced.

saslauthd_start()
{
	local MECHANISMS='' OPTIONS=''

	eval "$(docs_block sh saslauthd)"
	mkdir /run/saslauthd || return
	# It ends its process group, which would be everybody here.
	# shellcheck disable=SC2086
	setsid /usr/sbin/saslauthd -a $MECHANISMS $OPTIONS -n 1 -d \
	    >"$STAGE/log/saslauthd" 2>&1 </dev/null &
	saslauthd_pid=$!
	stage_await "saslauthd" test -S /run/saslauthd/mux
}

saslauthd_stop()
{
	stage_end "$saslauthd_pid"
}

# 0: right; 1: refused; 2: neither.  saslauthd_login ROW LOGIN FILE
saslauthd_login()
{
	timeout 60 /usr/sbin/testsaslauthd -f /run/saslauthd/mux -u "$2" \
	    -p "$(cat "$3")" -s imap >"$out/client" 2>&1 </dev/null
	case $(cat "$out/client") in
	'0: OK '*) return 0 ;;
	'0: NO '*) return 1 ;;
	esac
	return 2
}
