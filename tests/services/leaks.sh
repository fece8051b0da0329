# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# Whether a secret got into a log: sourced by run.sh.

# Twelve characters in a row of any secret, the public id apart.
secret_pieces()
{
	awk '{
		if ($0 ~ /^at[karm]_/)
			$0 = substr($0, 16)
		for (i = 1; i + 11 <= length($0); i++)
			print substr($0, i, 12)
	}' "$secrets"
}

leaks_in()
{
	grep -aFrl -f "$STAGE/tokens/pieces" "$@"
}

no_leaks()
{
	local logs=("$STAGE/log" /var/log) leaks

	secret_pieces >"$STAGE/tokens/pieces"
	leaks=$(leaks_in "${logs[@]}")
	if test -n "$leaks"; then
		fails "a piece of a secret is in $leaks"
	else
		echo "no piece of $(wc -l <"$secrets") secrets is in a log"
		passes
	fi
	# The search finds what is there.
	cut -c 20-40 "$STAGE/tokens/good" >"$STAGE/log/planted"
	if leaks_in "${logs[@]}" | grep -qx "$STAGE/log/planted"; then
		passes
	else
		fails "a planted piece of a secret was not found"
	fi
	rm "$STAGE/log/planted"
}
