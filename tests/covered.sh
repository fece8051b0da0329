#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# covered.sh SOURCEDIR WORKDIR: builds the project with --enable-coverage from a
# copy in a new folder WORKDIR, runs its tests and those of faults there, and
# holds what share of the branches they reached against what it must be.  It
# takes some 20 minutes, and root.  docs/robustness.md lists branches that
# nothing can take.

source=$(cd "${1:?usage: covered.sh SOURCEDIR WORKDIR}" && pwd) || exit 2
mkdir "${2:?usage: covered.sh SOURCEDIR WORKDIR}" && cd "$2" || exit 2

# shellcheck source=tools/snapshot.sh
. "$source/tools/snapshot.sh"

# Part, and per cent that must be reached: some below what was seen, as a few
# branches are a matter of who is faster.
bounds='module 96
common 99
model 99
agent 89'

# Whoever the agent becomes writes what it counted.
umask 0
if ! {
	snapshot_make "$source" . &&
		./configure --enable-coverage &&
		make -j "$(nproc)" &&
		make fault-programs
} >make.out 2>&1; then
	echo "covered: it cannot be built: see $PWD/make.out" >&2
	exit 2
fi
chmod -R a+rwX .

# Two of them look at what files a module opens, and where counts are written
# there are more.
make -k -j "$(nproc)" check >check.out 2>&1
grep -q '^# TOTAL:' check.out || echo 'FAIL: the tests were not built' >>failed
grep '^FAIL: ' check.out |
    grep -vE 'check_module_(confined|elf\.sh)$' >>failed
(
	for tool in disks damaged rollback clocks; do
		tests/faults/$tool || echo "FAIL: $tool" >>failed
	done
	for asked in start 'first start' login 'revoked login' \
	    'one-time use' session create revoke list import backup restore \
	    status; do
		APITOKEN_LONG=1 tests/faults/failing "$asked" ||
			echo "FAIL: failing $asked" >>failed
	done
) >faults.out 2>&1 &
APITOKEN_LONG=1 tests/faults/commands >commands.out 2>&1 ||
	echo 'FAIL: commands' >>failed
wait
chmod -R a+rwX .

status=0
if test -s failed; then
	cat failed >&2
	status=1
fi
while read -r part bound; do
	"$source/tests/coverage.sh" . "$part" >"$part.branches" || status=1
	share=$(tail -n 1 "$part.branches")
	echo "covered: $share"
	awk -v share="$share" -v bound="$bound" 'BEGIN {
		exit !(match(share, /[0-9.]+ %$/) &&
		    substr(share, RSTART) + 0 >= bound)
	}' || {
		echo "FAILED: covered: $part: $bound % must be reached; see" \
		    "$PWD/$part.branches" >&2
		status=1
	}
done <<<"$bounds"
exit $status
