# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# What the clients that are curl have in common: sourced.  Of stage.sh it takes
# out.

# Asks as somebody, with what is in FILE for a password, which stands in no
# argument.  What comes goes to out/got, what curl says to out/client.
# curl_as user|proxy-user LOGIN FILE ARGUMENT...
curl_as()
{
	local option=$1 login=$2 file=$3 status
	shift 3

	rm -f "$out/got"
	(umask 077 && printf '%s = "%s:%s"\n' "$option" "$login" \
	    "$(cat "$file")" >"$out/curl")
	curl -q -sS --noproxy '*' --max-time 60 -K "$out/curl" \
	    -o "$out/got" "$@" >"$out/client" 2>&1
	status=$?
	rm -f "$out/curl"
	return $status
}

# 0: logged in as that user; 1: refused; 2: neither.
# ftp_login PORT LOGIN FILE
ftp_login()
{
	local login=$2 status

	curl_as user "$login" "$3" "ftp://127.0.0.1:$1/hello"
	status=$?
	if test $status -eq 0 && grep -q "^home of $login\$" "$out/got"; then
		return 0
	elif test $status -eq 67; then
		return 1
	fi
	return 2
}

# The same for a page whose header X-User says who one is.
# http_login PORT LOGIN FILE
http_login()
{
	curl_as user "$2" "$3" -w '%{http_code} %header{x-user}' \
	    "http://127.0.0.1:$1/hello"
	case $?,$(cat "$out/client") in
	0,"200 $2") return 0 ;;
	0,"401 "*) return 1 ;;
	esac
	return 2
}
