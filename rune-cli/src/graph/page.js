
const byId = id => document.getElementById(id);
const graphs = [...document.querySelectorAll('svg.graph')];
const sizes = new Map(graphs.map(svg => [svg, [+svg.getAttribute('width'), +svg.getAttribute('height')]]));

// Zooms around a point of the window, which does not move.
let zoom = 1;
function scale(factor, x = innerWidth / 2, y = innerHeight / 2) {
  const svg = document.elementFromPoint(x, y)?.closest('svg.graph');
  const before = svg?.getBoundingClientRect();
  zoom = Math.min(4, Math.max(0.02, factor));
  for (const [svg, [width, height]] of sizes) {
    svg.style.width = width * zoom + 'px';
    svg.style.height = height * zoom + 'px';
  }
  if (!before) return;
  const after = svg.getBoundingClientRect();
  scrollBy(after.left + (x - before.left) / before.width * after.width - x, after.top + (y - before.top) / before.height * after.height - y);
}
const fit = () => scale(Math.min(1, document.documentElement.clientWidth / sizes.get(graphs[0])[0]));
byId('in').onclick = () => scale(zoom * 1.25);
byId('out').onclick = () => scale(zoom / 1.25);
byId('full').onclick = () => scale(1);
byId('fit').onclick = fit;
addEventListener('wheel', event => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  scale(zoom * Math.exp(-event.deltaY / 400), event.clientX, event.clientY);
}, { passive: false });

// Dragging moves the page, except on links.
for (const svg of graphs) {
  svg.onpointerdown = event => {
    if (event.button || event.target.closest('a')) return;
    svg.classList.add('moves');
    svg.setPointerCapture(event.pointerId);
    svg.onpointermove = event => scrollBy(-event.movementX, -event.movementY);
  };
  svg.onpointerup = svg.onpointercancel = () => {
    svg.classList.remove('moves');
    svg.onpointermove = null;
  };
}

// Highlights the lines of the box under the pointer, and the boxes that they lead to.
const ends = new Map(graphs.map(svg => {
  const lines = {};
  for (const line of svg.querySelectorAll('.line')) for (const end of new Set(line.dataset.ends.split(' '))) (lines[end] ??= []).push(line);
  return [svg, lines];
}));
addEventListener('pointerover', event => {
  document.querySelectorAll('.near').forEach(near => near.classList.remove('near'));
  const box = event.target.closest('[data-node]'), svg = event.target.closest('svg.graph');
  for (const line of (box && ends.get(svg)[box.dataset.node]) ?? []) {
    line.classList.add('near');
    for (const end of line.dataset.ends.split(' ')) svg.querySelector(`[data-node="${end}"]`).classList.add('near');
  }
});

// Searches the texts of boxes and their tooltips.
const boxes = graphs.flatMap(svg => [...svg.querySelectorAll('[data-node]')]).map(box => [box, box.textContent.toLowerCase()]);
let found = [], at = -1;
function search() {
  const text = byId('search').value.trim().toLowerCase();
  found.forEach(box => box.classList.remove('found', 'here'));
  found = text ? boxes.filter(([, said]) => said.includes(text)).map(([box]) => box) : [];
  found.forEach(box => box.classList.add('found'));
  at = -1;
  byId('found').value = text ? `${found.length} found` : '';
  step(1);
}
function step(by) {
  if (!found.length) return;
  found[at]?.classList.remove('here');
  at = (at + by + found.length) % found.length;
  const box = found[at], section = box.closest('details');
  if (section) section.open = true;
  box.classList.add('here');
  box.scrollIntoView({ block: 'center', inline: 'center' });
  byId('found').value = `${at + 1} of ${found.length}`;
}
byId('search').oninput = search;

addEventListener('keydown', event => {
  if (event.target === byId('search')) {
    if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
    if (event.key === 'Escape') { byId('search').value = ''; search(); byId('search').blur(); }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const action = { '/': () => byId('search').focus(), '+': byId('in').onclick, '-': byId('out').onclick, '0': byId('full').onclick, f: fit }[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

// Unfolds the sub-program that a link points to.
function unfold() {
  const section = byId(location.hash.slice(1));
  if (!section) return;
  section.open = true;
  section.scrollIntoView();
}
addEventListener('hashchange', unfold);
// A loop has two sub-programs, and a branch has several.
addEventListener('click', event => {
  const link = event.target.closest('[data-programs]');
  for (const program of link?.dataset.programs.split(' ') ?? []) byId(`program-${program}`).open = true;
});
unfold();
