#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The PAM lines of pam_apitoken(8) and README.md are those of docs/services.md,
# which tests/services runs.

top=$(cd "$(dirname "$0")/.." && pwd) || exit 2
# shellcheck source=tests/services/docs.sh
. "$top/tests/services/docs.sh"
passed=0
failed=0

# One line for each, without comments, in any number of blanks.
lines()
{
	sed -e ':join' -e '/\\e\?$/{N;s/\\e\?\n//;b join' -e '}' |
	    sed -e '/^#/d' -e 's/[[:space:]]\+/ /g' -e 's/^ //;s/ $//' |
	    grep . | sort
}

# The first display of a subsection.  manual TITLE
manual()
{
	awk -v title=".Ss $1" '
		/^\.S[hs]/ { here = $0 == title }
		here && /^\.Ed/ { exit }
		inside && here && !/^\./ { print }
		here && /^\.Bd/ { inside = 1 }' "$top/man/pam_apitoken.8"
}

readme()
{
	grep '^    \(auth\|account\) .* pam_apitoken\.so' "$top/README.md"
}

# same all|some WHAT BLOCK-WORDS: what comes in is all of the block, or lines
# of it.
same()
{
	local which=$1 what=$2 got block difference
	shift 2

	got=$(lines)
	block=$(docs_block "$@" | lines)
	case $which in
	all) difference=$(diff <(echo "$block") <(echo "$got")) ;;
	some) difference=$(comm -13 <(echo "$block") <(echo "$got")) ;;
	esac
	if test -n "$got" && test -z "$difference"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf '%s is not what docs/services.md has:\n%s\n' "$what" \
		    "${difference:-nothing is there}"
	fi
}

both=": a token or the account's password"
same all "sshd in the manual" pam sshd token \
    < <(manual "OpenSSH: a token and no password")
same some "sshd$both in the manual" pam sshd both \
    < <(manual "OpenSSH$both")
same all "vsftpd in the manual" pam vsftpd token \
    < <(manual "vsftpd: a token and no password")
same some "vsftpd$both in the manual" pam vsftpd both \
    < <(manual "vsftpd$both")
same some "README.md" pam sshd both < <(readme)
echo "stacks: $passed passed, $failed failed"
test $failed -eq 0
