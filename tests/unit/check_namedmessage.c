/* SPDX-License-Identifier: BSD-3-Clause */
/* The messages about projects, roles and grants, byte by byte. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/projectmessage.h"
#include "common/rolemessage.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A literal with whatever it holds, NULs too. */
#define BYTES(text)                                                            \
	{                                                                      \
		(const uint8_t *)(text), sizeof(text) - 1                      \
	}
#define LIST(count, packed)                                                    \
	{                                                                      \
		BYTES(packed), (count)                                         \
	}

static const struct project_request create_project = { .name = BYTES("web"),
	.description = BYTES("shop") };
static const struct project_request edit_project = { BYTES("web"), 3,
	BYTES("shop"), true };
static const struct project_delete_request delete_project = { BYTES("web"),
	true };
static const struct project_info project = { BYTES("web"), BYTES("shop"), true,
	7, 11, BYTES("root"), 12, BYTES("bob") };
static const struct names_request names = { BYTES("web"), BYTES("api") };
static const struct role_create_request create_role = { BYTES("ops"),
	LIST(1, "\16token.read=own"), BYTES("on call") };
static const struct role_delete_request delete_role = { BYTES("ops"), true };
static const struct role_info role = { BYTES("ops"), true,
	LIST(1, "\16token.read=own"), BYTES("on call"), 11, BYTES("root") };
static const struct grant_request grant_role = { BYTES("ops"), BYTES("%10"),
	BYTES("web"), LIST(2, "\6deploy\3www") };
static const struct grant_request withdraw_role = {
	.role = BYTES("ops"), .principal = BYTES("%10"), .project = BYTES("web")
};
static const struct grant_info grant = { BYTES("%10"), BYTES("ops"),
	BYTES("web"), LIST(2, "\6deploy\3www"), 11, BYTES("root") };

union any {
	struct project_request project_request;
	struct project_delete_request project_delete_request;
	struct project_info project_info;
	struct names_request names_request;
	struct role_create_request role_create_request;
	struct role_delete_request role_delete_request;
	struct role_info role_info;
	struct grant_request grant_request;
	struct grant_info grant_info;
};

/* Each message as bytes to and from any struct. */
#define ADAPT(noun)                                                            \
	static void put_##noun(struct wirebuf *w, const void *message)         \
	{                                                                      \
		noun##_put(w, message);                                        \
	}                                                                      \
	static int get_##noun(struct wirebuf *w, void *message)                \
	{                                                                      \
		noun##_get(w, message);                                        \
		return wirebuf_done(w);                                        \
	}

ADAPT(project_create)
ADAPT(project_edit)
ADAPT(project_delete)
ADAPT(project_info)
ADAPT(names_request)
ADAPT(role_create)
ADAPT(role_delete)
ADAPT(role_info)
ADAPT(role_grant)
ADAPT(role_withdraw)
ADAPT(grant_info)

#define ROW(noun, sample, bytes)                                               \
	{                                                                      \
		&(sample), put_##noun, get_##noun, BYTES(bytes)                \
	}

static const struct {
	const void *sample;
	void (*put)(struct wirebuf *w, const void *message);
	int (*get)(struct wirebuf *w, void *message);
	struct span bytes;
} rows[] = {
	ROW(project_create, create_project, "\3web\0\4shop"),
	ROW(project_edit, edit_project, "\3web\3\0\4shop\1"),
	ROW(project_delete, delete_project, "\3web\1"),
	ROW(project_info, project,
	    "\3web\0\4shop\1\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\13\4root"
	    "\0\0\0\0\0\0\0\14\3bob"),
	ROW(names_request, names, "\3web\3api"),
	ROW(role_create, create_role,
	    "\3ops\1\0\17\16token.read=own\0\7on call"),
	ROW(role_delete, delete_role, "\3ops\1"),
	ROW(role_info, role,
	    "\3ops\1\1\0\17\16token.read=own\0\7on call"
	    "\0\0\0\0\0\0\0\13\4root"),
	ROW(role_grant, grant_role, "\3ops\3%10\3web\2\0\13\6deploy\3www"),
	ROW(role_withdraw, withdraw_role, "\3ops\3%10\3web"),
	ROW(grant_info, grant,
	    "\3%10\3ops\3web\2\0\13\6deploy\3www\0\0\0\0\0\0\0\13\4root"),
};

static int
decode(size_t which, const void *data, size_t size, union any *any)
{
	struct wirebuf w;

	memset(any, 0, sizeof(*any));
	wirebuf_read(&w, data, size);
	return rows[which].get(&w, any);
}

START_TEST(bytes_are_those_of_the_protocol)
{
	struct span bytes = rows[_i].bytes;
	uint8_t out[256];
	struct wirebuf w;
	union any any;

	wirebuf_write(&w, out, sizeof(out));
	rows[_i].put(&w, rows[_i].sample);
	ck_assert_uint_eq(wirebuf_size(&w), bytes.size);
	ck_assert_mem_eq(out, bytes.data, bytes.size);
	ck_assert_int_eq(decode((size_t)_i, out, bytes.size, &any), 0);
	wirebuf_write(&w, out, sizeof(out));
	rows[_i].put(&w, &any);
	ck_assert_uint_eq(wirebuf_size(&w), bytes.size);
	ck_assert_mem_eq(out, bytes.data, bytes.size);
}
END_TEST

/* On the heap and of its exact size: a sanitizer sees one byte too many. */
START_TEST(any_other_length_is_malformed)
{
	struct span bytes = rows[_i].bytes;
	union any any;

	for (size_t size = 0; size <= bytes.size + 1; size++) {
		uint8_t *in = calloc(1, size + 1);

		ck_assert_ptr_nonnull(in);
		memcpy(in, bytes.data, size < bytes.size ? size : bytes.size);
		ck_assert_int_eq(decode((size_t)_i, in, size, &any),
		    size == bytes.size ? 0 : ERROR_MALFORMED);
		free(in);
	}
}
END_TEST

static const struct {
	int (*get)(struct wirebuf *w, void *message);
	struct span bytes;
} bad[] = {
	{ get_project_edit, BYTES("\3web\0\0\4shop\1") }, /* no field */
	{ get_project_edit, BYTES("\3web\4\0\4shop\1") }, /* another one */
	{ get_project_edit, BYTES("\3web\3\0\4shop\2") },
	{ get_project_create, BYTES("\3w\0b\0\4shop") },
	{ get_project_create, BYTES("\3web\0\4sh\0p") },
	{ get_project_delete, BYTES("\3web\2") },
	{ get_names_request, BYTES("\3w\0b\0") },
	{ get_role_create, BYTES("\3ops\2\0\17\16token.read=own\0\0") },
	{ get_role_delete, BYTES("\3ops\377") },
	{ get_role_grant, BYTES("\3ops\3%\0"
				"1\3web\0\0\0") },
	{ get_role_grant, BYTES("\3ops\3%10\3web\1\0\4\3w\0w") },
};

START_TEST(what_is_not_allowed_is_malformed)
{
	struct wirebuf w;
	union any any;

	wirebuf_read(&w, bad[_i].bytes.data, bad[_i].bytes.size);
	ck_assert_int_eq(bad[_i].get(&w, &any), ERROR_MALFORMED);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("namedmessage");
	TCase *tcase = tcase_create("namedmessage");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(
	    tcase, bytes_are_those_of_the_protocol, 0, (int)COUNT(rows));
	tcase_add_loop_test(
	    tcase, any_other_length_is_malformed, 0, (int)COUNT(rows));
	tcase_add_loop_test(
	    tcase, what_is_not_allowed_is_malformed, 0, (int)COUNT(bad));
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
