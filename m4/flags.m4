dnl SPDX-License-Identifier: BSD-3-Clause
dnl APITOKEN_COMPILE_FLAGS(VARIABLE, FLAGS), APITOKEN_LINK_FLAGS(VARIABLE, FLAGS)
dnl Appends to VARIABLE those FLAGS that the compiler (and linker) takes
dnl without a warning.
AC_DEFUN([APITOKEN_COMPILE_FLAGS], [
for apitoken_flag in m4_normalize([$2]); do
	AC_MSG_CHECKING([whether $CC takes $apitoken_flag])
	apitoken_saved=$CFLAGS
	CFLAGS="$CFLAGS -Werror $apitoken_flag"
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <stddef.h>]], [[]])],
		[AC_MSG_RESULT([yes]); $1="$$1 $apitoken_flag"],
		[AC_MSG_RESULT([no])])
	CFLAGS=$apitoken_saved
done])
AC_DEFUN([APITOKEN_LINK_FLAGS], [
for apitoken_flag in m4_normalize([$2]); do
	AC_MSG_CHECKING([whether $CC links with $apitoken_flag])
	apitoken_saved=$LDFLAGS
	LDFLAGS="$LDFLAGS $apitoken_flag"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stddef.h>]], [[]])],
		[AC_MSG_RESULT([yes]); $1="$$1 $apitoken_flag"],
		[AC_MSG_RESULT([no])])
	LDFLAGS=$apitoken_saved
done])
