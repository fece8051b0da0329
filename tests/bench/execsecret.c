/* SPDX-License-Identifier: BSD-3-Clause */
/* execsecret SECRET: the smallest helper of pam_exec: is that what stands on
 * standard input? */
#include <string.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	char text[256] = "";

	return argc == 2 && read(STDIN_FILENO, text, sizeof(text) - 1) > 0 &&
		       strcmp(text, argv[1]) == 0
		   ? 0
		   : 1;
}
