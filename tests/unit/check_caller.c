/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Role x verb x reach x object x caller: every cell is compared with a model
 * that is written down here as tables, and that knows nothing of the code.
 */
#include <check.h>
#include <string.h>

#include "agent/model/caller.h"
#include "tests/unit/model_fixture.h"

/* The verbs, and what each role lets its holder do: a(ll), p(roject), o(wn),
 * or nothing; in the order owner, admin, member, watch-only, none. */
static const struct {
	enum permission permission;
	const char *cells;
	bool reads;
} verbs[] = {
	{ TOKEN_READ, "apop-", true },
	{ TOKEN_CREATE, "apo--", false },
	{ TOKEN_UPDATE, "apo--", false },
	{ TOKEN_REGENERATE, "apo--", false },
	{ TOKEN_DISABLE, "apo--", false },
	{ TOKEN_REVOKE, "apo--", false },
	{ TOKEN_DELETE, "apo--", false },
	{ TOKEN_USE, "ooo--", false },
	{ MANAGEMENT_CREATE, "ap---", false },
	{ MANAGEMENT_READ, "ap---", true },
	{ AUDIT_READ, "apo--", true },
	{ SESSION_READ, "apo--", true },
	{ SESSION_END, "apo--", false },
	{ PROJECT_CREATE, "a----", false },
	{ PROJECT_EDIT, "ap---", false },
	{ PROJECT_DELETE, "a----", false },
	{ ROLE_CREATE, "a----", false },
	{ ROLE_DELETE, "a----", false },
	{ ROLE_GRANT, "ap---", false },
	{ KEY_READ, "a----", false },
	{ KEY_ROTATE, "a----", false },
	{ STORE_EXPORT, "a----", false },
	{ STORE_RESTORE, "a----", false },
};

static const enum role columns[] = { ROLE_OWNER, ROLE_ADMIN, ROLE_MEMBER,
	ROLE_WATCH_ONLY, ROLE_NONE };

/* Tokens that may be asked about; alice is who asks. */
static const struct {
	const char *owner;
	const char *projects; /* NULL: the organization */
	bool management;
} objects[] = {
	{ "alice", "web", false },
	{ "bob", "web", false },
	{ "alice", "db", false },
	{ "bob", "db", false },
	{ "alice", "web db", false },
	{ "bob", "web db", false },
	{ "bob", "web mail", false },
	{ "alice", NULL, false },
	{ "bob", NULL, false },
	{ "bob", "web", true },
	{ "alice", "web", true },
	{ "bob", NULL, true },
};

/* What alice has: a role where no grant counts, and grants (column or -1,
 * project or NULL for the organization). */
static const struct {
	int base;
	struct {
		int role;
		const char *project;
	} grants[3];
	int token; /* of a management token over the organization; -1: none */
	const char *token_project;
} callers[] = {
	{ 0, { { -1, NULL }, { -1, NULL }, { -1, NULL } }, -1, NULL },
	{ 2, { { -1, NULL }, { -1, NULL }, { -1, NULL } }, -1, NULL },
	{ 4, { { -1, NULL }, { -1, NULL }, { -1, NULL } }, -1, NULL },
	/* over the organization */
	{ 2, { { 0, NULL }, { -1, NULL }, { -1, NULL } }, -1, NULL },
	{ 2, { { 1, NULL }, { -1, NULL }, { -1, NULL } }, -1, NULL },
	{ 4, { { 2, NULL }, { -1, NULL }, { -1, NULL } }, -1, NULL },
	{ 2, { { 3, NULL }, { -1, NULL }, { -1, NULL } }, -1, NULL },
	{ 2, { { 4, NULL }, { -1, NULL }, { -1, NULL } }, -1, NULL },
	/* over projects */
	{ 2, { { 0, "web" }, { -1, NULL }, { -1, NULL } }, -1, NULL },
	{ 2, { { 1, "web" }, { -1, NULL }, { -1, NULL } }, -1, NULL },
	{ 4, { { 1, "web" }, { -1, NULL }, { -1, NULL } }, -1, NULL },
	{ 4, { { 1, "web" }, { 1, "db" }, { -1, NULL } }, -1, NULL },
	{ 4, { { 1, "web" }, { 2, "db" }, { 3, NULL } }, -1, NULL },
	{ 2, { { 3, "web" }, { -1, NULL }, { -1, NULL } }, -1, NULL },
	{ 2, { { 3, "web" }, { 1, "web" }, { -1, NULL } }, -1, NULL },
	/* grants do not take from root */
	{ 0, { { 3, NULL }, { 4, "web" }, { -1, NULL } }, -1, NULL },
	/* with a management token, whichever is less */
	{ 0, { { -1, NULL }, { -1, NULL }, { -1, NULL } }, 0, NULL },
	{ 0, { { -1, NULL }, { -1, NULL }, { -1, NULL } }, 1, "web" },
	{ 0, { { -1, NULL }, { -1, NULL }, { -1, NULL } }, 3, NULL },
	{ 2, { { -1, NULL }, { -1, NULL }, { -1, NULL } }, 0, NULL },
	{ 4, { { 1, "web" }, { -1, NULL }, { -1, NULL } }, 0, "db" },
	{ 4, { { 1, "web" }, { -1, NULL }, { -1, NULL } }, 2, "web" },
	{ 4, { { 1, NULL }, { -1, NULL }, { -1, NULL } }, 1, "web" },
};

/* The model: 0 nothing, 1 one's own, 2 a project's, 3 everything. */
static int
letter(char c)
{
	const char *at = strchr("-opa", c);

	ck_assert_ptr_nonnull(at);
	return (int)(at - "-opa");
}

static int
cell(size_t verb, int column)
{
	return letter(verbs[verb].cells[column]);
}

static int
over_one(size_t verb, int column, const char *project)
{
	int far = cell(verb, column);

	return project != NULL && far > 2 ? 2 : far;
}

static int
least(int a, int b)
{
	return a < b ? a : b;
}

/* How far in one project; NULL: the organization. */
static int
model_reach(size_t c, size_t verb, const char *project)
{
	bool counts = false;
	int far = 0;

	for (size_t i = 0; i < 3; i++) {
		int role = callers[c].grants[i].role;
		const char *where = callers[c].grants[i].project;

		if (role < 0 || (where != NULL && (project == NULL ||
						      strcmp(where, project))))
			continue;
		counts = true;
		if (over_one(verb, role, where) > far)
			far = over_one(verb, role, where);
	}
	if (callers[c].base == 0 || !counts)
		far = cell(verb, callers[c].base);
	if (callers[c].token < 0)
		return far;
	if (callers[c].token_project != NULL &&
	    (project == NULL || strcmp(project, callers[c].token_project) != 0))
		return 0;
	return least(
	    far, over_one(verb, callers[c].token, callers[c].token_project));
}

static size_t
verb_of(enum permission permission)
{
	size_t verb = 0;

	while (verbs[verb].permission != permission)
		verb++;
	return verb;
}

static bool
model_covers(size_t c, size_t verb, size_t object)
{
	char words[64] = "";
	char *rest = NULL;
	bool reads = verbs[verb].reads;
	int far = reads ? 0 : 3;

	if (objects[object].management)
		verb = verb_of(reads ? MANAGEMENT_READ : MANAGEMENT_CREATE);
	if (objects[object].projects == NULL) {
		far = model_reach(c, verb, NULL);
		/* it opens every project's services */
		for (size_t i = 0; i < 3 && !reads; i++)
			if (callers[c].grants[i].role >= 0)
				far = least(
				    far, model_reach(c, verb,
					     callers[c].grants[i].project));
	} else
		strcpy(words, objects[object].projects);
	for (char *p = strtok_r(words, " ", &rest); p != NULL;
	     p = strtok_r(NULL, " ", &rest)) {
		int here = model_reach(c, verb, p);

		if (reads ? here > far : here < far)
			far = here;
	}
	return far > 1 ||
	       (far == 1 && strcmp(objects[object].owner, "alice") == 0);
}

static struct grants own, token;

static void
add(struct grants *grants, int column, const char *project)
{
	give_grant(grants, columns[column], project, "");
}

static void
make_caller(size_t c, struct caller *caller)
{
	*caller = (struct caller) { .uid = 1000,
		.login = "alice",
		.role = columns[callers[c].base],
		.grants = &own };
	own.count = token.count = 0;
	for (size_t i = 0; i < 3; i++)
		if (callers[c].grants[i].role >= 0)
			add(&own, callers[c].grants[i].role,
			    callers[c].grants[i].project);
	if (callers[c].token < 0)
		return;
	add(&token, callers[c].token, callers[c].token_project);
	caller->token = &token;
}

START_TEST(every_cell_is_the_models)
{
	size_t c = (size_t)_i;
	struct caller caller;

	make_caller(c, &caller);
	for (size_t verb = 0; verb < COUNT(verbs); verb++)
		for (size_t o = 0; o < COUNT(objects); o++) {
			struct token_spec spec = {
				.kind = objects[o].management ? TOKEN_MANAGEMENT
							      : TOKEN_API,
				.owner = span_of(objects[o].owner),
				.organization = objects[o].projects == NULL,
			};
			bool covers;

			list_reset();
			if (objects[o].projects != NULL)
				spec.projects = list_of(objects[o].projects);
			covers = caller_covers(
			    &caller, verbs[verb].permission, &spec);
			ck_assert_msg(covers == model_covers(c, verb, o),
			    "caller %zu, %s, object %zu: %d", c,
			    permission_word(verbs[verb].permission), o, covers);
		}
}
END_TEST

/* The verb for management tokens that goes with one for tokens. */
static size_t
counterpart(size_t verb)
{
	if (verbs[verb].permission > TOKEN_DELETE)
		return verb;
	return verb_of(verbs[verb].reads ? MANAGEMENT_READ : MANAGEMENT_CREATE);
}

START_TEST(anywhere_is_the_widest)
{
	static const char *const places[] = { NULL, "web", "db", "mail" };
	size_t c = (size_t)_i;
	struct caller caller;

	make_caller(c, &caller);
	for (size_t verb = 0; verb < COUNT(verbs); verb++) {
		int widest = 0;

		for (size_t i = 0; i < COUNT(places); i++) {
			int here = model_reach(c, verb, places[i]);

			ck_assert_int_eq(
			    (int)caller_reach(&caller, verbs[verb].permission,
				span_of(places[i])),
			    here);
			if (here > widest)
				widest = here;
			here = model_reach(c, counterpart(verb), places[i]);
			if (here > widest)
				widest = here;
		}
		ck_assert_int_eq(
		    (int)caller_reach_anywhere(&caller, verbs[verb].permission),
		    widest);
	}
}
END_TEST

/* For which login names tokens may be made in the project web. */
static const struct {
	int base, grant;
	const char *project, *login_as;
	int token;
	const char *token_login_as;
	const char *logins; /* of alice bob deploy root */
} speakers[] = {
	{ 0, -1, NULL, "", -1, "", "alice bob deploy root" },
	{ 2, -1, NULL, "", -1, "", "alice" },
	{ 4, -1, NULL, "", -1, "", "" },
	{ 2, 0, NULL, "", -1, "", "alice bob deploy root" },
	{ 2, 0, "web", "deploy", -1, "", "alice deploy" },
	{ 2, 1, "web", "deploy bob", -1, "", "alice bob deploy" },
	{ 2, 1, NULL, "deploy", -1, "", "alice deploy" },
	{ 2, 1, "db", "deploy", -1, "", "alice" },
	{ 4, 1, "db", "deploy", -1, "", "" },
	{ 4, 2, "web", "deploy", -1, "", "alice" },
	{ 2, 3, "web", "deploy", -1, "", "" },
	{ 0, -1, NULL, "", 0, "", "alice bob deploy root" },
	{ 0, -1, NULL, "", 1, "deploy", "deploy" },
	{ 0, -1, NULL, "", 1, "", "" },
	{ 0, -1, NULL, "", 2, "alice", "alice" },
	{ 0, -1, NULL, "", 3, "deploy", "" },
	{ 2, 1, "web", "deploy", 1, "bob root", "" },
	{ 2, 1, "web", "deploy", 1, "deploy root", "deploy" },
};

START_TEST(login_names_are_those_of_the_grant)
{
	static const char *const all[] = { "alice", "bob", "deploy", "root" };
	struct caller caller = { .login = "alice",
		.role = columns[speakers[_i].base],
		.grants = &own };
	struct spanlist expected = list_of(speakers[_i].logins);

	own.count = token.count = 0;
	if (speakers[_i].grant >= 0) {
		add(&own, speakers[_i].grant, speakers[_i].project);
		own.items[0].login_as = list_of(speakers[_i].login_as);
	}
	if (speakers[_i].token >= 0) {
		add(&token, speakers[_i].token, NULL);
		token.items[0].login_as = list_of(speakers[_i].token_login_as);
		caller.token = &token;
	}
	for (size_t i = 0; i < COUNT(all); i++)
		ck_assert_msg(caller_speaks_for(
				  &caller, span_of("web"), span_of(all[i])) ==
				  spanlist_has(&expected, span_of(all[i])),
		    "%s", all[i]);
}
END_TEST

/* One that did not fit might have given less than the role does. */
START_TEST(grants_that_do_not_fit_give_nothing)
{
	const struct span web = span_of("web");
	struct caller caller = {
		.login = "alice", .role = ROLE_ADMIN, .grants = &own
	};

	own.count = 0;
	own.incomplete = true;
	ck_assert_int_eq(caller_reach(&caller, TOKEN_READ, web), REACH_NONE);
	ck_assert(!caller_speaks_for(&caller, web, span_of("alice")));
	caller.role = ROLE_OWNER;
	ck_assert_int_eq(caller_reach(&caller, TOKEN_READ, web), REACH_ALL);
	/* Nor does one that an owner has make less of them. */
	own.incomplete = false;
	add(&own, 3, "web");
	ck_assert_int_eq(caller_reach(&caller, TOKEN_CREATE, web), REACH_ALL);
	ck_assert(caller_speaks_for(&caller, web, span_of("bob")));
}
END_TEST

START_TEST(a_token_speaks_where_it_reaches)
{
	struct caller caller = { .login = "alice",
		.role = ROLE_OWNER,
		.grants = &own,
		.token = &token };

	own.count = token.count = 0;
	add(&token, 0, "web");
	ck_assert(!caller_speaks_for(&caller, span_of("db"), span_of("alice")));
	ck_assert(!caller_speaks_for(&caller, span_of("web"), span_of("bob")));
	token.items[0].login_as = list_of("bob");
	ck_assert(caller_speaks_for(&caller, span_of("web"), span_of("bob")));
}
END_TEST

/* A token without a project is looked at as one of the organization. */
START_TEST(no_project_is_the_organization)
{
	const struct token_spec spec = { .kind = TOKEN_API,
		.owner = span_of("bob") };
	struct caller caller = {
		.login = "alice", .role = ROLE_NONE, .grants = &own
	};

	own.count = 0;
	add(&own, 1, "web");
	ck_assert_int_eq(
	    caller_reach_over(&caller, TOKEN_CREATE, &spec), REACH_NONE);
	add(&own, 1, "");
	ck_assert_int_ne(
	    caller_reach_over(&caller, TOKEN_CREATE, &spec), REACH_NONE);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("caller");

	tcase_add_loop_test(
	    tcase, every_cell_is_the_models, 0, (int)COUNT(callers));
	tcase_add_loop_test(
	    tcase, anywhere_is_the_widest, 0, (int)COUNT(callers));
	tcase_add_loop_test(
	    tcase, login_names_are_those_of_the_grant, 0, (int)COUNT(speakers));
	tcase_add_test(tcase, grants_that_do_not_fit_give_nothing);
	tcase_add_test(tcase, a_token_speaks_where_it_reaches);
	tcase_add_test(tcase, no_project_is_the_organization);
	return run_cases("caller", &tcase, 1);
}
