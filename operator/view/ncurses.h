/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_VIEW_NCURSES_H
#define OPERATOR_VIEW_NCURSES_H

#include <curses.h>

#include "base/library.h"

/* ncurses, loaded when it is first called (base/library.h). Its macros are of functions. */
extern struct library library_ncurses;

#define COLS		   LIBRARY_VARIABLE(library_ncurses, COLS)
#define LINES		   LIBRARY_VARIABLE(library_ncurses, LINES)
#define cbreak		   LIBRARY_FUNCTION(library_ncurses, cbreak)
#define clearok		   LIBRARY_FUNCTION(library_ncurses, clearok)
#define curs_set	   LIBRARY_FUNCTION(library_ncurses, curs_set)
#define def_prog_mode	   LIBRARY_FUNCTION(library_ncurses, def_prog_mode)
#define delscreen	   LIBRARY_FUNCTION(library_ncurses, delscreen)
#define endwin		   LIBRARY_FUNCTION(library_ncurses, endwin)
#define has_colors	   LIBRARY_FUNCTION(library_ncurses, has_colors)
#define init_pair	   LIBRARY_FUNCTION(library_ncurses, init_pair)
#define keypad		   LIBRARY_FUNCTION(library_ncurses, keypad)
#define leaveok		   LIBRARY_FUNCTION(library_ncurses, leaveok)
#define newterm		   LIBRARY_FUNCTION(library_ncurses, newterm)
#define nodelay		   LIBRARY_FUNCTION(library_ncurses, nodelay)
#define noecho		   LIBRARY_FUNCTION(library_ncurses, noecho)
#define nonl		   LIBRARY_FUNCTION(library_ncurses, nonl)
#define resizeterm	   LIBRARY_FUNCTION(library_ncurses, resizeterm)
#define set_escdelay	   LIBRARY_FUNCTION(library_ncurses, set_escdelay)
#define start_color	   LIBRARY_FUNCTION(library_ncurses, start_color)
#define stdscr		   LIBRARY_VARIABLE(library_ncurses, stdscr)
#define use_default_colors LIBRARY_FUNCTION(library_ncurses, use_default_colors)
#define waddnstr	   LIBRARY_FUNCTION(library_ncurses, waddnstr)
#define wattrset	   LIBRARY_FUNCTION(library_ncurses, wattrset)
#define werase		   LIBRARY_FUNCTION(library_ncurses, werase)
#define wget_wch	   LIBRARY_FUNCTION(library_ncurses, wget_wch)
#define wmove		   LIBRARY_FUNCTION(library_ncurses, wmove)
#define wrefresh	   LIBRARY_FUNCTION(library_ncurses, wrefresh)

#endif
