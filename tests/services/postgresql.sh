# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# PostgreSQL for run.sh: sourced.  It asks PAM as postgres.

as_postgres=(--reuid=postgres --regid=postgres --clear-groups)

postgresql_start()
{
	local dir=$STAGE/postgresql bin

	bin=$(find /usr/lib/postgresql -path '*/bin/initdb' | sort -V |
	    tail -n 1)
	bin=${bin%/initdb}
	mkdir "$dir" && chown postgres: "$dir" || return
	setpriv "${as_postgres[@]}" "$bin/initdb" -D "$dir/data" \
	    -A peer -U postgres -N >"$STAGE/log/postgresql" 2>&1 || return
	stage_port
	postgresql_port=$port
	cat >"$dir/data/pg_hba.conf" <<-END
	local   all    postgres                  peer
	$(docs_block conf postgresql)
	END
	setpriv "${as_postgres[@]}" "$bin/postgres" -D "$dir/data" \
	    -c fsync=off -c listen_addresses=127.0.0.1 -c "port=$postgresql_port" \
	    -c "unix_socket_directories=$dir" -c shared_buffers=16MB \
	    >>"$STAGE/log/postgresql" 2>&1 </dev/null &
	postgresql_pid=$!
	stage_await "PostgreSQL on port $postgresql_port" postgresql_sql \
	    "create role $user_a login; create role $user_b login"
}

postgresql_sql()
{
	setpriv "${as_postgres[@]}" psql -X -q -h "$STAGE/postgresql" \
	    -p "$postgresql_port" -d postgres -c "$1"
}

postgresql_stop()
{
	stage_end "$postgresql_pid" INT
}

# 0: logged in as that role; 1: refused; 2: neither.
# postgresql_login ROW LOGIN FILE
postgresql_login()
{
	local login=$2

	PGPASSWORD=$(cat "$3") timeout 60 psql -X -w -h 127.0.0.1 \
	    -p "$postgresql_port" -U "$login" -d postgres \
	    -Atc 'select current_user' >"$out/got" 2>"$out/client"
	if test "$(cat "$out/got")" = "$login"; then
		return 0
	elif grep -q "PAM authentication failed for user" "$out/client"; then
		return 1
	fi
	return 2
}
