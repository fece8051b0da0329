#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# analysers.sh [SOURCES [ANALYSER...]]: what reads the product's code without
# running it: gcc (-fanalyzer), cppcheck, tidy (clang-tidy with the checkers of
# clang's own analyser, which are those of scan-build).  Everything that one
# says is a failure but what the table below explains.

top=$(cd "${1:-$(dirname "$0")/..}" && pwd) || exit 2
shift
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
jobs=$(nproc)
passed=0
failed=0

# File	checker	why it is wrong
explained='
agent/server/op_import.c	analyzer-malloc-leak	tsearch keeps it
cli/importnamed.c	analyzer-malloc-leak	tsearch or the list keeps it
cli/pairread.c	analyzer-malloc-leak	its caller has what lies in it
agent/server/proctree.c	analyzer-possible-null-dereference	counted only if it is there
agent/server/waiting.c	analyzer-null-dereference	there is an oldest where count is not 0
cli/moduleargument.c	analyzer-null-dereference	only a flag has no value
cli/moduleargument.c	analyzer-null-argument	only a flag has no value
pam_apitoken/options.c	analyzer-null-dereference	only a flag has no value
pam_apitoken/options.c	analyzer-null-argument	only a flag has no value
cli/transfernamed.c	analyzer-null-dereference	the table has a row for each kind
agent/model/caller.c	bugprone-sizeof-expression	an array of pointers has that size
agent/store/changeset.c	bugprone-not-null-terminated-result	a span has no NUL
cli/options.c	clang-analyzer-core.NonNullParamChecker	only a flag has no value
cli/batch.c	bugprone-misplaced-widening-cast	both have 64 bits
agent/server/op_grant.c	nullPointerRedundantCheck	one of the two is there
agent/server/dispatch.c	autoVariables	the operation ends before they do
cli/doctortools.c	legacyUninitvar	read(2) writes it
'

# Words without blanks, quotes and all.
export flags='-std=gnu17 -D_GNU_SOURCE -I. -DAPITOKEN_CONFINES=true'
flags+=" $(pkg-config --cflags smartcols)" || exit 2
for name in PACKAGE_VERSION APITOKEN_SYSCONFDIR APITOKEN_STATEDIR \
    APITOKEN_SBINDIR APITOKEN_PAMDIR APITOKEN_RUNDIR APITOKEN_AGENT_USER; do
	flags+=" -D$name=\"/x\""
done

# What is to be read, one of them planted: what is wrong there must be found.
sources()
{
	find agent cli common pam_apitoken -name '*.c' | sort
	echo "$work/planted.c"
}

plant()
{
	cat >"$work/planted.c" <<-'END'
	#include <stdlib.h>
	int planted(int n);
	int planted(int n)
	{
		int *p = malloc(sizeof(*p) * 4);

		if (p == NULL || n < 0)
			return *p;
		return p[n] = n;
	}
	END
}

# Each prints lines "FILE:... [CHECKER]" of what it finds, among others.

# shellcheck disable=SC2016
gcc_finds()
{
	sources | xargs -P "$jobs" -I '{}' sh -c '
		gcc $flags -O1 -fanalyzer -S -o /dev/null {} 2>&1'
}

cppcheck_finds()
{
	cppcheck --quiet -j "$jobs" --std=c11 --inline-suppr -D_GNU_SOURCE \
	    -I. --enable=warning,performance,portability \
	    --template='{file}:{line}: {message} [{id}]' \
	    --file-list=<(sources) 2>&1
}

# Not asked for: Annex K's functions, which are in no libc that this runs on;
# strcpy, which stands behind a comparison of lengths here; the order of fields;
# alike arguments; products of two constants; va_start, which clang 14 does not
# see.  And what is uninitialised only if an error were positive: they are 0 or
# negative here, which gcc is told by the same file and valgrind by running it.
tidy_finds()
{
	local checks='-*,clang-analyzer-*,bugprone-*'

	checks+=',-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafe*'
	checks+=',-clang-analyzer-security.insecureAPI.strcpy'
	checks+=',-clang-analyzer-optin.performance.Padding'
	checks+=',-clang-analyzer-core.CallAndMessage'
	checks+=',-clang-analyzer-core.UndefinedBinaryOperatorResult'
	checks+=',-clang-analyzer-core.uninitialized.*'
	checks+=',-clang-analyzer-valist.Uninitialized'
	checks+=',-bugprone-implicit-widening-of-multiplication-result'
	checks+=',-bugprone-easily-swappable-parameters'
	checks+=',-bugprone-reserved-identifier'
	export checks
	# shellcheck disable=SC2016
	sources | xargs -P "$jobs" -n 8 sh -c '
		clang-tidy --quiet --checks="$checks" "$@" -- $flags' sh \
	    2>/dev/null | sed "s|^$PWD/||"
}

# Lines of what was found and is not explained, or why nothing could be.  What
# is explained and was found goes into the file used.
unexplained()
{
	awk -F '\t' -v explained="$explained" -v used="$work/used" '
		BEGIN {
			n = split(explained, line, "\n")
			for (i = 1; i <= n; i++) {
				split(line[i], word, "\t")
				known[word[1] " " word[2]] = 1
			}
		}
		/ error: / && !/\[[-a-zA-Z.,=]+\]$/ { print; next }
		/^[a-z_\/]+[.][ch]:[0-9]+/ && /\[[-a-zA-Z.,=]+\]$/ {
			file = $0; sub(/:.*/, "", file)
			checker = $0; sub(/.*\[/, "", checker)
			sub(/\]$/, "", checker); sub(/^-W/, "", checker)
			if (!((file " " checker) in known))
				print
			else
				print file "\t" checker >>used
		}' | sort -u
}

# analyse NAME
analyse()
{
	local found

	"$1_finds" >"$work/$1"
	found=$(unexplained <"$work/$1")
	if ! grep -q "^$work/planted.c:.*\]$" "$work/$1"; then
		tail -n 5 "$work/$1" >&2
		echo "FAILED: analysers: $1 does not find what is planted" >&2
		failed=$((failed + 1))
	elif test -z "$found"; then
		echo "analysers: $1 finds nothing in $(($(sources | wc -l) - 1))" \
		    "files, and what is planted"
		passed=$((passed + 1))
	else
		echo "$found" >&2
		echo "FAILED: analysers: $1" >&2
		failed=$((failed + 1))
	fi
}

# Rows that explain nothing any more; once all have been asked.
find_stale()
{
	local file checker

	while IFS=$'\t' read -r file checker _; do
		test -z "$file" || grep -qxF "$file"$'\t'"$checker" "$work/used" || {
			echo "FAILED: analysers: nothing has $checker in $file" >&2
			failed=$((failed + 1))
		}
	done <<<"$explained"
}

cd "$top" || exit 2
: >"$work/used"
plant
are_all=false
test $# -gt 0 || {
	set -- gcc cppcheck tidy
	are_all=true
}
for analyser in "$@"; do
	analyse "$analyser"
done
! $are_all || find_stale
echo "analysers: $passed passed, $failed failed"
test $failed -eq 0
