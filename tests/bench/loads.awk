# SPDX-License-Identifier: BSD-3-Clause
# median.awk with loads.awk loads.tsv: what each load generator saw: medians over the rounds,
# and the range of the rounds' p50.

BEGIN { FS = "\t" }
{
	k = $1 FS $3 FS $4
	if (!(k in rate))
		order[++rows] = k
	rate[k] = rate[k] " " $6; p50[k] = p50[k] " " $7
	p99[k] = p99[k] " " $8; cpu[k] = cpu[k] " " $10
	daemon[k] = daemon[k] " " $11; noise[k] = noise[k] " " $12
	bad[k] += $13
}
END {
	for (i = 1; i <= rows; i++) {
		k = order[i]
		split(k, part, FS)
		if (part[1] != title) {
			title = part[1]
			print "\n### " title "\n"
			print "| what | clients | p50 µs | (rounds) | p99 µs |" \
			    " a second | client CPU µs | daemon CPU µs |" \
			    " noise % | bad |"
			print "|---|--:|--:|---|--:|--:|--:|--:|--:|--:|"
		}
		n = sorted(p50[k], a)
		printf "| %s | %s | %s | %s–%s | %s | %s | %s | %s | %d | %d |\n",
		    part[2], part[3], short(median(p50[k])), short(a[1]),
		    short(a[n]), short(median(p99[k])), short(median(rate[k])),
		    (median(cpu[k]) > 0 ? short(median(cpu[k])) : ""),
		    (median(daemon[k]) > 0 ? short(median(daemon[k])) : ""),
		    median(noise[k]), bad[k]
	}
}
