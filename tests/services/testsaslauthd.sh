# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# testsaslauthd(8) for the row of its name of run.sh: sourced.  It speaks
# saslauthd's protocol to the agent.  Of stage.sh it takes STAGE.

testsaslauthd_start()
{
	: >"$STAGE/log/testsaslauthd"
}

testsaslauthd_stop()
{
	:
}

testsaslauthd_expect()
{
	case $1 in
	human) log=agent pattern=$(login_line_without_token) ;;
	down) wanted=later log=testsaslauthd pattern="connect() : " ;;
	sealed) wanted=later log=testsaslauthd pattern="size read failed" ;;
	# It waits for a frozen agent, and does not look who listens.
	impostor | frozen) return 1 ;;
	esac
}

# 0: yes; 1: no; 3: no answer; 2: none of these.
# testsaslauthd_login ROW LOGIN FILE
testsaslauthd_login()
{
	local login=$2 file=$3

	# A member of the group, and nobody else.
	timeout 60 setpriv --reuid=nobody --regid=sasl --clear-groups \
	    testsaslauthd -f "$STAGE/run/mux" -s sieve \
	    -u "$login" -p "$(cat "$file")" >"$out/client" 2>&1
	cat "$out/client" >>"$STAGE/log/testsaslauthd"
	case $(cat "$out/client") in
	'0: OK '*) return 0 ;;
	'0: NO '*) return 1 ;;
	*connect* | *'read failed'*) return 3 ;;
	esac
	return 2
}
