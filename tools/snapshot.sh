# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# A copy of the sources to build from: sourced, not run.  Nothing is generated
# in the checkout itself, and what was built in there does not get in the way.

# snapshot_make CHECKOUT FOLDER
snapshot_make()
{
	mkdir -p "$2" &&
	snapshot_list "$1" |
	    tar -C "$1" --null --no-recursion -T - -c |
	    tar -C "$2" --no-same-owner -x || return
	test -e "$2/Makefile.in" ||
	    (cd "$2" && autoreconf --install)
}

# What git knows and what it would not ignore; without git (a release) all
# but what a build makes.
snapshot_list()
{
	local list

	list=$(mktemp) || return
	if git -c safe.directory='*' -C "$1" ls-files -z --cached --others \
	    --exclude-standard >"$list" 2>/dev/null && test -s "$list"; then
		# Known, but no longer there.
		# shellcheck disable=SC2016
		(cd "$1" && xargs -0 sh -c \
		    'for f; do test ! -e "$f" || printf "%s\0" "$f"; done' \
		    sh <"$list")
	else
		(cd "$1" && find . \( -name .git -o -name .libs -o -name .deps \
		    -o -path './build*' ! -path './build-aux*' \
		    -o -name autom4te.cache \) -prune -o -type f \
		    ! -name '*.o' ! -name '*.l[ao]' ! -name '*.log' \
		    ! -name '*.trs' ! -path ./Makefile \
		    ! -path ./config.status -print0)
	fi
	rm "$list"
}
