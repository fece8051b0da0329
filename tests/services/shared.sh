# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# Processes that serve many people: sourced by run.sh.

# Dovecot's one worker: what a login leaves is nobody else's.
shared_worker()
{
	local who token wanted got before pids

	before=$(log_size agent)
	while read -r who token wanted; do
		test -n "$who" || continue
		login dovecot "$who" "$STAGE/tokens/$token"
		if test "$got" = "$wanted"; then
			passes
		else
			fails "dovecot's worker, $who with $token: $got"
		fi
	done <<-END
	$user_a good in
	$user_b good out
	$user_b bobs in
	$user_a bobs out
	$user_b third out
	$user_a wrong out
	$user_b bobs in
	$user_a good in
	END
	stage_await "the last login" says agent "$before" \
	    "accepted .*user=\"$user_a\" service=\"dovecot\""
	pids=$(tail -c "+$((before + 1))" "$STAGE/log/agent" |
	    sed -n 's/.* service="dovecot".* pid=\([0-9]*\).*/\1/p' | sort -u)
	if test "$(wc -w <<<"$pids")" -eq 1; then
		echo "dovecot: one worker, two users' tokens kept apart"
		passes
	else
		fails "dovecot had other workers:" "$pids"
	fi
}

# Apache's threads, eight at a time, with two users and what does not fit.
shared_threads()
{
	local i wrong=0 who token wanted pids=()

	for i in {1..8}; do
		(
			out=$STAGE/out/thread$i
			mkdir -p "$out"
			thread_logins
		) &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || wrong=$((wrong + 1))
	done
	if test $wrong -eq 0; then
		echo "apache-event: 8 clients at a time, each got what is theirs"
		passes
	else
		fails "apache-event: $wrong of 8 clients at a time got others' answers"
	fi
}

thread_logins()
{
	local n who token wanted got

	for n in {1..3}; do
		while read -r who token wanted; do
			login apache-event "$who" "$STAGE/tokens/$token"
			test "$got" = "$wanted" || {
				echo "$who with $token: $got" >&2
				return 1
			}
		done <<-END
		$user_a good in
		$user_b good out
		$user_b bobs in
		$user_a third out
		END
	done
}
