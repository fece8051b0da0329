# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# The blocks of docs/services.md: sourced.  What people copy is what runs here.

docs_page=${BASH_SOURCE[0]%/*}/../../docs/services.md

# The lines between ```KIND NAME FORM and ```; fails if there is no such block.
# docs_block WORD...
docs_block()
{
	awk -v fence="\`\`\`$*" '
		$0 == "```" { inside = 0 }
		inside { print; found = 1 }
		$0 == fence { inside = 1 }
		END { exit !found }' "$docs_page"
}

docs_has()
{
	docs_block "$@" >/dev/null
}
