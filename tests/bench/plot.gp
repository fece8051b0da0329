# SPDX-License-Identifier: BSD-3-Clause
# How many times as good each row is as it has to be: the median of the rounds,
# and their range.  bench.sh gives data and output.
set terminal svg size 900,900 font "sans,12" background "white"
set output output
set datafile separator "\t"
set title "How many times as good as it has to be"
set logscale x
set xrange [0.1:*]
set format x "%g"
set yrange [*:*] reverse
set offsets 0, 0, 0.7, 0.7
set grid x
set arrow from 1, graph 0 to 1, graph 1 nohead linewidth 2
set key outside bottom horizontal
plot data using ($5 == 1 ? $2 : NaN):0:3:4:yticlabels(1) \
	with xerrorbars pointtype 7 linecolor rgb "#1f5fa8" title "reached", \
    data using ($5 == 0 ? $2 : NaN):0:3:4:yticlabels(1) \
	with xerrorbars pointtype 5 linecolor rgb "#b5541c" title "not reached"
