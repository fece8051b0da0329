#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# floors.sh [CHECKOUT]: holds the rules of ARCHITECTURE.md about who may
# include what, then plants one violation of each in a copy of the tree and
# sees that it is found.

top=$(cd "${1:-$(dirname "$0")/..}" && pwd) || exit 2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
passed=0
failed=0

# Folder, then the folders that it may include from.
floors='
common		common
agent/model	common agent/model
agent/store	common agent/model agent/store
agent/server	common agent/model agent/store agent/server
agent		common agent/model agent/store agent/server agent
pam_apitoken	common pam_apitoken
cli		common cli
'

# Header (or a folder of headers), then the only files that may name it.
libraries='
lmdb.h		^agent/store/|^tests/(bench|faults)/
sodium.h	^agent/model/crypto[.]c$|^tests/bench/
security/	^pam_apitoken/|^tests/
ini.h		^agent/server/
seccomp.h	^agent/server/
jansson.h	^cli/|^tests/
libsmartcols	^cli/
check.h		^tests/
'

# "file <header>" or "file "header"", for all sources below the folder.
includes()
{
	(cd "$1" && find agent cli common pam_apitoken tests \
	    -name '*.[ch]' -exec grep -H '^[[:space:]]*#[[:space:]]*include' {} +) |
	    sed 's/:[[:space:]]*#[[:space:]]*include[[:space:]]*/ /'
}

wrong_floors()
{
	awk -v floors="$floors" '
		BEGIN {
			n = split(floors, line, "\n")
			for (i = 1; i <= n; i++) {
				m = split(line[i], word, /[ \t]+/)
				for (j = 2; j <= m; j++)
					may[word[1], word[j]] = 1
			}
		}
		$2 ~ /^"/ && $1 !~ /^tests\// {
			from = $1; sub(/\/[^\/]*$/, "", from)
			to = substr($2, 2, length($2) - 2)
			sub(/\/[^\/]*$/, "", to)
			if (!((from, to) in may))
				print $1 " must not include " $2
		}' "$work/includes"
}

wrong_libraries()
{
	awk -v libraries="$libraries" '
		BEGIN { n = split(libraries, line, "\n") }
		$2 ~ /^</ {
			header = substr($2, 2)
			for (i = 1; i <= n; i++) {
				split(line[i], word, /[ \t]+/)
				if (word[1] != "" &&
				    index(header, word[1]) == 1 &&
				    $1 !~ word[2])
					print $1 " must not include " $2
			}
		}' "$work/includes"
}

# Included by the path from the root of the tree, and there.
wrong_paths()
{
	awk '$2 ~ /^"/ { print $1, substr($2, 2, length($2) - 2) }' \
	    "$work/includes" |
	while read -r file header; do
		test -e "$1/$header" ||
		    echo "$file includes \"$header\", which is not there"
	done
}

# tsort(1) finds a loop, should headers include one another.
cycles()
{
	awk '$1 ~ /[.]h$/ && $2 ~ /^"/ {
		print $1, substr($2, 2, length($2) - 2)
	}' "$work/includes" |
	    tsort 2>&1 >/dev/null | sed 's/^tsort: -: /headers: /'
}

# Everything that is wrong below a folder, line by line.
violations()
{
	includes "$1" >"$work/includes"
	wrong_floors
	wrong_libraries
	wrong_paths "$1"
	cycles
}

# planted FILE LINE: a violation that must be found.
planted()
{
	rm -rf "$work/tree"
	mkdir "$work/tree"
	cp -R "$top/agent" "$top/cli" "$top/common" "$top/pam_apitoken" \
	    "$top/tests" "$work/tree/"
	echo "$2" >>"$work/tree/$1"
	if test -n "$(violations "$work/tree")"; then
		passed=$((passed + 1))
	else
		echo "FAILED: floors: $2 in $1 was not found" >&2
		failed=$((failed + 1))
	fi
}

found=$(violations "$top")
if test -z "$found" && test "$(wc -l <"$work/includes")" -gt 100; then
	passed=$((passed + 1))
else
	echo "FAILED: floors: ${found:-too few includes were seen}" >&2
	failed=$((failed + 1))
fi
planted common/span.c '#include "agent/model/record.h"'
planted agent/model/record.c '#include "agent/store/store.h"'
planted agent/store/store.c '#include "agent/server/log.h"'
planted pam_apitoken/host.c '#include "agent/model/crypto.h"'
planted cli/ask.c '#include "pam_apitoken/options.h"'
planted cli/ask.c '# include  "agent/model/scope.h"'
planted agent/server/log.c '#include <lmdb.h>'
planted agent/model/verify.c '#include <sodium.h>'
planted agent/server/serve.c '#include <security/pam_appl.h>'
planted agent/model/scope.c '#include <jansson.h>'
planted common/span.h '#include "common/message.h"'
planted common/span.c '#include "span.h"'
echo "floors: $passed passed, $failed failed"
test $failed -eq 0
