// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * html.c - the pieces of a self-contained page
 *
 * The page fetches nothing: style and script are inside it, and pictures are data. Colours follow
 * the reader's light or dark setting and are light in print. Wide tables scroll inside their own
 * box, so the page never scrolls sideways. Buttons in the headings sort a table; the keyboard
 * reaches them and a screen reader announces the order (aria-sort). Without scripts these are plain
 * tables.
 */
#include <nettle/base64.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/quote.h"
#include "results/report/html.h"
#include "results/report/palette.h"

static const char style[] =
	":root{color-scheme:light dark;" HTML_LIGHT "}"
	"@media(prefers-color-scheme:dark){:root{" HTML_DARK "}}"
	"*{box-sizing:border-box}"
	"body{margin:0 auto;max-width:76rem;padding:1rem;background:var(--bg);color:var(--fg);"
	"font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}"
	"h1{font-size:1.6rem;line-height:1.2;margin:.5rem 0}h2{font-size:1.25rem;margin:2rem 0 "
	".5rem}"
	"a{color:var(--link)}a:focus-visible,button:focus-visible,summary:focus-visible,"
	".box:focus-visible{outline:3px solid var(--link);outline-offset:2px}"
	".dim{color:var(--dim)}.good{color:var(--good)}.bad{color:var(--bad)}"
	"nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;padding:0}"
	".cap{margin:1rem 0 .3rem;color:var(--dim);break-after:avoid}"
	".skip{position:absolute;left:-999px}.skip:focus{position:static}"
	".box{overflow:auto;border:1px solid var(--line);border-radius:6px;max-width:100%}"
	"table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-"
	"nums}"
	"caption{text-align:left;padding:.4rem .6rem;color:var(--dim)}"
	"th,td{padding:.3rem .6rem;text-align:left;border-top:1px solid var(--line);"
	"vertical-align:top;overflow-wrap:normal}"
	"thead th{background:var(--soft);white-space:nowrap}tbody th{background:var(--soft)}"
	"table.sort td{white-space:nowrap}.tall{max-height:36rem}.tall thead "
	"th{position:sticky;top:0}"
	"hr{border:0;border-top:1px solid var(--line)}td.n,thead th.n{text-align:right}"
	"td.n{white-space:nowrap}.grid "
	"td{min-width:9rem}"
	"th button{all:unset;cursor:pointer;font-weight:600}th button::after{content:\" \\2195\";"
	"color:var(--dim)}th[aria-sort=ascending] button::after{content:\" \\2191\"}"
	"th[aria-sort=descending] button::after{content:\" \\2193\"}"
	"figure{margin:1.5rem 0}figure img{max-width:100%;height:auto;background:" HTML_PICTURE ";"
	"border-radius:6px;border:1px solid "
	"var(--line)}figcaption{color:var(--dim);font-size:.9rem}"
	"@media screen{figure img.wide{max-width:none;border:0}}"
	"@media(prefers-color-scheme:dark){figure img{filter:invert(.92) hue-rotate(180deg)}}"
	"dl{display:grid;grid-template-columns:minmax(6rem,auto) 1fr;gap:.2rem 1rem}"
	"dt{color:var(--dim)}dd{margin:0}code{font-size:.9em}"
	"@media print{:root{" HTML_PRINT
	"}nav,.skip,th button::after{display:none}body{max-width:none;"
	"font-size:10pt}.box{overflow:visible;border:0;max-height:none}"
	".tall thead th{position:static}table.sort "
	"td,thead th{white-space:normal}.tall th,.tall td{overflow-wrap:anywhere;padding:.15rem "
	".3rem}.tall table{font-size:8pt}figure,tr{break-inside:avoid}"
	"figure img{filter:none;max-height:22cm;width:auto}h2,h3{break-after:avoid}"
	"details>*{display:block}details::details-content{content-visibility:visible}}";

/* Sorts by numbers where both cells are numbers, else by text; "-" goes last. */
static const char script[] =
	"for(const t of document.querySelectorAll('table.sort'))"
	"t.tHead.rows[0].querySelectorAll('button').forEach((b,i)=>b.onclick=()=>{"
	"const th=b.parentNode,up=th.getAttribute('aria-sort')!='ascending',"
	"v=r=>r.cells[i].textContent.trim();"
	"for(const h of t.tHead.rows[0].cells)h.removeAttribute('aria-sort');"
	"th.setAttribute('aria-sort',up?'ascending':'descending');"
	"const rows=[...t.tBodies[0].rows].sort((p,q)=>{const x=v(p),y=v(q);"
	"if(x=='-'||y=='-')return(x=='-')-(y=='-');"
	"const m=Number(x),n=Number(y),d=x!==''&&y!==''&&!isNaN(m)&&!isNaN(n)?m-n:"
	"x.localeCompare(y,undefined,{numeric:true});return up?d:-d});"
	"t.tBodies[0].append(...rows)});";

void html_printf(FILE *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			fputc(*fmt, f);
		} else if (fmt[1] == '%') {
			fputc(*++fmt, f);
		} else if (fmt[1] == 's') {
			fputs(quote_html(va_arg(ap, const char *)), f);
			fmt++;
		} else if (fmt[1] == 'u') {
			fprintf(f, "%u", va_arg(ap, unsigned));
			fmt++;
		} else if (fmt[1] == 'd') {
			fprintf(f, "%d", va_arg(ap, int));
			fmt++;
		} else if (fmt[1] == 'z') {
			fprintf(f, "%zu", va_arg(ap, size_t));
			fmt += 2;
		} else if (fmt[1] == '.') {
			fprintf(f, fmt[3] == 'g' ? "%.*g" : "%.*f", fmt[2] - '0',
				va_arg(ap, double));
			fmt += 3;
		} else {
			abort(); /* a number that is printed wrongly is worse */
		}
	}
	va_end(ap);
}

void html_head(FILE *f, const char *title)
{
	html_head_with(f, title, "");
}

void html_head_with(FILE *f, const char *title, const char *more)
{
	fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<link rel=\"icon\" href=\"data:,\">\n<title>",
	      f);
	fputs(quote_html(title), f);
	fprintf(f, "</title>\n<style>%s%s</style>\n</head>\n<body>\n", style, more);
}

void html_foot(FILE *f)
{
	html_foot_with(f, "");
}

void html_foot_with(FILE *f, const char *more)
{
	fprintf(f, "<script>%s\n%s</script>\n</body>\n</html>\n", script, more);
}

void html_table_begin(FILE *f, bool tall, const char *label, const char *caption,
		      const char *const *heads, size_t n)
{
	html_printf(f,
		    "<div class=\"box%s\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table "
		    "class=\"sort\"><caption>%s</caption><thead><tr>",
		    tall ? " tall" : "", label, caption);
	for (size_t i = 0; i < n; i++)
		html_printf(f, "<th scope=\"col\"><button type=\"button\">%s</button></th>",
			    heads[i]);
	fputs("</tr></thead><tbody>\n", f);
}

void html_table_end(FILE *f)
{
	fputs("</tbody></table></div>\n", f);
}

/* A file as the address of itself. */
static int put_data(FILE *f, const char *path, const char *type, struct err *e)
{
	size_t len;
	char *bytes = read_file(path, &len, e), *text;

	if (!bytes)
		return -1;
	text = xmalloc(BASE64_ENCODE_RAW_LENGTH(len) + 1);
	base64_encode_raw(text, len, (const uint8_t *)bytes);
	text[BASE64_ENCODE_RAW_LENGTH(len)] = '\0';
	html_printf(f, "data:%s;base64,", type);
	fputs(text, f);
	free(text);
	free(bytes);
	return 0;
}

int html_image(FILE *f, const char *path, const char *type, const char *alt, struct err *e)
{
	int rc;

	html_printf(f, "<img alt=\"%s\" src=\"", alt);
	rc = put_data(f, path, type, e);
	fputs("\">", f);
	return rc;
}

int html_download(FILE *f, const char *path, const char *type, const char *text, struct err *e)
{
	const char *slash = strrchr(path, '/');
	int rc;

	html_printf(f, "<a download=\"%s\" href=\"", slash ? slash + 1 : path);
	rc = put_data(f, path, type, e);
	html_printf(f, "\">%s</a>", text);
	return rc;
}
