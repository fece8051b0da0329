# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# MariaDB with auth_pam for run.sh: sourced.  Its plugin comes from the package
# of the whole server, which is unpacked and not installed.

mariadb_start()
{
	local dir=$STAGE/mariadb

	install -d -o daemon "$dir" && mkdir "$dir/plugin" || return
	mariadb-install-db --no-defaults --user=daemon "--datadir=$dir/data" \
	    --auth-root-authentication-method=socket \
	    --auth-root-socket-user=root --skip-test-db \
	    >"$STAGE/log/mariadb" 2>&1 && mariadb_plugin "$dir/plugin" || return
	stage_port
	mariadb_port=$port
	/usr/sbin/mariadbd --no-defaults --user=daemon \
	    "--datadir=$dir/data" "--plugin-dir=$dir/plugin" \
	    "--socket=$dir/socket" --bind-address=127.0.0.1 \
	    "--port=$mariadb_port" "--pid-file=$dir/pid" \
	    --skip-name-resolve --innodb-buffer-pool-size=8M \
	    >>"$STAGE/log/mariadb" 2>&1 </dev/null &
	mariadb_pid=$!
	stage_await "MariaDB on port $mariadb_port" \
	    stage_listens "$mariadb_port" &&
	docs_block sql mariadb | sed "s/alice/$user_a/" |
	    mariadb --no-defaults --socket="$dir/socket" \
		>>"$STAGE/log/mariadb" 2>&1
}

# As the package leaves it: only the server may call the helper, which asks
# PAM as root.  In a file system of its own, where there may be such helpers.
mariadb_plugin()
{
	mount -t tmpfs -o mode=0755 plugin "$1" &&
	cp -r "$unpacked"/usr/lib/mysql/plugin/* "$1" &&
	chown daemon "$1/auth_pam_tool_dir" &&
	chmod 0700 "$1/auth_pam_tool_dir" &&
	chmod 4755 "$1/auth_pam_tool_dir/auth_pam_tool"
}

mariadb_stop()
{
	stage_end "$mariadb_pid"
}

# 0: logged in as that user; 1: refused; 2: neither.
# mariadb_login ROW LOGIN FILE
mariadb_login()
{
	local login=$2

	(umask 077 && printf '[client]\npassword="%s"\n' "$(cat "$3")" \
	    >"$out/my.cnf")
	timeout 60 mariadb "--defaults-file=$out/my.cnf" -h 127.0.0.1 \
	    -P "$mariadb_port" -u "$login" -N -B -e 'select user()' \
	    >"$out/got" 2>"$out/client" </dev/null
	rm -f "$out/my.cnf"
	if grep -q "^$login@" "$out/got"; then
		return 0
	elif grep -q "Access denied for user '$login'" "$out/client"; then
		return 1
	fi
	return 2
}
