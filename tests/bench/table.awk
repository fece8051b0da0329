# SPDX-License-Identifier: BSD-3-Clause
# median.awk with table.awk rows.tsv results.tsv: a line for each row that was measured, in
# the order of rows.tsv: the median of the rounds' ratios first, with the range
# of the rounds, then the medians that they are of.  With plot=1, data for
# plot.gp instead.
#
# How ours and the floor's are compared (column "kind" of rows.tsv):
#	ratio	ours / floor
#	faster	floor / ours
#	value	ours alone; the floor, if there is one, stands beside it

function is_reached(x, relation, target) {
	if (relation == "<=")
		return x <= target
	if (relation == ">=")
		return x >= target
	return x >= 1 - target && x <= 1 + target # within
}
# How many times as good as it has to be.
function better(x, r) {
	return relation[r] == "<=" ? target[r] / x : x / target[r]
}
function wish(relation, target) {
	if (relation == "<=")
		return "at most " target
	if (relation == ">=")
		return "at least " target
	return "within " target * 100 " %"
}

function has_floor(r) {
	return kind[r] != "value" || median(floors[r]) != 1
}

BEGIN { FS = OFS = "\t" }
/^#/ || !NF { next }
FNR == NR {
	order[++rows] = $1
	what[$1] = $3; floor[$1] = $4; kind[$1] = $5; relation[$1] = $6
	target[$1] = $7; unit[$1] = $8
	next
}
{
	if (!($1 in what)) {
		print "table.awk: no such row: " $1 >"/dev/stderr"
		next
	}
	if (kind[$1] != "value" && ($3 == 0 || $4 == 0))
		next
	x = kind[$1] == "ratio" ? $3 / $4 : kind[$1] == "faster" ? $4 / $3 : $3
	all[$1] = all[$1] " " x
	ours[$1] = ours[$1] " " $3
	floors[$1] = floors[$1] " " $4
	count[$1]++
}
END {
	if (!plot) {
		print "| what | measured | (rounds) | to reach | reached |" \
		    " ours | floor | unit | floor is |"
		print "|---|--:|---|---|---|--:|--:|---|---|"
	}
	for (i = 1; i <= rows; i++) {
		r = order[i]
		if (!count[r]) {
			if (!plot)
				printf "| %s | – | | %s | not measured | |" \
				    " | %s | %s |\n", what[r],
				    wish(relation[r], target[r]), unit[r],
				    floor[r]
			continue
		}
		x = median(all[r])
		reached = is_reached(x, relation[r], target[r])
		good += reached; bad += !reached
		if (plot) {
			n = sorted(all[r], a)
			if (a[1] > 0 && target[r] > 0 && relation[r] != "within")
				print r, better(x, r), better(a[1], r),
				    better(a[n], r), reached
			continue
		}
		printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n",
		    what[r], short(x), range(all[r]),
		    wish(relation[r], target[r]), reached ? "yes" : "**no**",
		    short(median(ours[r])),
		    has_floor(r) ? short(median(floors[r])) : "",
		    unit[r], floor[r]
	}
	if (!plot)
		printf "\n%d rows reached, %d not.\n", good, bad
}
