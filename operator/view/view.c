// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * view.c - the terminal view in a program's loop
 *
 * Drawn is after a key at once; when the picture has changed, at most five times a second; and each
 * second. The picture is locked only while it is copied (snapshot.c). Where that takes long, because
 * there are many clients, it is copied less often: it and drawing take at most a twentieth of the time.
 *
 * Messages of the program would spoil the screen: they become its last line, and are printed when the
 * terminal is given back.
 *
 * Limits: KEPT_LINES messages are kept to be printed.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/divert.h"
#include "operator/view/model.h"
#include "operator/view/model_draw.h"
#include "operator/view/terminal.h"
#include "operator/view/view.h"

#define TICK_NS	   (200 * NS_PER_MS)
#define REST	   20 /* times as long as a drawing took, until the next */
#define KEPT_LINES 64
#define LINE_ROOM  512

/**
 * struct view - see above
 * @changed:	Since the last drawing: by any thread
 * @counts:	Of the last second
 * @rows, @cols: Size of the screen drawn last
 * @next_ns:	Not before that is a change drawn (CLOCK_MONOTONIC)
 * @lines:	Messages, under @lines_lock: a ring of which @line_count were written, @said are shown
 */
struct view {
	const struct picture *picture;
	pthread_mutex_t *lock;
	struct terminal *terminal;
	struct model model;
	struct canvas canvas;
	struct view_counts counts;
	struct loop *loop;
	struct loop_timer timer;
	atomic_bool changed;
	int rows, cols;
	uint64_t next_ns;
	pthread_mutex_t lines_lock;
	char lines[KEPT_LINES][LINE_ROOM];
	size_t line_count, said;
};

/* In any thread. */
static void keep_line(void *arg, const char *line)
{
	struct view *v = arg;

	pthread_mutex_lock(&v->lines_lock);
	snprintf(v->lines[v->line_count++ % KEPT_LINES], LINE_ROOM, "%s", line);
	pthread_mutex_unlock(&v->lines_lock);
	view_changed(v);
}

static void show_line(struct view *v)
{
	char line[LINE_ROOM] = "";

	pthread_mutex_lock(&v->lines_lock);
	if (v->said < v->line_count)
		snprintf(line, sizeof(line), "%s", v->lines[(v->line_count - 1) % KEPT_LINES]);
	v->said = v->line_count;
	pthread_mutex_unlock(&v->lines_lock);
	if (*line)
		model_message(&v->model, line);
}

static void print_lines(const struct view *v)
{
	size_t i = v->line_count > KEPT_LINES ? v->line_count - KEPT_LINES : 0;

	for (; i < v->line_count; i++)
		fprintf(stderr, "%s\n", v->lines[i % KEPT_LINES]);
}

static void take(struct view *v)
{
	atomic_store(&v->changed, false);
	pthread_mutex_lock(v->lock);
	model_picture(&v->model, v->picture);
	pthread_mutex_unlock(v->lock);
	v->counts.tick_ns = clock_ns(CLOCK_MONOTONIC);
	model_counts(&v->model, &v->counts);
}

static void draw(struct view *v)
{
	terminal_size(v->terminal, &v->rows, &v->cols);
	canvas_begin(&v->canvas, v->rows, v->cols, terminal_unicode(v->terminal));
	model_draw(&v->model, &v->canvas);
	terminal_show(v->terminal, &v->canvas);
}

static void take_and_draw(struct view *v)
{
	uint64_t began = clock_ns(CLOCK_MONOTONIC), ended;

	show_line(v);
	take(v);
	draw(v);
	ended = clock_ns(CLOCK_MONOTONIC);
	v->next_ns = ended + REST * (ended - began);
}

static bool resized(struct view *v)
{
	int rows, cols;

	terminal_size(v->terminal, &rows, &cols);
	return rows != v->rows || cols != v->cols;
}

static void on_tick(void *arg)
{
	struct view *v = arg;

	loop_timer_after(v->loop, &v->timer, TICK_NS);
	if (resized(v))
		draw(v);
	if (atomic_load(&v->changed) && clock_ns(CLOCK_MONOTONIC) >= v->next_ns)
		take_and_draw(v);
}

static void on_key(void *arg, uint32_t events)
{
	struct view_key key;
	struct view *v = arg;
	bool again = false;
	int rc;

	(void)events;
	while ((rc = terminal_key(v->terminal, &key)) > 0) {
		if (key.kind == KEY_KIND_REDRAW)
			terminal_redraw(v->terminal);
		again |= model_key(&v->model, &key);
	}
	if (rc < 0 || v->model.quit) {
		loop_fd_del(v->loop, STDIN_FILENO);
		loop_stop(v->loop);
		return;
	}
	if (again)
		take(v);
	draw(v);
}

struct view *view_open(const struct picture *picture, pthread_mutex_t *lock, struct err *e)
{
	struct terminal *t = terminal_open(e);
	struct view *v;

	if (!t)
		return NULL;
	v = xcalloc(1, sizeof(*v));
	v->picture = picture;
	v->lock = lock;
	v->terminal = t;
	pthread_mutex_init(&v->lines_lock, NULL);
	model_init(&v->model);
	divert_messages(keep_line, v);
	return v;
}

int view_begin(struct view *v, struct loop *loop, struct err *e)
{
	v->loop = loop;
	v->timer.fn = on_tick;
	v->timer.arg = v;
	loop_timer_after(loop, &v->timer, TICK_NS);
	take_and_draw(v);
	return loop_fd_add(loop, STDIN_FILENO, EPOLLIN, on_key, v, e);
}

void view_counts(struct view *v, const struct view_counts *counts)
{
	v->counts = *counts;
	view_changed(v);
}

void view_changed(struct view *v)
{
	atomic_store(&v->changed, true);
}

void view_close(struct view *v)
{
	if (!v)
		return;
	divert_messages(NULL, NULL);
	terminal_close(v->terminal);
	print_lines(v);
	if (v->loop)
		loop_timer_cancel(v->loop, &v->timer);
	model_free(&v->model);
	canvas_free(&v->canvas);
	pthread_mutex_destroy(&v->lines_lock);
	free(v);
}
