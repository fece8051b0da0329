/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/server/config.h"
#include "agent/store/store.h"
#include "common/error.h"
#include "tests/unit/agent_fixture.h"
#include "tests/unit/model_fixture.h"

static char folder[64];
static char path[96];
static char why[512];
static struct config *config;

/* What a failure must leave alone. */
static struct config untouched;

static void
setup(void)
{
	folder_make(folder);
	snprintf(path, sizeof(path), "%s/conf", folder);
	config = &untouched;
	why[0] = '\0';
}

static void
teardown(void)
{
	if (config != &untouched)
		config_free(config);
	folder_remove(folder);
}

static int
load_bytes(const void *data, size_t size)
{
	file_write(path, data, size, 0600);
	if (config != &untouched)
		config_free(config);
	config = &untouched;
	return config_load(path, true, &some_names, &config, why, sizeof(why));
}

static void
load(const char *text)
{
	ck_assert_msg(load_bytes(text, strlen(text)) == 0, "%s", why);
	ck_assert_ptr_ne(config, &untouched);
}

/* Refused: "PATH:LINE: ..." with all these words. */
static void
expect_failure(int rv, unsigned line, const char *words)
{
	char prefix[128];
	char copy[256];
	char *rest = NULL;

	ck_assert_msg(rv == ERROR_INVALID, "taken; it lacks \"%s\"", words);
	ck_assert_ptr_eq(config, &untouched);
	snprintf(prefix, sizeof(prefix), "%s:%u: ", path, line);
	ck_assert_msg(line == 0 || strncmp(why, prefix, strlen(prefix)) == 0,
	    "\"%s\" is not of line %u", why, line);
	snprintf(copy, sizeof(copy), "%s", words);
	for (char *word = strtok_r(copy, "|", &rest); word != NULL;
	     word = strtok_r(NULL, "|", &rest))
		ck_assert_msg(strstr(why, word) != NULL, "\"%s\" lacks \"%s\"",
		    why, word);
}

static void
refuse_text(const char *text, unsigned line, const char *words)
{
	expect_failure(load_bytes(text, strlen(text)), line, words);
}

/* Keys and values. */

enum form {
	TEXT,
	NUMBER32,
	NUMBER64,
	FLAG,
};

struct key_row {
	const char *section;
	const char *key;
	const char *value;
	enum form form;
	size_t offset;
	const char *text; /* what it is then */
	uint64_t number;
};

#define IN(field) offsetof(struct config, field)
#define OF(field) offsetof(struct service, field)
#define MAX_WORD64                                                             \
	"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_+"

static const struct key_row good[] = {
	{ "agent", "user", "_bob", TEXT, IN(user), "_bob", 0 },
	{ "agent", "default_role", "member", NUMBER32, IN(default_role), NULL,
	    ROLE_MEMBER },
	{ "agent", "default_role", "none", NUMBER32, IN(default_role), NULL,
	    ROLE_NONE },
	{ "agent", "self_service_min_uid", "0", NUMBER32,
	    IN(self_service_min_uid), NULL, 0 },
	{ "agent", "self_service_min_uid", "4294967294", NUMBER32,
	    IN(self_service_min_uid), NULL, 4294967294 },
	{ "agent", "log", "stderr", NUMBER32, IN(log), NULL, LOG_TO_STDERR },
	{ "agent", "log", "syslog", NUMBER32, IN(log), NULL, LOG_TO_SYSLOG },
	{ "sockets", "auth", "/a", TEXT, IN(auth_socket), "/a", 0 },
	{ "sockets", "user", "/u s", TEXT, IN(user_socket), "/u s", 0 },
	{ "sockets", "admin", "/a/b", TEXT, IN(admin_socket), "/a/b", 0 },
	{ "sockets", "saslauthd", "/m", TEXT, IN(saslauthd_socket), "/m", 0 },
	{ "sockets", "saslauthd_group", "mail", NUMBER32, IN(saslauthd_gid),
	    NULL, GID_MAIL },
	{ "agent", "local_realms", "", TEXT, IN(local_realms), "", 0 },
	{ "agent", "local_realms", "example.org, a.example b", TEXT,
	    IN(local_realms), "example.org, a.example b", 0 },
	{ "store", "directory", "/s", TEXT, IN(store_directory), "/s", 0 },
	{ "store", "key", "/k", TEXT, IN(key), "/k", 0 },
	{ "store", "map_size", "1M", NUMBER64, IN(map_size), NULL, 1 << 20 },
	{ "store", "map_size", "1048576", NUMBER64, IN(map_size), NULL,
	    1 << 20 },
	{ "store", "map_size", "1048577", NUMBER64, IN(map_size), NULL,
	    1 << 20 },
	{ "store", "map_size", "2048K", NUMBER64, IN(map_size), NULL, 2 << 20 },
	{ "store", "map_size", "64G", NUMBER64, IN(map_size), NULL,
	    UINT64_C(64) << 30 },
	{ "store", "map_size", "64T", NUMBER64, IN(map_size), NULL,
	    UINT64_C(64) << 40 },
	{ "limits", "default_expires", "90d", NUMBER64,
	    IN(limits.default_expires), NULL, 90 * 86400 },
	{ "limits", "default_expires", "never", NUMBER64,
	    IN(limits.default_expires), NULL, 0 },
	{ "limits", "tokens_per_owner", "7", NUMBER32, IN(tokens_per_owner),
	    NULL, 7 },
	{ "limits", "tokens_per_owner", "never", NUMBER32, IN(tokens_per_owner),
	    NULL, 0 },
	{ "limits", "retention", "30d", NUMBER64, IN(retention), NULL,
	    30 * 86400 },
	{ "limits", "retention", "never", NUMBER64, IN(retention), NULL, 0 },
	{ "limits", "max_expires", "1y", NUMBER64, IN(limits.max_expires), NULL,
	    365 * 86400 },
	{ "limits", "refresh_lifetime", "7d", NUMBER64,
	    IN(lineage.refresh_lifetime), NULL, 7 * 86400 },
	{ "limits", "refresh_lifetime", "never", NUMBER64,
	    IN(lineage.refresh_lifetime), NULL, 0 },
	{ "limits", "access_tokens", "1", NUMBER32, IN(lineage.access_tokens),
	    NULL, 1 },
	{ "limits", "access_tokens", "1000", NUMBER32,
	    IN(lineage.access_tokens), NULL, 1000 },
	{ "service web", "project", "shop", TEXT, OF(project), "shop", 0 },
	{ "service web", "project", MAX_WORD64, TEXT, OF(project), MAX_WORD64,
	    0 },
	{ "service web", "environment", "test", TEXT, OF(environment), "test",
	    0 },
	{ "service web", "environment", "", TEXT, OF(environment), "", 0 },
	{ "service web", "access", "read", TEXT, OF(access), "read", 0 },
	{ "service web", "role", "operator", TEXT, OF(role), "operator", 0 },
	{ "service web", "role", "", TEXT, OF(role), "", 0 },
	{ "service web", "elevated", "yes", FLAG, OF(elevated), NULL, true },
	{ "service web", "elevated", "no", FLAG, OF(elevated), NULL, false },
	{ "service sudo", "elevated", "no", FLAG, OF(elevated), NULL, false },
	{ "service sudo", "project", "shop", FLAG, OF(elevated), NULL, true },
	{ "service web", "sessions", "none", NUMBER32, OF(sessions), NULL,
	    SESSIONS_NONE },
	{ "service web", "sessions", "process", NUMBER32, OF(sessions), NULL,
	    SESSIONS_PROCESS },
	{ "service web", "sessions", "auth-peer", NUMBER32, OF(sessions), NULL,
	    SESSIONS_AUTH_PEER },
	{ "service web", "callers", "", NUMBER64, OF(caller_count), NULL, 0 },
	{ "service web", "callers", "postgres", NUMBER32, OF(callers), NULL,
	    UID_POSTGRES },
	{ "service web", "callers", " bob , postgres web,,alice ", NUMBER64,
	    OF(caller_count), NULL, 4 },
};

static void
expect_value(const struct key_row *row)
{
	const char *base = strncmp(row->section, "service ", 8) == 0
			       ? (const char *)config->services
			       : (const char *)config;
	uint32_t number32;
	uint64_t number64;

	base += row->offset;
	memcpy(&number32, base, sizeof(number32));
	memcpy(&number64, base, sizeof(number64));
	if (row->form == TEXT)
		ck_assert_str_eq(base, row->text);
	else if (row->form == NUMBER32)
		ck_assert_uint_eq(number32, row->number);
	else if (row->form == NUMBER64)
		ck_assert_uint_eq(number64, row->number);
	else
		ck_assert_uint_eq((uint8_t)*base, row->number);
}

START_TEST(a_good_value_is_taken)
{
	const struct key_row *row = &good[_i];
	char text[256];

	snprintf(text, sizeof(text), "[%s]\n%s = %s\n", row->section, row->key,
	    row->value);
	load(text);
	expect_value(row);
}
END_TEST

#define PATH107                                                                \
	"/23456789012345678901234567890123456789012345678901234567890"         \
	"12345678901234567890123456789012345678901234567"

START_TEST(the_longest_path_is_taken)
{
	ck_assert_uint_eq(strlen(PATH107), 107);
	load("[store]\nkey = " PATH107);
	ck_assert_str_eq(config->key, PATH107);
	refuse_text("[store]\nkey = " PATH107 "8", 2, "key|absolute path|107");
}
END_TEST

#define WORD_RIGHT  "it takes|word|64 letters"
#define PATH_RIGHT  "it takes|absolute path"
#define SIZE_RIGHT  "it takes|1M to 64T|64G"
#define LATE_RIGHT  "it takes|90d|never"
#define USER_RIGHT  "it takes|user number"
#define GROUP_RIGHT "it takes|a group of this machine"

#define COUNT_RIGHT "it takes|a number from 1, or never"

static const struct {
	const char *section;
	const char *key;
	const char *value;
	const char *right;
} bad[] = {
	{ "agent", "user", "", WORD_RIGHT },
	{ "agent", "user", "a b", WORD_RIGHT },
	{ "agent", "default_role", "owner", "it takes|member or none" },
	{ "agent", "default_role", "admin", "it takes|member or none" },
	{ "agent", "default_role", "Member", "it takes|member or none" },
	{ "agent", "default_role", "", "it takes|member or none" },
	{ "agent", "self_service_min_uid", "", USER_RIGHT },
	{ "agent", "self_service_min_uid", "-1", USER_RIGHT },
	{ "agent", "self_service_min_uid", "+1", USER_RIGHT },
	{ "agent", "self_service_min_uid", "1000x", USER_RIGHT },
	{ "agent", "self_service_min_uid", "4294967295", USER_RIGHT },
	{ "agent", "self_service_min_uid", "99999999999999999999", USER_RIGHT },
	{ "agent", "log", "stdout", "it takes|stderr or syslog" },
	{ "sockets", "auth", "auth.sock", PATH_RIGHT },
	{ "sockets", "auth", "", PATH_RIGHT },
	{ "sockets", "user", "./u", PATH_RIGHT },
	{ "sockets", "admin", "@abstract", PATH_RIGHT },
	{ "sockets", "saslauthd", "", PATH_RIGHT },
	{ "sockets", "saslauthd", "no", PATH_RIGHT },
	{ "sockets", "saslauthd_group", "", GROUP_RIGHT },
	{ "sockets", "saslauthd_group", "Mail", GROUP_RIGHT },
	{ "sockets", "saslauthd_group", "45", GROUP_RIGHT },
	{ "agent", "local_realms", "a;b", "it takes|words|example.org" },
	{ "agent", "local_realms", "\xc3\xa4", "it takes|words|example.org" },
	{ "store", "directory", "store", PATH_RIGHT },
	{ "store", "key", "~/key", PATH_RIGHT },
	{ "store", "map_size", "0", SIZE_RIGHT },
	{ "store", "map_size", "", SIZE_RIGHT },
	{ "store", "map_size", "1048575", SIZE_RIGHT },
	{ "store", "map_size", "65T", SIZE_RIGHT },
	{ "store", "map_size", "64TB", SIZE_RIGHT },
	{ "store", "map_size", "64 G", SIZE_RIGHT },
	{ "store", "map_size", "64g", SIZE_RIGHT },
	{ "store", "map_size", "18014398509481985K", SIZE_RIGHT },
	{ "store", "map_size", "70368744177664K", SIZE_RIGHT },
	{ "store", "map_size", "16777217T", SIZE_RIGHT },
	{ "store", "map_size", "70368744177664T", SIZE_RIGHT },
	{ "store", "map_size", "-1G", SIZE_RIGHT },
	{ "limits", "default_expires", "90", LATE_RIGHT },
	{ "limits", "default_expires", "0d", LATE_RIGHT },
	{ "limits", "default_expires", "", LATE_RIGHT },
	{ "limits", "max_expires", "101y", LATE_RIGHT },
	{ "limits", "max_expires", "Never", LATE_RIGHT },
	{ "limits", "refresh_lifetime", "30",
	    "refresh_lifetime|30d, or never" },
	{ "limits", "access_tokens", "0", "access_tokens|1 to 1000" },
	{ "limits", "access_tokens", "1001", "access_tokens|1 to 1000" },
	{ "limits", "access_tokens", "-1", "access_tokens|1 to 1000" },
	{ "limits", "access_tokens", "5x", "access_tokens|1 to 1000" },
	{ "limits", "access_tokens", "", "access_tokens|1 to 1000" },
	{ "limits", "tokens_per_owner", "0", COUNT_RIGHT },
	{ "limits", "tokens_per_owner", "-1", COUNT_RIGHT },
	{ "limits", "tokens_per_owner", "", COUNT_RIGHT },
	{ "limits", "tokens_per_owner", "10x", COUNT_RIGHT },
	{ "limits", "tokens_per_owner", "4294967296", COUNT_RIGHT },
	{ "limits", "retention", "0", LATE_RIGHT },
	{ "limits", "retention", "90", LATE_RIGHT },
	{ "service web", "project", "", WORD_RIGHT },
	{ "service web", "project", MAX_WORD64 "5", WORD_RIGHT },
	{ "service web", "project", "a,b", WORD_RIGHT },
	{ "service web", "environment", "a b", WORD_RIGHT },
	{ "service web", "access", "", WORD_RIGHT },
	{ "service web", "role", "a:b", WORD_RIGHT },
	{ "service web", "elevated", "true", "it takes|yes or no" },
	{ "service web", "elevated", "", "it takes|yes or no" },
	{ "service web", "elevated", "yess", "it takes|yes or no" },
	{ "service web", "sessions", "all", "it takes|auth-peer" },
	{ "service web", "callers", "nobody-at-all",
	    "callers|login names of this machine" },
	{ "service web", "callers", "postgres,eve",
	    "callers|login names of this machine" },
	{ "service web", "callers",
	    "bob bob bob bob bob bob bob bob bob bob bob bob bob bob bob bob "
	    "bob",
	    "callers|it takes" },
	/* keys that there are not */
	{ "agent", "usr", "x",
	    "usr|it takes user default_role self_service_min_uid log" },
	{ "agent", "User", "x", "User|it takes" },
	{ "agent", "auth", "/x", "auth|it takes" },
	{ "service web", "name", "x", "name|project environment access" },
	{ "service web", "enviroment", "x", "enviroment|environment" },
};

START_TEST(a_bad_value_is_named_with_what_is_right)
{
	char text[512];

	snprintf(text, sizeof(text), "; a comment\n[%s]\n\n%s = %s\n",
	    bad[_i].section, bad[_i].key, bad[_i].value);
	refuse_text(text, 4, bad[_i].right);
}
END_TEST

static const struct {
	const char *section;
	const char *key;
	const char *right;
} no_sections[] = {
	{ "agents", "user", "agents|[agent] [sockets]|[service NAME]" },
	{ "service", "role", "service|service NAME" },
	{ "services web", "role", "services web|[service NAME]" },
	{ "Agent", "user", "Agent|[agent]" },
	{ "service ", "role", "/etc/pam.d|[service sshd]" },
	{ "service  web", "role", "/etc/pam.d|[service sshd]" },
	{ "service a b", "role", "/etc/pam.d|[service sshd]" },
	{ "service ../web", "role", "/etc/pam.d|[service sshd]" },
	{ "service a:b", "role", "/etc/pam.d|[service sshd]" },
};

START_TEST(an_unknown_section_is_named)
{
	char text[512];

	snprintf(text, sizeof(text), "[%s]\n%s = x\n", no_sections[_i].section,
	    no_sections[_i].key);
	refuse_text(text, 1, no_sections[_i].right);
}
END_TEST

/* Whole files. */

static int
no_gid(void *arg, const char *group, gid_t *gid)
{
	(void)arg, (void)group, (void)gid;
	return ERROR_NOT_FOUND;
}

START_TEST(a_socket_for_saslauthd_has_a_group)
{
	static const char text[] = "[sockets]\nsaslauthd = /m\n";
	const struct config_names none = { .gid_of = no_gid };

	load(text);
	ck_assert_uint_eq(config->saslauthd_gid, GID_SASL);
	load("[sockets]\nsaslauthd_group = mail\nsaslauthd = /m\n");
	ck_assert_uint_eq(config->saslauthd_gid, GID_MAIL);
	config_free(config);
	config = &untouched;
	file_write(path, text, strlen(text), 0600);
	expect_failure(
	    config_load(path, true, &none, &config, why, sizeof(why)), 0,
	    "saslauthd: there is no group sasl|saslauthd_group");
	/* Nobody asks for one that no socket has. */
	file_write(path, "", 0, 0600);
	ck_assert_int_eq(
	    config_load(path, true, &none, &config, why, sizeof(why)), 0);
}
END_TEST

START_TEST(without_a_file_there_are_defaults)
{
	load("");
	ck_assert_str_eq(config->auth_socket, "/run/apitoken/auth.sock");
	ck_assert_str_eq(config->user_socket, "/run/apitoken/user.sock");
	ck_assert_str_eq(config->admin_socket, "/run/apitoken/admin.sock");
	ck_assert_str_eq(config->saslauthd_socket, "");
	ck_assert_str_eq(config->local_realms, "");
	ck_assert_str_eq(config->store_directory, APITOKEN_STATEDIR);
	ck_assert_str_eq(config->key, APITOKEN_SYSCONFDIR "/master.key");
	ck_assert_str_eq(config->user, APITOKEN_AGENT_USER);
	ck_assert_uint_eq(config->map_size, STORE_MAP_SIZE);
	ck_assert_int_eq(config->default_role, ROLE_MEMBER);
	ck_assert_uint_eq(config->self_service_min_uid, 1000);
	ck_assert_int_eq(config->log, LOG_TO_STDERR);
	ck_assert_uint_eq(config->limits.default_expires, 0);
	ck_assert_uint_eq(config->limits.max_expires, 0);
	ck_assert_uint_eq(config->lineage.refresh_lifetime, 30 * 86400);
	ck_assert_uint_eq(config->lineage.access_tokens, 16);
	ck_assert_uint_eq(config->retention, 90 * 86400);
	ck_assert_uint_eq(config->tokens_per_owner, 1000);
	ck_assert_uint_eq(config->service_count, 0);
	ck_assert_uint_eq(config->references, 1);
	config_free(config);
	unlink(path);
	ck_assert_int_eq(
	    config_load(path, false, &some_names, &config, why, sizeof(why)),
	    0);
	ck_assert_str_eq(config->user, APITOKEN_AGENT_USER);
}
END_TEST

static const struct {
	const char *text;
	const char *user; /* it makes */
	enum log_target log;
} texts[] = {
	{ "[agent]\nuser=bob\nlog=syslog\n", "bob", LOG_TO_SYSLOG },
	{ "[agent]\nuser=bob\nlog=syslog", "bob", LOG_TO_SYSLOG },
	{ "[agent]\r\nuser = bob\r\nlog = syslog\r\n", "bob", LOG_TO_SYSLOG },
	{ "[agent] ; comment\n[store]\t#too\nkey = /k\n[limits]\n",
	    APITOKEN_AGENT_USER, LOG_TO_STDERR },
	{ "[agent]\nuser: bob\n", "bob", LOG_TO_STDERR },
	/* an indented line is a line, not the rest of the one before it */
	{ "[agent]\nuser = bob\n  log = syslog\n", "bob", LOG_TO_SYSLOG },
	{ "  [agent]\n\t user = bob\n\tlog = syslog\n", "bob", LOG_TO_SYSLOG },
	{ "[agent]\nuser = bob\n  ; log = syslog\n", "bob", LOG_TO_STDERR },
	{ "; a comment\n# another\n[agent]\n;user = x\nuser = bob ; he\n",
	    "bob", LOG_TO_STDERR },
	{ "\n\n[agent]\n\nuser = bob\n\n   \n", "bob", LOG_TO_STDERR },
	{ "[service web]\nrole = x\n[agent]\nuser = bob\n", "bob",
	    LOG_TO_STDERR },
};

START_TEST(a_file_is_read)
{
	load(texts[_i].text);
	ck_assert_str_eq(config->user, texts[_i].user);
	ck_assert_int_eq(config->log, texts[_i].log);
}
END_TEST

static const struct {
	const char *text;
	unsigned line;
	const char *words;
} broken[] = {
	{ "user = bob\n", 1, "user|before any [section]" },
	{ "[agent]\nuser\n", 2, "this line|key = value" },
	{ "[agent]\nuser bob\n", 2, "this line|key = value" },
	{ "[agent\nuser = bob\n", 1, "this section|]" },
	{ "[agent] user = bob\n", 1, "this section|comment" },
	{ "[agent]]\n", 1, "this section|comment" },
	{ "[agent]\nlog = stderr\nlog = syslog\n", 3, "log|twice" },
	{ "[service web]\nrole = a\nrole = b\n", 3, "role|twice" },
	{ "[agent]\nlog = stderr\n[agent]\n", 3, "agent|twice" },
	{ "[agent]\n[store]\nkey = /k\n[agent]\n", 4, "agent|twice" },
	{ "[service a]\n[service b]\nrole = x\n[service a]\n", 4,
	    "service a|twice" },
	{ "[servce sshd]\n", 1, "sections are" },
	{ "[service a/b]\n[agent]\nuser = bob\n", 1, "/etc/pam.d" },
	{ "[service Web]\n", 1, "service Web|lower case" },
	/* what inih would take for the rest of the value before */
	{ "[agent]\nuser = bob\n\vuser2 = x\n", 3, "" },
	{ "[agent]\nuser = bob\n\fuser = eve\n", 3, "" },
	{ "[agent]\nuser = bob\n\rx\n", 3, "" },
	/* the second mistake is not the one that is told */
	{ "[agent]\nusr = bob\n[x]\ny = z\n", 2, "usr" },
	{ "[agent]\nuser = bob\nlog = no\nuser = x\n", 3, "log" },
};

START_TEST(a_broken_file_is_refused)
{
	refuse_text(broken[_i].text, broken[_i].line, broken[_i].words);
}
END_TEST

static const struct {
	size_t size; /* of the line, without its end */
	bool good;
} lines[] = {
	{ 196, true },
	{ 197, true },
	{ 198, true },
	{ 199, false },
	{ 200, false },
	{ 201, false },
	{ 300, false },
	{ 5000, false },
};

/* The tail of a comment that is too long would be a setting to inih. */
START_TEST(a_line_has_its_length)
{
	char text[8192] = "[agent]\n";
	char *at = text + strlen(text);

	memset(at, ';', lines[_i].size);
	strcpy(at + lines[_i].size, "\nuser = bob\n");
	if (lines[_i].good) {
		load(text);
		ck_assert_str_eq(config->user, "bob");
	} else
		refuse_text(text, 2, "this line|198 bytes");
	memset(at, ' ', lines[_i].size);
	memcpy(at + lines[_i].size - 8, "log=none", 8);
	refuse_text(text, 2, lines[_i].good ? "stderr" : "198 bytes");
}
END_TEST

START_TEST(a_nul_is_refused)
{
	static const char text[] = "[agent]\nuser = bob\0log = syslog\n";

	for (size_t at = 0; at < sizeof(text) - 1; at++) {
		char copy[sizeof(text)];

		memcpy(copy, text, sizeof(text));
		copy[18] = '\n';
		copy[at] = '\0';
		ck_assert_int_eq(
		    load_bytes(copy, sizeof(text) - 1), ERROR_INVALID);
		ck_assert_ptr_nonnull(strstr(why, "NUL"));
		ck_assert_ptr_eq(config, &untouched);
	}
	expect_failure(
	    load_bytes(text, sizeof(text) - 1), 2, "this line|no NUL");
}
END_TEST

START_TEST(a_reason_stays_within_its_room)
{
	const char *text = "[agent]\nusr = x\n";
	char small[64];

	file_write(path, text, strlen(text), 0600);
	for (size_t size = 1; size < sizeof(small); size++) {
		memset(small, 0x7e, sizeof(small));
		ck_assert_int_eq(
		    config_load(path, true, &some_names, &config, small, size),
		    ERROR_INVALID);
		ck_assert_ptr_nonnull(memchr(small, '\0', size));
		ck_assert_int_eq(small[size], 0x7e);
	}
}
END_TEST

/* Services. */

START_TEST(services_are_rows)
{
	struct service unlisted;
	const struct service *web;
	const struct service *sudo;

	load("[service web]\nrole = operator\ncallers = postgres\n"
	     "access = read\n[service sudo]\nelevated = no\n");
	ck_assert_uint_eq(config->service_count, 2);
	web = config_service(config, span_of("web"), &unlisted);
	ck_assert_ptr_eq(web, &config->services[0]);
	ck_assert_str_eq(web->role, "operator");
	ck_assert_str_eq(web->access, "read");
	ck_assert_str_eq(web->project, "default");
	ck_assert_uint_eq(web->caller_count, 1);
	sudo = config_service(config, span_of("sudo"), &unlisted);
	ck_assert(!sudo->elevated);
	ck_assert_str_eq(sudo->access, "full");
	ck_assert(config_has_caller(config, UID_POSTGRES));
	ck_assert(!config_has_caller(config, 0));
	ck_assert(!config_has_caller(config, UID_ALICE));
}
END_TEST

/* What inih takes for blank, too, is no reason to pass over a section. */
START_TEST(an_indented_section_is_one)
{
	static const char blanks[] = " \t\v\f\r";
	char text[128];

	snprintf(text, sizeof(text),
	    "[service a]\nrole = x\n%c[service b]\nrole = y\n", blanks[_i]);
	load(text);
	ck_assert_uint_eq(config->service_count, 2);
	ck_assert_str_eq(config->services[0].role, "x");
	ck_assert_str_eq(config->services[1].role, "y");
}
END_TEST

START_TEST(a_service_without_a_row_has_its_defaults)
{
	struct service unlisted;
	char name[SERVICE_MAX + 2];

	load("");
	ck_assert_ptr_eq(
	    config_service(config, span_of("su"), &unlisted), &unlisted);
	ck_assert_str_eq(unlisted.name, "su");
	ck_assert(unlisted.elevated);
	memset(name, 's', sizeof(name));
	ck_assert_ptr_nonnull(
	    config_service(config, span_bytes(name, SERVICE_MAX), &unlisted));
	ck_assert_ptr_null(config_service(
	    config, span_bytes(name, SERVICE_MAX + 1), &unlisted));
	ck_assert_ptr_null(config_service(config, span_of(""), &unlisted));
	ck_assert_ptr_null(
	    config_service(config, span_bytes("su\0", 3), &unlisted));
}
END_TEST

/* What inih would cut is refused. */
START_TEST(a_service_has_its_whole_name)
{
	for (size_t size = 1; size <= SERVICE_MAX + 1; size++) {
		char name[SERVICE_MAX + 2] = "";
		char text[256];

		memset(name, 's', size);
		name[size - 1] = 'z';
		snprintf(text, sizeof(text), "[service %s]\nrole = x\n", name);
		if (size > 49 - strlen("service ")) {
			refuse_text(text, 1, "this section|49 bytes");
			continue;
		}
		load(text);
		ck_assert_uint_eq(config->service_count, 1);
		ck_assert_str_eq(config->services[0].name, name);
	}
}
END_TEST

START_TEST(services_have_a_number)
{
	static char text[257 * 40];
	size_t at = 0;

	for (int i = 0; i < 256; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
		    "[service s%d]\nrole = x\n", i);
	load(text);
	ck_assert_uint_eq(config->service_count, 256);
	ck_assert_str_eq(config->services[255].name, "s255");
	snprintf(text + at, sizeof(text) - at, "[service s256]\nrole = x\n");
	refuse_text(text, 513, "256 services");
}
END_TEST

/* The file itself. */

static int
load_mode(mode_t mode)
{
	file_write(path, "", 0, mode);
	return config_load(path, true, &some_names, &config, why, sizeof(why));
}

START_TEST(others_must_not_write_to_it)
{
	static const mode_t good_modes[] = { 0400, 0600, 0644, 0444, 0755 };
	static const mode_t bad_modes[] = { 0620, 0602, 0622, 0664, 0666,
		0777 };

	for (size_t i = 0; i < COUNT(bad_modes); i++) {
		expect_failure(load_mode(bad_modes[i]), 0, "mode|chmod go-w");
		ck_assert_ptr_nonnull(strstr(why, path));
		unlink(path);
	}
	for (size_t i = 0; i < COUNT(good_modes); i++) {
		ck_assert_int_eq(load_mode(good_modes[i]), 0);
		config_free(config);
		config = &untouched;
		unlink(path);
	}
}
END_TEST

START_TEST(it_belongs_to_root_or_to_us)
{
	file_write(path, "", 0, 0600);
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(path, 1, 0), 0);
	expect_failure(
	    config_load(path, true, &some_names, &config, why, sizeof(why)), 0,
	    "uid 1|belong to root");
}
END_TEST

START_TEST(it_is_a_regular_file)
{
	char fifo[128];

	expect_failure(
	    config_load(folder, true, &some_names, &config, why, sizeof(why)),
	    0, "not a regular file");
	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	expect_failure(
	    config_load(fifo, true, &some_names, &config, why, sizeof(why)), 0,
	    "not a regular file");
	expect_failure(config_load("/dev/null", true, &some_names, &config, why,
			   sizeof(why)),
	    0, "not a regular file");
}
END_TEST

START_TEST(it_must_be_there_if_it_was_named)
{
	ck_assert_int_eq(
	    config_load(path, true, &some_names, &config, why, sizeof(why)),
	    ERROR_NOT_FOUND);
	ck_assert_ptr_eq(config, &untouched);
	ck_assert_ptr_nonnull(strstr(why, "does not exist"));
	ck_assert_ptr_nonnull(strstr(why, path));
}
END_TEST

START_TEST(it_must_be_readable)
{
	if (geteuid() == 0)
		return;
	expect_failure(load_mode(0000), 0, "Permission denied");
}
END_TEST

static TCase *
text_case(void)
{
	TCase *tcase = tcase_create("text");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_good_value_is_taken, 0, COUNT(good));
	tcase_add_test(tcase, the_longest_path_is_taken);
	tcase_add_loop_test(
	    tcase, a_bad_value_is_named_with_what_is_right, 0, COUNT(bad));
	tcase_add_loop_test(
	    tcase, an_unknown_section_is_named, 0, COUNT(no_sections));
	tcase_add_test(tcase, a_socket_for_saslauthd_has_a_group);
	tcase_add_test(tcase, without_a_file_there_are_defaults);
	tcase_add_loop_test(tcase, a_file_is_read, 0, COUNT(texts));
	tcase_add_loop_test(tcase, a_broken_file_is_refused, 0, COUNT(broken));
	tcase_add_loop_test(tcase, a_line_has_its_length, 0, COUNT(lines));
	tcase_add_test(tcase, a_nul_is_refused);
	tcase_add_test(tcase, a_reason_stays_within_its_room);
	tcase_add_test(tcase, services_are_rows);
	tcase_add_loop_test(tcase, an_indented_section_is_one, 0, 5);
	tcase_add_test(tcase, a_service_without_a_row_has_its_defaults);
	tcase_add_test(tcase, a_service_has_its_whole_name);
	tcase_add_test(tcase, services_have_a_number);
	return tcase;
}

static TCase *
file_case(void)
{
	TCase *tcase = tcase_create("file");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, others_must_not_write_to_it);
	tcase_add_test(tcase, it_belongs_to_root_or_to_us);
	tcase_add_test(tcase, it_is_a_regular_file);
	tcase_add_test(tcase, it_must_be_there_if_it_was_named);
	tcase_add_test(tcase, it_must_be_readable);
	return tcase;
}

int
main(void)
{
	TCase *cases[] = { text_case(), file_case() };

	return run_cases("config", cases, COUNT(cases));
}
