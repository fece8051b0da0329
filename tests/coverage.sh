#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# coverage.sh BUILDDIR [PART...]: what share of the branches the tests reached
# in a build that was configured with --enable-coverage; for each part (module
# common model agent; all of them), each of its files, and each line that has a
# branch which nothing took.  What is counted there is gcov's, at -O0.
#
# The agent is nobody's in tests that root runs, and must be able to write what
# it counted:
#
#	chmod -R a+rwX BUILDDIR; umask 0; make -k -j4 check fault-programs
#	for p in failing disks damaged rollback clocks; do tests/faults/$p; done

build=$(cd "${1:?usage: coverage.sh BUILDDIR [PART...]}" && pwd) || exit 2
shift
test $# -gt 0 || set -- module common model agent

# The folders of a part.
folders()
{
	case $1 in
	module) echo pam_apitoken ;;
	common) echo common ;;
	model) echo agent/model ;;
	agent) echo agent agent/store agent/server ;;
	*)
		echo "coverage: no part \"$1\"" >&2
		exit 2
		;;
	esac
}

# What gcov says of every object of a folder, as one text.  Objects that no
# test ran have notes and no counts; then every branch was missed.
annotate()
{
	local notes

	find "$build/$1" "$build/$1/.libs" -maxdepth 1 -name '*.gcno' \
	    >"$work/notes" 2>/dev/null
	while read -r notes; do
		(cd "$build" && gcov -b -c -t -o "$(dirname "$notes")" \
		    "$notes" 2>/dev/null)
	done <"$work/notes"
}

# One line of numbers for each file, and one for each branch that was missed.
# Of a file that is in more than one program, what any of them reached counts.
summarize()
{
	awk -v part="$1" -v source="$source" '
		/^ *-: *0:Source:/ {
			file = $0
			sub(/^.*Source:/, "", file)
			if (index(file, source "/") == 1)
				file = substr(file, length(source) + 2)
			sub(/^(\.\.\/)+/, "", file)
			next
		}
		/^ *[-#=0-9*]+: *[0-9]+:/ {
			line = $0
			sub(/^[^:]*: */, "", line)
			sub(/:.*/, "", line)
			text[file, line] = $0
			sub(/^[^:]*:[^:]*:/, "", text[file, line])
			next
		}
		/^branch/ && file ~ /\.c$/ && file !~ /^\// {
			key = file SUBSEP line SUBSEP $2
			if (!(key in seen)) {
				seen[key] = 1
				order[++n] = key
			}
			if ($0 ~ /taken [1-9]/)
				taken[key] = 1
		}
		END {
			for (i = 1; i <= n; i++) {
				split(order[i], k, SUBSEP)
				all[k[1]]++
				if (order[i] in taken)
					got[k[1]]++
				else if (k[1] SUBSEP k[2] in told)
					continue
				else {
					told[k[1], k[2]] = 1
					missed[k[1]] = missed[k[1]] \
					    sprintf("    %s:%d:%s\n", k[1], \
					    k[2], text[k[1], k[2]])
				}
			}
			for (file in all) {
				sum += all[file]
				sumgot += got[file]
				if (got[file] < all[file])
					printf "  %s: %d of %d\n%s", file, \
					    got[file], all[file], missed[file]
			}
			printf "%s: %d of %d branches, %.1f %%\n", part, \
			    sumgot, sum, sum ? 100 * sumgot / sum : 0
			exit sum == 0
		}'
}

# As gcov names files, where configure was called by its whole path.
source=$(sed -n 's/^abs_top_srcdir = //p' "$build/Makefile")
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
status=0
for part in "$@"; do
	for folder in $(folders "$part"); do
		annotate "$folder"
	done | summarize "$part" || status=1
done
exit $status
