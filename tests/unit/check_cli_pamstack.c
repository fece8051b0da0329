/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/pamplay.h"
#include "common/error.h"

static char root[64];
static struct pamstack stack;

static const char *
below(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

static void
write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "etc/pam.d/%s", name);
	file = fopen(below(path), "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

static void
setup(void)
{
	strcpy(root, "/tmp/apitoken-stack-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	ck_assert_int_eq(mkdir(below("etc"), 0755), 0);
	ck_assert_int_eq(mkdir(below("etc/pam.d"), 0755), 0);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
teardown(void)
{
	pamstack_free(&stack);
	(void)nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static bool
has_fault(const char *what)
{
	for (size_t i = 0; i < stack.fault_count; i++)
		if (strstr(stack.faults[i].what, what) != NULL)
			return true;
	return false;
}

START_TEST(lines_stand_where_they_are_included)
{
	const struct pamentry *entry;

	write_file("sshd", "# PAM\n@include common\nauth required pam_b.so\n");
	write_file("common",
	    "auth required pam_a.so\n"
	    "auth substack deeper\nsession required pam_s.so\n");
	write_file("deeper", "auth required pam_unix.so\n"
			     "account required pam_c.so\n");
	ck_assert_int_eq(pamstack_read(root, "sshd", &stack), 0);
	ck_assert_uint_eq(stack.fault_count, 0);
	/* a, the substack, unix, s, b: c is of another kind. */
	ck_assert_uint_eq(stack.count, 5);
	entry = pamstack_find(&stack, PAMKIND_AUTH, "pam_unix.so");
	ck_assert_ptr_nonnull(entry);
	ck_assert_uint_eq(entry->level, 1);
	ck_assert_uint_eq(entry->top, 2);
	ck_assert_str_eq(entry->top_text, "@include common");
	ck_assert_str_eq(entry->file, below("etc/pam.d/deeper"));
	ck_assert_ptr_null(pamstack_find(&stack, PAMKIND_ACCOUNT, "pam_c.so"));
	ck_assert_ptr_null(
	    pamstack_find(&stack, PAMKIND_SESSION, "pam_unix.so"));
}
END_TEST

START_TEST(other_counts_for_what_is_not_said)
{
	write_file("other", "auth required pam_deny.so\n"
			    "account required pam_o.so\n");
	write_file("sshd", "auth required pam_a.so\n");
	ck_assert_int_eq(pamstack_read(root, "SSHD", &stack), 0);
	ck_assert(!stack.is_other);
	ck_assert_ptr_nonnull(
	    pamstack_find(&stack, PAMKIND_ACCOUNT, "pam_o.so"));
	ck_assert_ptr_null(pamstack_find(&stack, PAMKIND_AUTH, "pam_deny.so"));
	pamstack_free(&stack);
	ck_assert_int_eq(pamstack_read(root, "vsftpd", &stack), 0);
	ck_assert(stack.is_other);
	ck_assert_ptr_nonnull(
	    pamstack_find(&stack, PAMKIND_AUTH, "pam_deny.so"));
}
END_TEST

START_TEST(no_service_leaves_its_folder)
{
	write_file("other", "auth required pam_deny.so\n");
	ck_assert_int_eq(mkdir(below("etc/secret"), 0755), 0);
	ck_assert_int_eq(pamstack_read(root, "../../etc/secret", &stack), 0);
	ck_assert(stack.is_other);
}
END_TEST

/* Each is told, and none has it go on for ever. */
START_TEST(loops_end)
{
	write_file("sshd", "@include sshd\nauth required pam_a.so\n");
	ck_assert_int_eq(pamstack_read(root, "sshd", &stack), 0);
	ck_assert(has_fault("without an end"));
	pamstack_free(&stack);
	write_file("a", "auth include b\nauth include b\n");
	write_file("b", "auth substack a\nauth substack a\n");
	ck_assert_int_eq(pamstack_read(root, "a", &stack), 0);
	ck_assert(has_fault("without an end"));
	ck_assert_uint_le(stack.count, PAMSTACK_MAX);
}
END_TEST

/* 4^10 lines, and no loop at all. */
START_TEST(bombs_end)
{
	for (char c = 'a'; c < 'k'; c++) {
		const char name[] = { c, '\0' };
		char text[128];

		(void)snprintf(text, sizeof(text),
		    "@include %1$c\n@include %1$c\n@include %1$c\n"
		    "@include %1$c\n",
		    c + 1);
		write_file(name, text);
	}
	write_file("k", "auth required pam_a.so\n");
	ck_assert_int_eq(pamstack_read(root, "a", &stack), 0);
	ck_assert_uint_le(stack.count, PAMSTACK_MAX);
}
END_TEST

START_TEST(what_is_no_file_is_told)
{
	ck_assert_int_eq(mkdir(below("etc/pam.d/folder"), 0755), 0);
	ck_assert_int_eq(mkfifo(below("etc/pam.d/fifo"), 0644), 0);
	write_file("sshd", "@include folder\n@include fifo\n@include none\n"
			   "auth include none\n");
	ck_assert_int_eq(pamstack_read(root, "sshd", &stack), 0);
	ck_assert_uint_eq(stack.fault_count, 4);
	ck_assert(has_fault("no regular file"));
	ck_assert(has_fault("does not exist"));
	pamstack_free(&stack);
	ck_assert_int_eq(pamstack_read(root, "folder", &stack), ERROR_INVALID);
	pamstack_free(&stack);
	ck_assert_int_eq(
	    pamstack_read(root, "nobody", &stack), ERROR_NOT_FOUND);
}
END_TEST

START_TEST(what_may_not_be_read_is_told_apart)
{
	if (geteuid() == 0)
		return;
	write_file("common", "auth required pam_apitoken.so\n");
	ck_assert_int_eq(chmod(below("etc/pam.d/common"), 0), 0);
	write_file("sshd", "@include common\n");
	ck_assert_int_eq(pamstack_read(root, "sshd", &stack), 0);
	ck_assert(stack.is_unread);
	ck_assert(stack.faults[0].unread);
}
END_TEST

/* A line that is not understood fails, and is no jump target to slip by. */
START_TEST(a_bad_line_refuses)
{
	const struct pamcast cast = { RESULT_SUCCESS, RESULT_SUCCESS,
		RESULT_SUCCESS, false };
	struct pamverdict verdict;

	write_file("sshd", "auth requierd pam_x.so\n"
			   "auth required pam_permit.so\n");
	ck_assert_int_eq(pamstack_read(root, "sshd", &stack), 0);
	pamplay(&stack, PAMKIND_AUTH, &cast, &verdict);
	ck_assert(!verdict.admits);
}
END_TEST

START_TEST(services_by_name)
{
	static const char *const no[] = { "", ".hidden", "sshd~",
		"sshd.dpkg-old", "sshd.ucf-dist", "common-auth" };

	ck_assert(pamstack_is_service("sshd"));
	ck_assert(pamstack_is_service("polkit-1"));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		ck_assert(!pamstack_is_service(no[i]));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pamstack");
	TCase *tcase = tcase_create("pamstack");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, lines_stand_where_they_are_included);
	tcase_add_test(tcase, other_counts_for_what_is_not_said);
	tcase_add_test(tcase, no_service_leaves_its_folder);
	tcase_add_test(tcase, loops_end);
	tcase_add_test(tcase, bombs_end);
	tcase_add_test(tcase, what_is_no_file_is_told);
	tcase_add_test(tcase, what_may_not_be_read_is_told_apart);
	tcase_add_test(tcase, a_bad_line_refuses);
	tcase_add_test(tcase, services_by_name);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
