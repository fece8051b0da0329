/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <string.h>

#include "agent/model/scope.h"
#include "tests/unit/model_fixture.h"

/* The truth tables of scopes are in check_verify.c, with their reasons. */

static const struct {
	const char *name;
	bool elevated;
} services[] = {
	{ "sudo", true },
	{ "sudo-i", true },
	{ "su", true },
	{ "su-l", true },
	{ "polkit-1", true },
	{ "doas", true },
	{ "login", true },
	{ "passwd", true },
	{ "chsh", true },
	{ "xscreensaver", true },
	{ "swaylock", true },
	{ "i3lock", true },
	{ "vlock", true },
	{ "kde", true },
	{ "sshd", false },
	{ "vsftpd", false },
	{ "postgresql", false },
	{ "dovecot", false },
	{ "nginx", false },
	{ "other", false },
	{ "", false },
	{ "s", false },
	{ "sud", false },
	{ "sudoo", false },
	{ "Sudo", false },
	{ " sudo", false },
};

START_TEST(a_service_starts_with_its_defaults)
{
	const char *name = services[_i].name;
	struct service service;

	memset(&service, 0xff, sizeof(service));
	service_init(&service, name);
	ck_assert_str_eq(service.name, name);
	ck_assert_str_eq(service.project, "default");
	ck_assert_str_eq(service.environment, "");
	ck_assert_str_eq(service.access, "full");
	ck_assert_str_eq(service.role, "");
	ck_assert_int_eq(service.elevated, services[_i].elevated);
	ck_assert_int_eq(service_is_elevated(name), services[_i].elevated);
	ck_assert_uint_eq(service.caller_count, 0);
}
END_TEST

static const struct {
	const char *name;
	enum service_sessions sessions;
} ended[] = {
	{ "sshd", SESSIONS_PROCESS },
	{ "vsftpd", SESSIONS_PROCESS },
	{ "proftpd", SESSIONS_PROCESS },
	{ "sudo", SESSIONS_PROCESS },
	{ "sudo-i", SESSIONS_PROCESS },
	{ "su", SESSIONS_PROCESS },
	{ "su-l", SESSIONS_PROCESS },
	{ "login", SESSIONS_PROCESS },
	{ "postgresql", SESSIONS_AUTH_PEER },
	/* One process for many people. */
	{ "dovecot", SESSIONS_NONE },
	{ "imap", SESSIONS_NONE },
	{ "nginx", SESSIONS_NONE },
	{ "apache2", SESSIONS_NONE },
	{ "pure-ftpd", SESSIONS_NONE },
	{ "smtp", SESSIONS_NONE },
	{ "cockpit", SESSIONS_NONE },
	{ "", SESSIONS_NONE },
	{ "sshd2", SESSIONS_NONE },
	{ "ssh", SESSIONS_NONE },
};

START_TEST(only_what_is_safe_is_ended)
{
	struct service service;

	service_init(&service, ended[_i].name);
	ck_assert_int_eq(service.sessions, ended[_i].sessions);
}
END_TEST

START_TEST(the_longest_name_is_kept)
{
	char name[SERVICE_MAX + 1];
	struct service service;

	memset(name, 'n', SERVICE_MAX);
	name[SERVICE_MAX] = '\0';
	service_init(&service, name);
	ck_assert_str_eq(service.name, name);
}
END_TEST

static const struct {
	const char *allow;
	bool names; /* service "web" of access "write" */
} allows[] = {
	{ "", false },
	{ "web", true },
	{ "web:write", true },
	{ "web:read", false },
	{ "web:full", false },
	{ "web:", false },
	{ ":write", false },
	{ ":", false },
	{ "web:write:", false },
	{ "web::write", false },
	{ "we", false },
	{ "webs", false },
	{ "Web", false },
	{ "web:writ", false },
	{ "web:writes", false },
	{ "write", false },
	{ "ssh web", true },
	{ "ssh web:read ftp:write", false },
	{ "ssh web:read web:write", true },
	{ "*", false },
	{ "web:*", false },
};

START_TEST(allow_names_a_service)
{
	struct token_spec spec = { .allow = list_of(allows[_i].allow) };
	struct service service;

	service_init(&service, "web");
	strcpy(service.access, "write");
	ck_assert_msg(scope_names(&spec, &service) == allows[_i].names,
	    "allow \"%s\"", allows[_i].allow);
}
END_TEST

/* An element of no bytes, which list_of() cannot make. */
START_TEST(an_empty_entry_names_nothing)
{
	static const uint8_t packed[] = { 0, 0 };
	struct token_spec spec = {
		.allow = { { packed, sizeof(packed) }, 2 },
		.projects = { { packed, sizeof(packed) }, 2 },
		.roles = { { packed, sizeof(packed) }, 2 },
	};
	struct service service;

	service_init(&service, "web");
	ck_assert(!scope_names(&spec, &service));
	ck_assert(!scope_project(&spec, &service));
	strcpy(service.role, "r");
	ck_assert(!scope_role(&spec, &service));
}
END_TEST

START_TEST(callers_are_those_counted)
{
	struct service service;

	service_init(&service, "web");
	ck_assert(!service_has_caller(&service, 0));
	for (size_t i = 0; i < SERVICE_CALLERS_MAX; i++)
		service.callers[i] = (uid_t)(100 + i);
	for (size_t count = 0; count <= SERVICE_CALLERS_MAX; count++) {
		service.caller_count = count;
		for (size_t i = 0; i < SERVICE_CALLERS_MAX; i++)
			ck_assert_int_eq(
			    service_has_caller(&service, (uid_t)(100 + i)),
			    i < count);
	}
	ck_assert(!service_has_caller(&service, 99));
	ck_assert(!service_has_caller(&service, (uid_t)-1));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("scope");

	tcase_add_loop_test(
	    tcase, a_service_starts_with_its_defaults, 0, COUNT(services));
	tcase_add_loop_test(tcase, only_what_is_safe_is_ended, 0, COUNT(ended));
	tcase_add_test(tcase, the_longest_name_is_kept);
	tcase_add_loop_test(tcase, allow_names_a_service, 0, COUNT(allows));
	tcase_add_test(tcase, an_empty_entry_names_nothing);
	tcase_add_test(tcase, callers_are_those_counted);
	return run_cases("scope", &tcase, 1);
}
