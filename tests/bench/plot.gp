# SPDX-License-Identifier: BSD-3-Clause
# The median of each row as a multiple of what it is to reach, with the range
# of the rounds.  bench.sh gives data and output.
set terminal svg size 900,700 font "sans,12" background "white"
set output output
set datafile separator "\t"
set title "Measured / to reach: left of 1 is good for circles, right of 1 for squares"
set logscale x
set xrange [0.01:100]
set format x "%g"
set yrange [*:*] reverse
set grid x
set arrow from 1, graph 0 to 1, graph 1 nohead linewidth 2
set key outside bottom horizontal
plot data using (strcol(5) eq "<=" ? $2 : NaN):0:3:4:yticlabels(1) \
	with xerrorbars pointtype 7 linecolor rgb "#1f5fa8" title "at most", \
    data using (strcol(5) eq ">=" ? $2 : NaN):0:3:4:yticlabels(1) \
	with xerrorbars pointtype 5 linecolor rgb "#b5541c" title "at least"
