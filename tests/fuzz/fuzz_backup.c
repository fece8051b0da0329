/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A backup that anybody could have written, read with a key that is not
 * theirs: it is refused with a sentence, whatever it is.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/store/backup_format.h"
#include "common/error.h"
#include "tests/fuzz/begin.h"
#include "tests/unit/vault_fixture.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fixture fixture;
static uint8_t *genuine;
static size_t genuine_size;

static void
close_fixture(void)
{
	free(genuine);
	fixture_fini(&fixture);
}

START_TEST(begin)
{
	struct backup_summary made;
	int file;

	fixture_init(&fixture);
	atexit(close_fixture);
	vault_token(&fixture, 1, "one");
	vault_put(&fixture, DB_PROJECTS, "web", "a project");
	file = vault_backup(&fixture, &made);
	genuine = vault_load(file, &genuine_size);
	close(file);
}
END_TEST

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_begin("fuzz_backup", begin);
	return 0;
}

static int
read_bytes(const uint8_t *bytes, size_t size)
{
	struct backup_summary summary;
	int file = memfd_create("backup", MFD_CLOEXEC);
	int rv;

	if (file < 0 || write(file, bytes, size) != (ssize_t)size)
		abort();
	fixture.why[0] = '\0';
	rv = backup_read(file, fixture.keyring, &vault_never, NULL, NULL,
	    &summary, fixture.why, sizeof(fixture.why));
	close(file);
	return rv;
}

/*
 * The first two bytes say how much of a genuine backup comes before the rest,
 * so that what lies behind its MACs is reached too.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes;
	size_t kept;
	int rv;

	if (size < 2)
		return 0;
	kept = (size_t)(data[0] << 8 | data[1]) % (genuine_size + 1);
	bytes = malloc(kept + size);
	if (bytes == NULL)
		abort();
	memcpy(bytes, genuine, kept);
	memcpy(bytes + kept, data + 2, size - 2);
	rv = read_bytes(bytes, kept + size - 2);
	if (kept + size - 2 == genuine_size &&
	    memcmp(bytes, genuine, genuine_size) == 0) {
		if (rv != 0)
			abort();
	} else if (rv != ERROR_INVALID || fixture.why[0] == '\0')
		abort();
	free(bytes);
	return 0;
}
