# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# Apache with authnz_pam, for the rows apache-prefork and apache-event of
# run.sh: sourced, after curl.sh.  It asks PAM as www-data, the latter in
# threads.

apache_start()
{
	mkdir -p "$STAGE/apache/html" &&
	echo hello >"$STAGE/apache/html/hello" &&
	apache_start_one prefork &&
	prefork_port=$port prefork_pid=$! &&
	apache_start_one event &&
	event_port=$port event_pid=$!
}

# apache_start_one MPM
apache_start_one()
{
	local dir=$STAGE/apache mpm=$1 name

	mkdir "$dir/$mpm"
	stage_port
	{
		for name in "mpm_$mpm" authn_core authz_core authz_user \
		    auth_basic authnz_pam headers; do
			echo "LoadModule ${name}_module" \
			    "/usr/lib/apache2/modules/mod_$name.so"
		done
		cat <<-END
		ServerRoot $dir
		ServerName localhost
		DocumentRoot $dir/html
		Listen 127.0.0.1:$port
		User www-data
		Group www-data
		PidFile $dir/$mpm/pid
		DefaultRuntimeDir $dir/$mpm
		Mutex file:$dir/$mpm
		ErrorLog $STAGE/log/apache-$mpm
		StartServers 2
		Header set X-User "expr=%{REMOTE_USER}"
		$(docs_block conf apache2)
		END
	} >"$dir/$mpm/config"
	# It ends its process group, which would be everybody here.
	setsid /usr/sbin/apache2 -DFOREGROUND -f "$dir/$mpm/config" \
	    >"$STAGE/log/apache-$mpm.out" 2>&1 </dev/null &
	stage_await "Apache ($mpm) on port $port" stage_listens "$port"
}

apache_stop()
{
	stage_end "$prefork_pid"
	stage_end "$event_pid"
}

# apache_login ROW LOGIN FILE
apache_login()
{
	case $1 in
	apache-prefork) http_login "$prefork_port" "$2" "$3" ;;
	apache-event) http_login "$event_port" "$2" "$3" ;;
	esac
}
