// What the report draws when it is opened: a setting's network, charts and verdicts, and tables that are
// too long for the page. Their data are files beside it, report/NAME.js, each a call skypelab(NAME, VALUE):
// a page from disk may run scripts, but not fetch. Text goes into the page as text only, never as markup.
'use strict';
(() => {
const make = (ns) => (tag, at, ...kids) => {
	const e = ns ? document.createElementNS(ns, tag) : document.createElement(tag);
	for (const k in at || {}) k === 'onclick' || k === 'oninput' ? e[k] = at[k] : e.setAttribute(k, at[k]);
	e.append(...kids.flat());
	return e;
};
const H = make(), S = make('http://www.w3.org/2000/svg');

// ---- data beside the page ----
const came = {}, asked = {};
window.skypelab = (name, value) => { came[name] = value; };
const load = (name) => asked[name] ||= new Promise((ok, no) => {
	const s = H('script', {src: `report/${name}.js`});
	s.onload = () => name in came ? ok(came[name]) : no();
	s.onerror = no;
	document.head.append(s);
});
const lacking = (name) => H('p', {class: 'bad', role: 'alert'},
	`report/${name}.js is not beside this page. It is a part of the run directory; copy the whole folder.`);

// ---- what words mean: as the page's own part says it ----
const meanings = new Map([...document.querySelectorAll('#words + .words dt')].map((d) => [d.dataset.word, d.nextElementSibling.textContent]));
const titled = (word) => meanings.has(word) ? {title: meanings.get(word)} : {};

// ---- tables ----
const number = (s) => s === '-' || (s !== '' && !isNaN(s));
// The columns of numbers stand to the right, heads and all.
const numbers = (rows) => rows.length ? rows[0].map((_, i) => i > 0 && rows.every((r) => number(r[i] ?? '')) && rows.some((r) => r[i] !== '-')) : [];
const row = (cells, right, head) => H('tr', {}, cells.map((c, i) =>
	head ? H('th', {scope: 'col', ...(right[i] ? {class: 'n'} : {})}, c) : i ? H('td', right[i] ? {class: 'n'} : titled(c), c) : H('th', {scope: 'row'}, c)));
const table = (label, names, rows, right = numbers(rows.map((r) => r.map(String)))) => H('div', {class: 'box', tabindex: 0, role: 'region', 'aria-label': label},
	H('table', {}, H('caption', {}, label), H('thead', {}, row(names, right, true)), H('tbody', {}, rows.map((r) => row(r.map(String), right)))));

const SHOWN = 200;
const long_table = (label, text) => {
	const lines = text.split('\n').filter((l) => l && l[0] !== '#').map((l) => l.split('\t'));
	const names = lines.shift(), right = numbers(lines), body = H('tbody'), said = H('p', {class: 'dim', role: 'status'});
	const show = (words) => {
		const all = words.toLowerCase().split(/\s+/).filter(Boolean);
		const hits = lines.filter((l) => { const t = l.join('\t').toLowerCase(); return all.every((w) => t.includes(w)); });
		body.replaceChildren(...hits.slice(0, SHOWN).map((l) => row(l, right)));
		said.textContent = `${hits.length} of ${lines.length} rows` + (hits.length > SHOWN ? `, the first ${SHOWN} shown` : '');
	};
	show('');
	return [H('label', {}, 'Rows with all of these words ', H('input', {class: 'find', type: 'search', oninput: (e) => show(e.target.value)})), said,
		H('div', {class: 'box tall', tabindex: 0, role: 'region', 'aria-label': label},
			H('table', {}, H('thead', {}, row(names, right, true)), body))];
};
document.querySelectorAll('details[data-table]').forEach((d) => d.addEventListener('toggle', async () => {
	if (!d.open || d.dataset.full) return;
	d.dataset.full = 1;
	const name = d.dataset.table;
	try { d.append(...long_table(name, await load('table-' + name))); } catch { d.append(lacking('table-' + name)); }
}));

// ---- the network ----
const NAMES = {open: 'open', 'inbound-restricted': 'nothing comes in unasked', 'full-restricted': 'TCP to 80 and 443 only goes out'};
const dropped = (c, gateway) => c.counters.filter((k) => k[0] === gateway);
const topology = (c) => {
	const sides = [['caller', c.caller], ['callee', c.callee]].filter((s) => s[1][0] !== '-' || s[1][1] !== '-');
	const w = sides.length > 1 ? 1052 : 612, h = 98 + 14 * Math.max(0, ...['caller-gw', 'callee-gw', 'internet'].map((g) => dropped(c, g).length));
	const g = S('svg', {class: 'draw', width: w + 2, height: h, viewBox: `-1 0 ${w + 2} ${h}`, role: 'img', 'aria-label':
		sides.map(([n, s]) => `${n}: firewall ${s[0]}, NAT ${s[1]}`).join('; ')});
	const box = (x, title, lines) => {
		g.append(S('rect', {x, y: 30, width: 170, height: 60, rx: 6}), S('text', {x: x + 85, y: 50, 'text-anchor': 'middle', 'font-weight': 600}, title));
		lines.forEach((t, i) => g.append(S('text', {x: x + 85, y: 67 + 15 * i, 'text-anchor': 'middle', class: 'dim'}, t)));
	};
	const wire = (x1, x2, label) => {
		g.append(S('line', {x1, y1: 60, x2, y2: 60}), S('text', {x: (x1 + x2) / 2, y: 22, 'text-anchor': 'middle', class: 'dim'}, c.vantages.includes(label) ? label : ''));
		if (c.vantages.includes(label)) g.append(S('line', {x1: (x1 + x2) / 2, y1: 27, x2: (x1 + x2) / 2, y2: 60, class: 'life'}));
	};
	const drops = (x, gateway) => dropped(c, gateway).forEach((k, i) =>
		g.append(S('text', {x: x + 85, y: 106 + 14 * i, 'text-anchor': 'middle', class: 'bad'}, `${k[2]} packet${k[2] > 1 ? 's' : ''}: ${k[1]}`)));
	const gw = (x, n, s) => { box(x, `${n}'s gateway`, [`firewall ${s[0]}`, `NAT ${s[1]}`]); drops(x, n + '-gw'); };
	box(0, 'caller', ['']);
	wire(170, 220, 'caller.lan');
	gw(220, 'caller', c.caller);
	wire(390, 440, 'caller.wan');
	box(440, 'internet', ['super nodes, login', 'servers, others']);
	drops(440, 'internet');
	if (c.vantages.includes('core')) g.append(S('text', {x: 525, y: 22, 'text-anchor': 'middle', class: 'dim'}, 'core'));
	if (sides.length > 1) { wire(610, 660, 'callee.wan'); gw(660, 'callee', c.callee); wire(830, 880, 'callee.lan'); box(880, 'callee', ['']); }
	return H('div', {class: 'box', tabindex: 0, role: 'region', 'aria-label': 'Network'}, g);
};

// ---- where a flow was stopped ----
const LAYERS = ['lan', 'wan', 'cgn'], GATEWAYS = ['gw', 'cgn']; // from the inside out; a gateway is between two layers
const site = (c, node) => c.vantages.map((v) => v.replace(/\.[^.]*$/, '')).filter((s) => node.startsWith(s + '-')).sort((a, b) => b.length - a.length)[0] || '';
// The host whose client a flow belongs to, and whether somebody on the internet opened it to that client.
const home = (c, f) => [f.node, f.server].find((h) => site(c, h)) || f.node;
const visit = (c, f) => home(c, f) !== f.node;
// The counters of a gateway that dropped packets, by a rule for such a flow that comes that way. `key`: the flow as it came there.
const fitting = (c, gateway, way, key) => {
	const proto = key.split(' ')[0], [, to, port] = /(\S+):(\d+)$/.exec(key) || [];
	return dropped(c, gateway).filter((k) => k[3].some(([d, p, lo, hi, ips]) =>
		(d === way || d === 'any') && (p === proto || p === 'any') && +port >= lo && +port <= hi && (!ips || ips.includes(to)))).map((k) => k[1]);
};
const at = (c, gateways, way, key) => {
	const by = [...new Set(gateways.flatMap((g) => fitting(c, g, way, key)))];
	return {gateway: gateways.join(' or '), by: by.join(' or ') || 'no counter says by what', counted: by.length > 0};
};
// Where both ends opened a flow and NAT made one tuple of the two, what one end sends on its own answers the other.
const silent = (c, f) => c.told && !f.answered && !f.with.some((k) => c.flows[k].spoke);
const stopped = (c, f) => {
	const own = site(c, f.node);
	const watched = (s) => LAYERS.map((l, i) => [i, `${s}.${l}`]).filter(([, v]) => c.vantages.includes(v));
	const between = (s, a, b) => GATEWAYS.slice(Math.min(a, b), Math.max(a, b)).map((g) => `${s}-${g}`);
	const lost = (s, layers, way) => { // the first layer on the way that did not see it, after one that did
		let from = null;
		for (const [i, v] of layers)
			if (v in f.seen) from = [i, v];
			else if (from) return at(c, between(s, from[0], i), way, f.seen[from[1]]);
		return null;
	};
	const out = own && lost(own, watched(own), 'out');
	if (out && (out.counted || site(c, f.server) !== own)) return out; // what stays within a site passes no gateway
	for (const s of new Set(Object.keys(f.seen).map((v) => v.replace(/\.[^.]*$/, ''))))
		if (s !== own && LAYERS.some((l) => c.vantages.includes(`${s}.${l}`))) {
			const into = lost(s, watched(s).reverse(), 'in');
			if (into) return into;
		}
	const there = silent(c, f) && !(f.spoke && f.key.startsWith('tcp')) && at(c, ['internet'], 'in', f.key);
	return there && there.counted ? there : null;
};
// What became of a flow that nothing answered: where it was stopped, or what is known at the least.
const fate = (c, f) => {
	const s = stopped(c, f);
	if (s) return `${s.gateway}: ${s.by}`;
	if (!silent(c, f)) return '';
	const own = site(c, f.node), mine = own ? LAYERS.map((l) => `${own}.${l}`) : [], seen = mine.filter((v) => v in f.seen);
	const blind = seen.length && !mine.slice(mine.indexOf(seen[seen.length - 1]) + 1).some((v) => c.vantages.includes(v));
	const may = blind ? GATEWAYS.slice(mine.indexOf(seen[seen.length - 1])).map((g) => `${own}-${g}`).filter((g) => fitting(c, g, 'out', f.key).length) : [];
	return 'no answer' + (may.length ? `; ${may.join(' and ')} dropped such packets (${may.flatMap((g) => fitting(c, g, 'out', f.key)).join(', ')}), but only ${seen.join(', ')} is watched: whether this flow was among them cannot be told` : '');
};

// ---- message sequence charts ----
const role = (f) => /login|authent/.test(f.kind) ? 'login server' : /look-up|update/.test(f.kind) ? 'names and updates'
	: /pstn/.test(f.kind) ? 'PSTN gateway' : /^media (direct|udp|tcp)$|direct/.test(f.kind) ? 'other client' : 'super nodes';
const LANES = ['other client', 'login server', 'names and updates', 'PSTN gateway'];
const time = (s, t0) => { const [a, b] = s.split('.'), [c, d] = t0.split('.'); return (a - c) + (('0.' + (b || 0)) - ('0.' + (d || 0))); };

const chart = (c, title, rows) => {
	const mine = [...new Set(rows.map((r) => role(r.flow)))].sort((a, b) => LANES.indexOf(a) - LANES.indexOf(b));
	const lanes = [rows[0].who, 'gateway', ...mine], step = 170, left = 120, top = 46, dy = 22;
	const w = left + step * (lanes.length - 1) + 170, h = top + dy * rows.length + 14, x = (i) => left + step * i;
	const g = S('svg', {class: 'draw', width: w, height: h, viewBox: `0 0 ${w} ${h}`, role: 'img', 'aria-label': `${title}: message sequence chart; the table below says the same`});
	lanes.forEach((n, i) => g.append(S('text', {x: x(i), y: 16, 'text-anchor': 'middle', 'font-weight': 600}, n),
		S('line', {x1: x(i), y1: 24, x2: x(i), y2: h - 6, class: 'life'})));
	rows.forEach((r, k) => {
		const y = top + dy * k, far = x(2 + mine.indexOf(role(r.flow))), lost = r.stop;
		const a = r.back ? far : x(0), end = r.back ? x(0) : far, d = end > a ? -6 : 6;
		const b = !lost ? end : lost.gateway === 'internet' ? (x(1) + far) / 2 : x(1);
		g.append(S('text', {x: 4, y: y + 4, class: 'dim'}, r.t.toFixed(3) + ' s'));
		g.append(S('line', {x1: a, y1: y, x2: b, y2: y, ...(lost ? {class: 'lost'} : r.silent ? {'stroke-dasharray': '4 3'} : {})}));
		g.append(lost ? S('path', {d: `M${b - 5},${y - 5}l10,10m0,-10l-10,10`, class: 'lost'}) : S('path', {d: `M${b + d},${y - 4}L${b},${y}L${b + d},${y + 4}`}));
		g.append(S('text', {x: (x(0) + x(1) + (lost && r.back ? 2 * step : 0)) / 2, y: y - 4, 'text-anchor': 'middle'}, r.name + (r.count > 1 ? ` ×${r.count}` : ''), meanings.has(r.name) ? S('title', {}, meanings.get(r.name)) : ''));
		if (lost) g.append(S('text', {x: (r.back ? far : b) + 10, y: y + 4, class: 'bad'}, lost.by));
		else g.append(S('text', {x: far + 8, y: y + 4, class: 'dim'}, r.flow.key.split(' ')[0] + ' ' + r.flow.key.split(' ')[r.visit ? 1 : 2] + (r.silent ? ', no answer' : '')));
	});
	return [H('div', {class: 'box tall', tabindex: 0, role: 'region', 'aria-label': title}, g),
		H('details', {}, H('summary', {}, 'The same as a table'), table(title, ['seconds', 'from', 'to', 'message', 'bytes', 'times', 'flow', 'what became of it'],
			rows.map((r) => [r.t.toFixed(6), r.back ? role(r.flow) : r.who, r.back ? r.who : role(r.flow), r.name, r.size, r.count, r.flow.key, r.fate])))];
};

// Each client's messages and connection attempts, cut where a session ends and where a call begins.
const ROWS = 120;
const charts = (c) => {
	const t0 = c.flows.reduce((a, f) => !a || f.opened < a ? f.opened : a, ''), out = [];
	const rows = c.messages.filter((m) => Array.isArray(m)).map((m) => ({t: time(m[0], t0), flow: c.flows[m[1]], back: m[2], name: m[3] === '-' ? `${m[4]} bytes` : m[3], size: m[4], count: m[5]}));
	c.flows.filter((f) => !f.spoke && f.key.startsWith('tcp')).forEach((f) => rows.push({t: time(f.opened, t0), flow: f, back: 0, name: 'SYN', size: 0, count: 1}));
		rows.forEach((r) => {
		r.stop = r.back ? null : stopped(c, r.flow);
		r.silent = !r.stop && silent(c, r.flow);
		r.fate = r.back ? '' : fate(c, r.flow);
		r.host = home(c, r.flow);
		r.visit = visit(c, r.flow);
		if (r.visit) r.back = !r.back;
	});
	rows.sort((a, b) => a.t - b.t);
	for (const s of [...new Set(rows.map((r) => r.host))]) {
		const mine = rows.filter((r) => r.host === s), who = (mine.find((r) => r.flow.spoke) || {flow: {spoke: s}}).flow.spoke;
		const hosts = new Set(mine.map((r) => r.flow.client).filter(Boolean));
		const cuts = c.events.filter((e) => hosts.has(e[2]) && (e[1] === 'session-end' || e[1] === 'call-start')).map((e) => [time(e[0], t0), e[1]]).sort((a, b) => a[0] - b[0]);
		const ways = c.ways.map((w) => w[0]).filter((w) => w[0] === who);
		const seen = {login: 0, call: 0};
		let from = -1, kind = 'login';
		for (const [end, what] of [...cuts, [Infinity, '']]) {
			const part = mine.filter((r) => r.t > from && r.t <= end);
			const n = ++seen[kind], way = ways.find((w) => w[1] === kind && +w[2] === n);
			if (part.length && (kind !== 'login' || way || n === 1)) {
				part.forEach((r) => { r.who = who; });
				const title = `${who}: ${kind === 'call' ? 'call' : way ? 'login ' + n : 'messages'}` + (way ? `, ${way[3]}` : '');
				out.push(H('details', out.length ? {class: 'open'} : {class: 'open', open: ''}, H('summary', {}, title + ` (${part.length} rows)`), chart(c, title, part.slice(0, ROWS)),
					part.length > ROWS ? H('p', {class: 'dim'}, `${part.length - ROWS} more rows are in messages.tsv.`) : ''));
			}
			from = end;
			kind = what === 'call-start' ? 'call' : 'login';
		}
	}
	const left = c.messages.find((m) => !Array.isArray(m));
	if (left) out.push(H('p', {class: 'dim'}, `${left} later messages are only in messages.tsv.`));
	return out;
};

// ---- a setting ----
const part = (n, of) => of ? `${n} of ${of}` : '-';
const SAID = {tp: 'named', fn: 'missed', fp: 'false', wrong_role: 'named, wrong client'};
const setting = (c) => `${c.version}: ` + [['caller', c.caller], ['callee', c.callee]].filter((s) => s[1][0] !== '-')
	.map(([n, s]) => `${n} ${s[0]}, ${s[1]}`).join('; ') + (c.extra ? `; ${c.extra}` : '');
const draw = (c, flow) => {
	const signatures = [...new Set(c.verdicts.map((v) => v[0]))];
	const flows = c.flows.filter((f) => signatures.some((s) => s in f.verdicts) || fate(c, f));
	const find = flow && (c.flows.find((f) => f.seen[flow.at] === flow.name) || c.flows.find((f) => Object.values(f.seen).includes(flow.name)));
	const here = !flow || !flow.trial || c.trials[0][0] === flow.trial;
	return [
		!flow ? '' : !here ? H('p', {class: 'lead'}, `The example, ${flow.name} at ${flow.at}, is of trial ${flow.trial}, whose captures are below. What is drawn is trial ${c.trials[0][0]}.`)
			: find ? H('p', {class: 'lead'}, `The example is ${find.kind}, ${find.key}` + (fate(c, find) ? `. What became of it: ${fate(c, find)}.` : '.')) : '',
		c.ways.length ? table('What became of logins and calls', ['who', 'what', 'attempt', 'result', 'path', 'port', 'trials'],
			c.ways.map(([w, n]) => [...w, `${n} of ${c.trials.length}`])) : '',
		H('h3', {}, 'Network, and what its rules dropped in the first trial'), topology(c),
		H('h3', {}, 'Verdicts'), table(`${c.trials.length} trial${c.trials.length > 1 ? 's together' : ''}, seen at ${c.vantage}`, ['signature', 'flows named', 'false flows', 'clients found', 'false clients'],
			c.verdicts.map(([s, f, k]) => [s, part(f[0], f[1]), f[2], part(k[0], k[1]), k[2]])),
		H('h3', {}, 'Messages of the first trial'), ...charts(c),
		H('h3', {}, 'Flows of the first trial'), table(`${flows.length} flows of Skype, at their openers' own LAN where that saw them` + (c.flows_left ? `; ${c.flows_left} more are only in the truth files` : ''), ['flow', 'kind', ...signatures, 'what became of it'],
			flows.map((f) => [f.key, f.kind, ...signatures.map((n) => SAID[f.verdicts[n]] || '-'), fate(c, f)])),
		H('h3', {}, 'Files'), H('ul', {}, c.trials.map(([t, files]) => H('li', {}, t + ': ', ...files.flatMap((f, i) =>
			[i ? ', ' : '', H('a', {href: `cells/${encodeURIComponent(t)}/${encodeURIComponent(f)}`}, f)])))),
	];
};
const dialog = document.getElementById('cell');
const show = async (list, flow) => {
	const close = H('button', {class: 'plain', type: 'button', onclick: () => dialog.close()}, 'Close');
	const bar = (title) => H('div', {class: 'bar'}, H('h2', {id: 'cell-name'}, title), close);
	dialog.replaceChildren(bar('…'));
	if (!dialog.open) dialog.showModal();
	const got = [];
	try { for (const k of list) got.push(await load('cell-' + k)); } catch { dialog.replaceChildren(bar('Setting'), lacking('cell-' + list[got.length])); return; }
	if (got.length > 1)
		dialog.replaceChildren(bar(`${got.length} settings`), H('ul', {}, got.map((c, i) => H('li', {}, H('button', {class: 'plain', type: 'button', onclick: () => show([list[i]])}, setting(c))))));
	else dialog.replaceChildren(bar(setting(got[0])), ...draw(got[0], flow));
	close.focus();
	dialog.scrollTop = 0;
};
document.addEventListener('click', (e) => {
	const b = e.target.closest('[data-cell]');
	if (b && dialog) show(b.dataset.cell.split(' '), b.dataset.flow && {name: b.dataset.flow, at: b.dataset.at, trial: b.dataset.trial});
});
// report.html#cell-3 opens a setting: for links from elsewhere.
const linked = () => { const m = /^#cell-(\d+)$/.exec(location.hash); if (m && dialog) show([m[1]]); };
addEventListener('hashchange', linked);
linked();
})();
