# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# Rows, columns and what became of their cells: sourced by run.sh.
#
# The rows of a column run at the same time, but for those of one file, one
# after the other: so a server has one client at a time, and a slow one keeps
# nobody waiting but at the end of the column.

# No login takes longer, a frozen agent and the delays of servers included, on
# a machine that does much else.
limit_ms=30000

passed=0
failed=0
columns=()
declare -A cells

passes()
{
	passed=$((passed + 1))
}

fails()
{
	failed=$((failed + 1))
	echo "FAILED: $*" >&2
}

now_ms()
{
	echo "$((${EPOCHREALTIME/./} / 1000))"
}

# The row names of which the traits have $only, if it is set, and lack $but.
row_names()
{
	awk -v only="${only-}" -v but="${but-}" '
		NF && (only == "" || index(" " $0 " ", " " only " ")) &&
		    (but == "" || !index(" " $0 " ", " " but " ")) {
			print $1
		}' <<<"${rows//	/ }"
}

# row_word ROW NUMBER
row_word()
{
	awk -v row="$1" -v n="$2" '$1 == row { print $n }' <<<"$rows"
}

has_row()
{
	test -n "$(row_word "$1" 1)"
}

row_file()
{
	row_word "$1" 2
}

row_service()
{
	row_word "$1" 3
}

# What stands there in any row, each once.  row_words NUMBER
row_words()
{
	awk -v n="$1" 'NF && !seen[$n]++ { print $n }' <<<"$rows"
}

# Sets got to what became of it.  login ROW LOGIN TOKENFILE
login()
{
	"$(row_file "$1")_login" "$@"
	case $? in
	0) got=in ;;
	1) got=out ;;
	3) got=later ;;
	*) got="neither in nor out ($(tail -n 1 "$out/client"))" ;;
	esac
}

# Whether a login goes as it should, and a log says so; sets why if not.
# In PATTERN stand ID for the token's id and SERVICE for that of PAM; without
# one no log is looked at.
# attempt ROW in|out|later TOKENFILE [LOG PATTERN]
attempt()
{
	local row=$1 wanted=$2 token=$3 log=${4-} pattern=${5-}
	local got before=0 began took

	if ! applies "$(row_file "$row")"; then
		why=-
		return 1
	fi
	why=
	pattern=${pattern//SERVICE/$(row_service "$row")}
	pattern=${pattern//ID/$(token_id "$token")}
	test -z "$log" || before=$(log_size "$log")
	began=$(now_ms)
	login "$row" "$user_a" "$token"
	took=$(($(now_ms) - began))
	if test "$got" != "$wanted"; then
		why="$got, not $wanted"
	elif test -n "$log" &&
	    ! stage_await "$row" says "$log" "$before" "$pattern"; then
		why="log $log does not say: $pattern"
	elif test $took -gt $limit_ms; then
		why="it took $took ms"
	fi
	test -z "$why"
}

# Whether the column's case is one for a file's rows; it may want something
# else there.
applies()
{
	! declare -F "${1}_expect" >/dev/null || "${1}_expect" "$case"
}

# The rows of a file, one after the other; a line for each in out/cells.
# lane FILE FUNCTION ARGUMENT...
lane()
{
	local file=$1 row why
	shift

	out=$STAGE/out/$file
	mkdir -p "$out"
	: >"$out/cells"
	for row in $(row_names); do
		test "$(row_file "$row")" = "$file" || continue
		why="nothing said"
		"$1" "$row" "${@:2}"
		echo "$row $why" >>"$out/cells"
	done
}

# A column: FUNCTION for each row, which sets why to what went wrong.
# each CASE FUNCTION ARGUMENT...
each()
{
	local case=$1 pids=() file row name text why began=$SECONDS
	shift

	columns+=("$case")
	for file in $(row_words 2); do
		lane "$file" "$@" &
		pids+=($!)
	done
	wait "${pids[@]}"
	echo "$case: $((SECONDS - began)) s"
	for row in $(row_names); do
		# A lane that died said nothing of the row.
		why="nothing came of it"
		while read -r name text; do
			test "$name" != "$row" || why=$text
		done <"$STAGE/out/$(row_file "$row")/cells"
		settle "$case" "$row" "$why"
	done
}

# settle CASE ROW WHY: an empty WHY is a pass, - is a case that does not apply.
settle()
{
	cells[$1/$2]=ok
	if test -z "$3"; then
		passes
	elif test "$3" = -; then
		cells[$1/$2]=-
	else
		cells[$1/$2]=FAIL
		fails "$2, $1: $3"
		tail -q -n 2 "$STAGE/log/agent" "$STAGE/log/syslog" >&2
	fi
}

# The plain column.  column CASE in|out TOKEN [LOG PATTERN]
column()
{
	each "$1" attempt "$2" "$STAGE/tokens/$3" "${@:4}"
}

# Eight columns at a time, for terminals.
print_table()
{
	local at

	for ((at = 0; at < ${#columns[@]}; at += 8)); do
		print_columns "${columns[@]:at:8}"
	done
}

print_columns()
{
	local row case

	printf '%-15s' service
	printf '%s ' "$@"
	echo
	for row in $(row_names); do
		printf '%-15s' "$row"
		for case in "$@"; do
			printf '%-*s ' ${#case} "${cells[$case/$row]--}"
		done
		echo
	done
}
