/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The truth tables of ARCHITECTURE.md, "Services are rows of the agent's
 * configuration", written again: verify() is compared with them cell by cell.
 */
#include <check.h>
#include <string.h>

#include "tests/unit/model_fixture.h"
#include "tests/unit/verify_scene.h"

static uint32_t
unless(int holds, enum reason reason)
{
	return holds ? 0 : (uint32_t)reason;
}

static const struct {
	const char *token;   /* its environment */
	const char *service; /* the service's */
	int opens;
} environments[] = {
	{ "", "", 1 },
	{ "", "E", 1 },
	{ "E", "", 0 },
	{ "E", "E", 1 },
	/* besides the table */
	{ "E", "F", 0 },
	{ "E", "e", 0 },
	{ "E", "EE", 0 },
	{ "EE", "E", 0 },
};

START_TEST(environment_is_as_the_table_says)
{
	struct scene scene;

	scene_init(&scene);
	scene.record.spec.environment = span_of(environments[_i].token);
	strcpy(scene.service.environment, environments[_i].service);
	scene_expect(&scene, unless(environments[_i].opens, REASON_ENVIRONMENT),
	    environments[_i].token);
}
END_TEST

static const struct {
	const char *token;   /* its roles */
	const char *service; /* the role that it asks for */
	int opens;
} roles[] = {
	{ "", "", 1 },
	{ "", "R", 0 },
	{ "R", "", 1 },
	{ "R", "R", 1 },
	/* besides the table */
	{ "S", "R", 0 },
	{ "r", "R", 0 },
	{ "RR", "R", 0 },
	{ "R", "RR", 0 },
	{ "S T R", "R", 1 },
	{ "S T", "R", 0 },
	{ "S T", "", 1 },
};

START_TEST(role_is_as_the_table_says)
{
	struct scene scene;

	scene_init(&scene);
	scene.record.spec.roles = list_of(roles[_i].token);
	strcpy(scene.service.role, roles[_i].service);
	scene_expect(
	    &scene, unless(roles[_i].opens, REASON_ROLE), roles[_i].token);
}
END_TEST

static const struct {
	const char *token; /* its projects; NULL: the organization's */
	const char *service;
	int opens;
} projects[] = {
	{ NULL, "default", 1 },
	{ NULL, "shop", 1 },
	{ "default", "default", 1 },
	{ "default", "shop", 0 },
	{ "shop", "default", 0 },
	{ "shop", "shop", 1 },
	{ "default shop", "shop", 1 },
	{ "default shop", "default", 1 },
	{ "default shop", "bank", 0 },
	{ "", "default", 0 },
	{ "Shop", "shop", 0 },
	{ "shops", "shop", 0 },
	{ "sho", "shop", 0 },
	{ "*", "shop", 0 },
};

START_TEST(project_is_as_the_table_says)
{
	const char *token = projects[_i].token;
	struct scene scene;

	scene_init(&scene);
	scene.record.spec.organization = token == NULL;
	scene.record.spec.projects = list_of(token == NULL ? "" : token);
	strcpy(scene.service.project, projects[_i].service);
	scene_expect(&scene, unless(projects[_i].opens, REASON_PROJECT), token);
}
END_TEST

/* The services that are asked for: all are named "web". */
static const struct {
	const char *access;
	bool elevated;
} columns[] = {
	{ "read", false },
	{ "full", false },
	{ "write", false },
	{ "read", true },
	{ "full", true },
	{ "write", true },
};

/* A letter for each column: y opens, n does not. */
static const struct {
	enum token_type type;
	const char *allow;
	const char *opens;
} types[] = {
	{ TYPE_READ_ONLY, "", "ynn nnn" },
	{ TYPE_FULL_ACCESS, "", "yyy nnn" },
	{ TYPE_FULL_ACCESS, "web", "yyy yyy" },
	{ TYPE_FULL_ACCESS, "web:read", "yyy ynn" },
	{ TYPE_FULL_ACCESS, "web:write", "yyy nny" },
	{ TYPE_FULL_ACCESS, "ftp", "yyy nnn" },
	{ TYPE_CUSTOM, "web", "yyy yyy" },
	{ TYPE_CUSTOM, "web:read", "ynn ynn" },
	{ TYPE_CUSTOM, "web:full", "nyn nyn" },
	{ TYPE_CUSTOM, "web:write", "nny nny" },
	{ TYPE_CUSTOM, "web:read web:write", "yny yny" },
	{ TYPE_CUSTOM, "ftp", "nnn nnn" },
	{ TYPE_CUSTOM, "ftp:read ssh web", "yyy yyy" },
	/* what nobody can make, should it be in a store all the same */
	{ TYPE_CUSTOM, "", "nnn nnn" },
	{ TYPE_READ_ONLY, "web", "ynn nnn" },
	{ TYPE_READ_ONLY, "web:write", "ynn nnn" },
};

/* Once made by somebody who may open elevated services, once not. */
static void
check_cell(size_t row, size_t column, bool maker)
{
	const char letter = types[row].opens[column + column / 3];
	bool elevated = columns[column].elevated;
	struct scene scene;

	ck_assert(letter == 'y' || letter == 'n');
	scene_init(&scene);
	scene.record.spec.type = types[row].type;
	scene.record.spec.allow = list_of(types[row].allow);
	scene.record.elevated = maker;
	strcpy(scene.service.access, columns[column].access);
	scene.service.elevated = elevated;
	scene_expect(&scene,
	    unless(letter == 'y', REASON_SERVICE) |
		unless(maker || !elevated, REASON_ELEVATED),
	    types[row].allow);
}

START_TEST(type_is_as_the_table_says)
{
	for (size_t column = 0; column < COUNT(columns); column++) {
		check_cell((size_t)_i, column, false);
		check_cell((size_t)_i, column, true);
	}
}
END_TEST

TCase *
verify_tables_case(void)
{
	TCase *tcase = tcase_create("tables");

	tcase_add_loop_test(
	    tcase, environment_is_as_the_table_says, 0, COUNT(environments));
	tcase_add_loop_test(tcase, role_is_as_the_table_says, 0, COUNT(roles));
	tcase_add_loop_test(
	    tcase, project_is_as_the_table_says, 0, COUNT(projects));
	tcase_add_loop_test(tcase, type_is_as_the_table_says, 0, COUNT(types));
	return tcase;
}
