// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * terminal.c - the canvas on a terminal, and keys from it, with ncurses
 *
 * The only file that knows ncurses. Size: asked of the kernel before each drawing, so that no signal is
 * needed. Colours: where the terminal has them and NO_COLOR is not set (no-color.org); everything they
 * say is also said in words, and without them lines differ by reverse, bold and underlined letters.
 * Characters: those of the locale in the environment.
 *
 * The key that suspends programs (Ctrl-Z) is off: a stopped program reads no packets.
 *
 * Limits: one terminal in a process, because ncurses and atexit() have no argument.
 */
#include "operator/view/ncurses.h"
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "operator/view/terminal.h"

#define ESCAPE_MS 25
#define DELETE	  0x7f

/**
 * struct terminal - the one that is taken over
 * @screen:	ncurses' (owned)
 * @before:	Its mode as it was found
 * @colour, @unicode: What it can show
 * @looks:	Attributes of each style
 * @selected:	And of the line of the cursor
 */
struct terminal {
	SCREEN *screen;
	struct termios before;
	bool colour, unicode;
	attr_t looks[STYLES], selected;
};

static struct terminal *taken;

static void give_back(void)
{
	if (!taken)
		return;
	endwin();
	tcsetattr(STDIN_FILENO, TCSANOW, &taken->before);
}

bool terminal_there(void)
{
	const char *term = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && *term &&
	       strcmp(term, "dumb") != 0;
}

/* Colours of a style: foreground, background (-1 = the terminal's own), and what goes with them. */
struct look {
	short fore, back;
	attr_t with, without; /* attributes with colours, and where there are none */
};

static const struct look looks[STYLES] = {
	[STYLE_PLAIN] = {-1, -1, A_NORMAL, A_NORMAL},
	[STYLE_BAR] = {COLOR_BLACK, COLOR_GREEN, A_NORMAL, A_REVERSE},
	[STYLE_SORT] = {COLOR_BLACK, COLOR_CYAN, A_NORMAL, A_REVERSE | A_BOLD},
	[STYLE_LABEL] = {COLOR_CYAN, -1, A_NORMAL, A_NORMAL},
	[STYLE_FAINT] = {-1, -1, A_DIM, A_NORMAL},
	[STYLE_CALL] = {COLOR_GREEN, -1, A_BOLD, A_BOLD},
	[STYLE_SESSION] = {COLOR_GREEN, -1, A_NORMAL, A_NORMAL},
	[STYLE_BLOCKED] = {COLOR_RED, -1, A_BOLD, A_BOLD},
	[STYLE_WARN] = {COLOR_YELLOW, -1, A_BOLD, A_BOLD},
	[STYLE_MATCH] = {COLOR_BLACK, COLOR_YELLOW, A_NORMAL, A_UNDERLINE | A_BOLD},
	[STYLE_KEY] = {COLOR_CYAN, -1, A_BOLD, A_BOLD},
};

static void choose_looks(struct terminal *t)
{
	const char *no_colour = getenv("NO_COLOR");
	short pair = 1;

	t->colour = has_colors() && !(no_colour && *no_colour) && start_color() == OK;
	t->selected = A_REVERSE;
	for (int i = 0; i < STYLES; i++)
		t->looks[i] = t->colour ? looks[i].with : looks[i].without;
	if (!t->colour)
		return;
	use_default_colors();
	for (int i = 0; i < STYLES; i++, pair++)
		if ((looks[i].fore >= 0 || looks[i].back >= 0) &&
		    init_pair(pair, looks[i].fore, looks[i].back) == OK)
			t->looks[i] |= (attr_t)COLOR_PAIR(pair);
}

/* Keys come at once and are not shown; the interrupt key stays a signal. */
static void choose_mode(void)
{
	struct termios mode;

	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	leaveok(stdscr, FALSE);
	curs_set(0);
	if (tcgetattr(STDIN_FILENO, &mode) == 0) {
		mode.c_cc[VSUSP] = _POSIX_VDISABLE;
		tcsetattr(STDIN_FILENO, TCSANOW, &mode);
	}
	def_prog_mode();
}

struct terminal *terminal_open(struct err *e)
{
	struct terminal *t = xcalloc(1, sizeof(*t));
	const char *term = getenv("TERM");

	setlocale(LC_CTYPE, "");
	t->unicode = !strcmp(nl_langinfo(CODESET), "UTF-8");
	if (tcgetattr(STDIN_FILENO, &t->before) < 0 || !terminal_there() ||
	    !(t->screen = newterm(NULL, stdout, stdin))) {
		err_env(e,
			"cannot show the view: standard input and output are no terminal that "
			"programs can draw on (TERM=%s)",
			term ? term : "");
		free(t);
		return NULL;
	}
	set_escdelay(ESCAPE_MS);
	choose_mode();
	choose_looks(t);
	if (!taken)
		atexit(give_back);
	taken = t;
	return t;
}

void terminal_close(struct terminal *t)
{
	if (!t)
		return;
	give_back();
	taken = NULL;
	delscreen(t->screen);
	free(t);
}

bool terminal_unicode(const struct terminal *t)
{
	return t->unicode;
}

void terminal_size(struct terminal *t, int *rows, int *cols)
{
	struct winsize size;

	(void)t;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col &&
	    (size.ws_row != LINES || size.ws_col != COLS))
		resizeterm(size.ws_row, size.ws_col);
	getmaxyx(stdscr, *rows, *cols);
}

void terminal_redraw(struct terminal *t)
{
	(void)t;
	clearok(stdscr, TRUE);
}

void terminal_show(struct terminal *t, const struct canvas *c)
{
	struct canvas_run run;

	erase();
	for (int row = 0; row < c->rows && row < LINES; row++) {
		int col = 0;

		move(row, 0);
		while (canvas_run(c, row, &col, &run)) {
			attr_t look = t->looks[run.style];

			if (run.selected)
				look = t->selected | (run.style == STYLE_MATCH ? A_UNDERLINE : 0);
			attrset((int)look);
			addstr(run.text);
		}
	}
	attrset(A_NORMAL);
	curs_set(c->cursor_row >= 0);
	if (c->cursor_row >= 0)
		move(c->cursor_row, c->cursor_col);
	refresh();
}

/* What a key of ncurses, or a control character, is. */
static const struct {
	wint_t code;
	enum key_kind kind;
} keys[] =
	{
		{KEY_UP, KEY_KIND_UP},	       {KEY_DOWN, KEY_KIND_DOWN},
		{KEY_LEFT, KEY_KIND_LEFT},     {KEY_RIGHT, KEY_KIND_RIGHT},
		{KEY_PPAGE, KEY_KIND_PAGE_UP}, {KEY_NPAGE, KEY_KIND_PAGE_DOWN},
		{KEY_HOME, KEY_KIND_HOME},     {KEY_END, KEY_KIND_END},
		{KEY_ENTER, KEY_KIND_ENTER},   {KEY_BACKSPACE, KEY_KIND_ERASE},
		{KEY_RESIZE, KEY_KIND_REDRAW}, {KEY_F(1), KEY_KIND_HELP},
		{KEY_FIND, KEY_KIND_HOME},     {KEY_SELECT, KEY_KIND_END},
},
  controls[] = {
	  {'\r', KEY_KIND_ENTER},	 {'\n', KEY_KIND_ENTER},
	  {CTRL('['), KEY_KIND_ESCAPE},	 {CTRL('H'), KEY_KIND_ERASE},
	  {DELETE, KEY_KIND_ERASE},	 {CTRL('U'), KEY_KIND_ERASE_ALL},
	  {CTRL('L'), KEY_KIND_REDRAW},	 {CTRL('F'), KEY_KIND_PAGE_DOWN},
	  {CTRL('B'), KEY_KIND_PAGE_UP}, {CTRL('G'), KEY_KIND_ESCAPE},
	  {CTRL('P'), KEY_KIND_UP},	 {CTRL('N'), KEY_KIND_DOWN},
};

static bool gone(void)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR | POLLNVAL);
}

int terminal_key(struct terminal *t, struct view_key *key)
{
	wint_t c;
	int rc = get_wch(&c);

	(void)t;
	if (rc == ERR)
		return gone() ? -1 : 0;
	*key = (struct view_key){.kind = KEY_KIND_OTHER};
	if (rc == KEY_CODE_YES) {
		for (size_t i = 0; i < ARRAY_LEN(keys); i++)
			if (keys[i].code == c)
				key->kind = keys[i].kind;
	} else if (c >= ' ' && c != DELETE) {
		*key = (struct view_key){.kind = KEY_KIND_CHARACTER, .c = (uint32_t)c};
	} else {
		for (size_t i = 0; i < ARRAY_LEN(controls); i++)
			if (controls[i].code == c)
				key->kind = controls[i].kind;
	}
	return 1;
}
