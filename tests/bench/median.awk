# SPDX-License-Identifier: BSD-3-Clause
# Of numbers in a text, between blanks; for table.awk and loads.awk.

# Into out, from the smallest on; how many.
function sorted(list, out,    n, i, j, t) {
	n = split(list, out, " ")
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && out[j - 1] + 0 > out[j] + 0; j--) {
			t = out[j]; out[j] = out[j - 1]; out[j - 1] = t
		}
	return n
}
function median(list,    a, n) {
	n = sorted(list, a)
	return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
}
function range(list,    a, n) {
	n = sorted(list, a)
	return n > 1 ? short(a[1]) "–" short(a[n]) : ""
}
function short(x) {
	return sprintf(x >= 1000 ? "%.0f" : x >= 100 ? "%.1f" : "%.3g", x)
}
