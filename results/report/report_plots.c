// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_plots.c - the report's plots
 *
 * Each part of the report asks for its own by the beginnings of their names. The pictures stay files in
 * plots/, which the page shows when they come into view.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/path.h"
#include "results/report/html.h"
#include "results/report/report_plots.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **report_plots_find(const char *run_dir)
{
	char **plots = xcalloc(1, sizeof(char *));
	char *path = path_in(run_dir, "plots");
	DIR *d = opendir(path);
	struct dirent *de;
	size_t n = 0;

	while (d && (de = readdir(d))) {
		size_t len = strlen(de->d_name);

		if (len < 5 || strcmp(de->d_name + len - 4, ".svg") != 0)
			continue;
		plots = xrealloc(plots, (n + 2) * sizeof(char *));
		plots[n] = xasprintf("%.*s", (int)len - 4, de->d_name);
		plots[++n] = NULL;
	}
	if (d)
		closedir(d);
	qsort(plots, n, sizeof(char *), by_name);
	free(path);
	return plots;
}

void report_plots_free(char **plots)
{
	for (size_t i = 0; plots && plots[i]; i++)
		free(plots[i]);
	free(plots);
}

/* Undoes quote_gnuplot() within @text; a line break becomes a comma. */
static void read_gnuplot(char *text)
{
	char *to = text;

	for (const char *p = text; *p; to++) {
		if (!strncmp(p, "\\n", 2))
			*to++ = ',', *to = ' ', p += 2;
		else if (!strncmp(p, "\\042", 4))
			*to = '"', p += 4;
		else if (!strncmp(p, "\\140", 4))
			*to = '`', p += 4;
		else if (*p == '\\' && p[1])
			*to = p[1], p += 2;
		else
			*to = *p++;
	}
	*to = '\0';
}

/* The title that a plot's script sets; lines are joined by commas. (owned) */
static char *plot_title(const char *run_dir, const char *name)
{
	char *path = path_inf(run_dir, "plots/%s.gp", name), *text = read_file(path, NULL, NULL);
	char *title = text ? strstr(text, "set title \"") : NULL, *out;
	size_t len;

	free(path);
	title = title ? title + strlen("set title \"") : NULL;
	len = title ? strcspn(title, "\"") : 0;
	out = len ? xasprintf("%.*s", (int)len, title) : xstrdup(name);
	if (len)
		read_gnuplot(out);
	free(text);
	return out;
}

static void put_plot(FILE *f, const char *run_dir, const char *name)
{
	char *png = path_inf(run_dir, "plots/%s.png", name);
	char *title = plot_title(run_dir, name);

	html_printf(
		f,
		"<figure><img loading=\"lazy\" src=\"plots/%s.svg\" alt=\"%s\"><figcaption>%s. <a "
		"href=\"plots/%s.tsv\">Data</a>, <a href=\"plots/%s.gp\">gnuplot script</a>",
		name, title, title, name, name);
	if (access(png, R_OK) == 0)
		html_printf(f, ", <a href=\"plots/%s.png\">PNG</a>", name);
	fputs("</figcaption></figure>\n", f);
	free(title);
	free(png);
}

void report_plots(FILE *f, const char *run_dir, char **plots, const char *prefix)
{
	size_t kept = 0;

	for (size_t i = 0; plots[i]; i++) {
		if (strncmp(plots[i], prefix, strlen(prefix)) != 0) {
			plots[kept++] = plots[i];
			continue;
		}
		put_plot(f, run_dir, plots[i]);
		free(plots[i]);
	}
	plots[kept] = NULL;
}

void report_other_plots(FILE *f, const char *run_dir, char **plots)
{
	if (!plots[0])
		return;
	fputs("<h2 id=\"plots\">Other plots</h2>\n", f);
	report_plots(f, run_dir, plots, "");
}
