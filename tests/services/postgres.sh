# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# PostgreSQL for sessions.sh: sourced.  It calls PAM as its own user, and
# opens no session: the process that asks is the session.

postgres_bin()
{
	find /usr/lib/postgresql/*/bin -name "$1" 2>/dev/null | sort -V |
	    tail -n 1
}

postgres_as()
{
	setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
}

postgres_start()
{
	local dir=$STAGE/postgres name

	mkdir "$dir" && chown postgres "$dir" &&
	postgres_as "$(postgres_bin initdb)" -D "$dir/data" -A peer \
	    -U postgres --no-sync >"$STAGE/log/initdb" 2>&1 || return
	cat >"$dir/data/pg_hba.conf" <<-END
	local all postgres peer
	host all all 127.0.0.1/32 pam pamservice=postgresql
	END
	stage_port
	postgres_port=$port
	# Not by a function: its shell would be what is waited for.
	setpriv --reuid=postgres --regid=postgres --clear-groups \
	    "$(postgres_bin postgres)" -D "$dir/data" -F \
	    -c "port=$postgres_port" -c listen_addresses=127.0.0.1 \
	    -c "unix_socket_directories=$dir" >"$STAGE/log/postgres" 2>&1 \
	    </dev/null &
	postgres_pid=$!
	stage_await "PostgreSQL" postgres_as psql -h "$dir" \
	    -p "$postgres_port" -Atc 'select 1' || return
	for name in "$user_a" "$user_b"; do
		postgres_as psql -h "$dir" -p "$postgres_port" -Atqc \
		    "create role $name login" || return
	done
}

postgres_stop()
{
	stage_end "$postgres_pid" QUIT
}

# postgres_client LOGIN TOKENFILE ARGUMENT...
postgres_client()
{
	local login=$1 file=$2
	shift 2

	PGPASSWORD=$(cat "$file") psql -h 127.0.0.1 -p "$postgres_port" \
	    -U "$login" -d postgres -At "$@"
}
