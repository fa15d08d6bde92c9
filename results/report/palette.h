/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_PALETTE_H
#define RESULTS_PALETTE_H

/*
 * Every colour of what the program shows: plots, report.html and tables on a terminal. Nothing is
 * said by colour alone: points differ in shape, bars in pattern, verdicts in words.
 */

/* --- plots -------------------------------------------------------------------------------- */

/* Series take these in turn: colours that the colour-blind tell apart (Okabe and Ito, Color
 * Universal Design, 2008), without the yellow, which does not print. Shapes are gnuplot's point
 * types; there is one more of them, so that 56 pairs of colour and shape differ. */
#define PLOT_COLOURS 7
#define PLOT_SHAPES  8
static const char *const plot_colours[PLOT_COLOURS] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
						       "#000000", "#e69f00", "#56b4e9"};
static const int plot_points[PLOT_SHAPES] = {7, 5, 9, 13, 2, 11, 4, 8};

#define PLOT_BACKGROUND "white"
#define PLOT_AXES	"#444444" /* also the edges of bars */
#define PLOT_GRID	"#dddddd"
#define PLOT_BUBBLES	"#800072b2" /* the first colour, half transparent: bubbles overlap */

/* A share from 0 to 1: light to dark blue in even steps of lightness, which greyscale print and the
 * colour-blind keep apart; and the text on it, on dark and on light. */
#define PLOT_HEAT                                                                                  \
	"0 \"#f7fbff\", 0.25 \"#c6dbef\", 0.5 \"#6baed6\", 0.75 \"#2171b5\", 1 \"#08306b\""
#define PLOT_HEAT_DARK_FROM 0.6
#define PLOT_HEAT_ON_DARK   "0xffffff"
#define PLOT_HEAT_ON_LIGHT  "0x000000"

/* --- report.html -------------------------------------------------------------------------- */

#define HTML_LIGHT                                                                                 \
	"--bg:#fff;--fg:#1b1f24;--dim:#57606a;--line:#d0d7de;"                                     \
	"--soft:#f3f5f7;--link:#0550ae;--good:#116329;--bad:#a40e26"
#define HTML_DARK                                                                                  \
	"--bg:#14181d;--fg:#e6e9ec;--dim:#9aa4af;"                                                 \
	"--line:#3a424c;--soft:#1e242b;--link:#79b8ff;--good:#6fdd8b;--bad:#ff9492"
#define HTML_PRINT                                                                                 \
	"--bg:#fff;--fg:#000;--dim:#444;--line:#999;--soft:#eee;--link:#000;"                      \
	"--good:#000;--bad:#000"
#define HTML_PICTURE "#fff" /* behind a plot */

/* --- terminal ----------------------------------------------------------------------------- */

#define TERMINAL_GOOD "\033[32m"
#define TERMINAL_FAIR "\033[33m"
#define TERMINAL_BAD  "\033[31m"

#endif
