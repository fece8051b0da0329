#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# trial.sh BUILDDIR: what somebody without any rights can try in a directory
# of their own: agent, CLI and a login through the real libpam and the real
# module.  Started by root, it goes on as nobody.

build=$(cd "${1:?usage: trial.sh BUILDDIR}" && pwd) || exit 2
passed=0
failed=0

# Copies: nobody may be kept out of the folder it was built in.
copy_programs()
{
	mkdir "$dir/bin" &&
	cp "$build/apitokend" "$build/apitoken" \
	    "$build/.libs/pam_apitoken.so" \
	    "$build/tests/services/pamlogin" "$dir/bin/" &&
	cp "$0" "$dir/bin/trial.sh" &&
	cp "$(dirname "$0")/agentdir.sh" "$dir/bin/"
}

begin()
{
	dir=$(mktemp -d "${TMPDIR:-/tmp}/apitoken.XXXXXX") || exit 2
	trap 'rm -rf "$dir"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	copy_programs || exit 2
	if test "$(id -u)" -ne 0; then
		TRIAL_DIR=$dir bash "$dir/bin/trial.sh" "$build"
	else
		chown -R nobody "$dir"
		TRIAL_DIR=$dir setpriv --reuid=nobody --regid=nogroup \
		    --clear-groups --inh-caps=-all --no-new-privs \
		    bash "$dir/bin/trial.sh" /
	fi
	exit
}

# check WHAT COMMAND...
check()
{
	local what=$1
	shift

	if "$@"; then
		echo "trial: $what"
		passed=$((passed + 1))
	else
		echo "FAILED: trial: $what" >&2
		failed=$((failed + 1))
	fi
}

# Libpam's code for an answer to its prompt.  log_in LOGIN < PASSWORD
log_in()
{
	"$dir/bin/pamlogin" "$dir/pam.d" svc "$1" 2>"$dir/said"
}

# log_in_gives CODE LOGIN FILE
log_in_gives()
{
	log_in "$2" <"$3"
	local code=$?

	test "$code" -eq "$1" && return
	echo "libpam's code is $code, not $1" >&2
	cat "$dir/said" >&2
	return 1
}

configure()
{
	local module

	agent_configure
	module="$dir/bin/pam_apitoken.so socket=$dir/run agent_uid=$(id -u)"
	cat >"$dir/pam.d/svc" <<-END
	auth [success=done ignore=ignore default=die] $module nodelay
	auth requisite pam_deny.so
	account required $module
	END
}

# What an installed apitoken would have, as it is now.
system_places()
{
	ls -ld /etc/apitoken /run/apitoken /var/lib/apitoken 2>/dev/null
}

# reads_again: told to, the agent reads its configuration, and goes on.
reads_again()
{
	local waited=0

	echo '[service svc]' >>"$dir/apitokend.conf" && kill -HUP "$agent" ||
	    return
	until grep -q 'configuration read again' "$dir/log"; do
		kill -0 "$agent" && test $((waited += 1)) -le 500 || return
		sleep 0.01
	done
}

unchanged()
{
	test "$places" = "$(system_places)"
}

test -n "${TRIAL_DIR-}" || begin
dir=$TRIAL_DIR
programs=$dir/bin
# shellcheck source=tests/agentdir.sh
. "$programs/agentdir.sh"
places=$(system_places)
me=$(id -un)
umask 077
cd "$dir" || exit 2
# libpam's codes.
success=0
auth_error=7
unavailable=9

configure
check "the configuration is right" \
    "$dir/bin/apitokend" --config "$dir/apitokend.conf" --check-config
check "an agent starts as $me" agent_start apitokend
check "a token is made" \
    apitoken create first --user alice --quiet --output "$dir/token"
check "it logs alice in" log_in_gives $success alice "$dir/token"
check "it does not log bob in" log_in_gives $auth_error bob "$dir/token"
echo 'correct horse battery staple' >"$dir/human"
check "a human password is refused" \
    log_in_gives $auth_error alice "$dir/human"
check "the token is listed" \
    test "$(apitoken list --state active -o id)" = "$(cut -d_ -f2 token)"
check "the agent ends when it is told to" agent_stop
check "no agent, no login" log_in_gives $unavailable alice "$dir/token"
check "the agent starts again on its store" agent_start apitokend
check "the token is still good" log_in_gives $success alice "$dir/token"
check "the agent reads its configuration again" reads_again
check "the token is good as ever" log_in_gives $success alice "$dir/token"
check "it is revoked" apitoken revoke first --yes --quiet
check "it is refused" log_in_gives $auth_error alice "$dir/token"
check "the agent ends again" agent_stop
check "the log does not hold the secret" \
    test -z "$(grep -F "$(cut -c 16-28 token)" "$dir/log")"
check "nothing was done to the system" unchanged
test $failed -eq 0 || tail -n 20 "$dir/log" >&2
echo "trial: $passed passed, $failed failed"
test $failed -eq 0
