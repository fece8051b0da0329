# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# Services through which somebody becomes somebody else: sourced by run.sh.

# All of them, as the manual lists them.
elevated_names()
{
	sed -n '/^Elevated from the start:/,/^\.Pp/s/^\.Li \([^ ]*\) [,.]$/\1/p' \
	    "$here/../../man/apitokend.conf.5"
}

# own_token NAME OPTION...: a token that alice makes for themselves.
own_token()
{
	local name=$1
	shift

	apitoken_as "$user_a" create "$name" --quiet "$@" \
	    >"$STAGE/tokens/$name" 2>"$out/client" &&
	token_note "$STAGE/tokens/$name"
}

# Tokens that do not name the service, at the real sudo and su.
elevated_columns()
{
	local only=elevated refused

	refused=$(login_line 'refused reason=".*service.*"')
	own_token own-full --type full-access &&
	own_token own-read --type read-only &&
	token_make full --user "$user_a" --type full-access &&
	token_make read --user "$user_a" --type read-only || return
	column own-full out own-full agent "$refused"
	column own-read out own-read agent "$refused"
	column full out full agent "$refused"
}

# A member's own token that would name them is not made.
elevated_allow()
{
	local name status made=0 tried=0

	for name in $(elevated_names) sudo:full su:read; do
		own_token "own-$name" --type custom --allow "$name"
		status=$?
		tried=$((tried + 1))
		test $status -eq 4 || {
			made=$((made + 1))
			echo "--allow $name by a member: status $status" >&2
		}
	done
	if test $made -eq 0 && test $tried -gt 20; then
		echo "elevated: $tried tokens of a member's own: not made"
		passes
	else
		fails "elevated: $made of $tried tokens were made"
	fi
}

# Each of them, through the module, with each type: refused; and with a token
# that names it: in.
elevated_every()
{
	local name type pam=$STAGE/elevated refused=0 named=0 count=0

	mkdir "$pam"
	for name in $(elevated_names); do
		count=$((count + 1))
		printf '%s required %s socket=%s nodelay\n' \
		    auth "$module" "$STAGE/run" \
		    account "$module" "$STAGE/run" >"$pam/$name"
		for type in own-full own-read full read elsewhere; do
			elevated_login "$name" $type
			test $? -ne 7 || refused=$((refused + 1))
		done
		token_make "names-$name" --user "$user_a" --allow "$name"
		elevated_login "$name" "names-$name" && named=$((named + 1))
	done
	echo "elevated: $refused refusals by $count services of 5 tokens each," \
	    "$named let in the one that names them"
	if test $count -gt 20 && test $refused -eq $((5 * count)) &&
	    test $named -eq $count; then
		passes
	else
		fails "an elevated service did not go as it should"
	fi
}

# elevated_login SERVICE TOKEN
elevated_login()
{
	"$build/tests/services/pamlogin" "$STAGE/elevated" "$1" "$user_a" \
	    <"$STAGE/tokens/$2" >"$out/client" 2>&1
}
