# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# nginx with auth_pam for run.sh: sourced, after curl.sh.  It asks PAM as
# www-data.

nginx_start()
{
	local dir=$STAGE/nginx

	mkdir -p "$dir/html" && echo hello >"$dir/html/hello" || return
	stage_port
	nginx_port=$port
	cat >"$dir/config" <<-END
	load_module /usr/lib/nginx/modules/ngx_http_auth_pam_module.so;
	daemon off;
	user www-data;
	worker_processes 1;
	pid $dir/pid;
	error_log $STAGE/log/nginx;
	events { }
	http {
	    access_log $STAGE/log/nginx.access;
	    client_body_temp_path $dir/body;
	    proxy_temp_path $dir/proxy;
	    fastcgi_temp_path $dir/fastcgi;
	    uwsgi_temp_path $dir/uwsgi;
	    scgi_temp_path $dir/scgi;
	    server {
	        listen 127.0.0.1:$nginx_port;
	        root $dir/html;
	        add_header X-User \$remote_user;
	        $(docs_block conf nginx)
	    }
	}
	END
	/usr/sbin/nginx -c "$dir/config" -e "$STAGE/log/nginx" \
	    >"$STAGE/log/nginx.out" 2>&1 </dev/null &
	nginx_pid=$!
	stage_await "nginx on port $nginx_port" stage_listens "$nginx_port"
}

nginx_stop()
{
	stage_end "$nginx_pid"
}

# nginx_login ROW LOGIN FILE
nginx_login()
{
	http_login "$nginx_port" "$2" "$3"
}
