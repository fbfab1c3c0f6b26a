/* What goes on by itself while a run is written: the bars of its waterfall, the cost of
   open calls, and a word now and then for who listens. run.js keeps the clock. */
"use strict";

(() => {
  const page = document.getElementById("run");
  const VOICE_MS = 7000;
  const DRAW_MS = 250;
  const PARTS = 5;
  const STEPS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 40, 60].map((s) => s * 1000);
  const all = (selector, root = document) => root.querySelectorAll(selector);

  /* ── the waterfall goes on by itself ── */
  let scale = 1;
  let now = Number(page.dataset.elapsed);
  const percent = (ms) => `${((100 * ms) / scale).toFixed(2)}%`;
  const stretch = () => {
    const step = STEPS.find((one) => now <= one * PARTS) ?? Math.ceil(now / (PARTS * 60_000)) * 60_000;
    scale = step * PARTS;
    const word = (ms) => {
      if (step >= 60_000) return `${Math.round(ms / 60_000)} min`;
      return `${(ms / 1000).toFixed(step < 1000 ? 1 : 0)} s`;
    };
    all("#timeline .axis text").forEach((text, part) => { text.textContent = word(part * step); });
  };
  const place = (mark) => {
    const from = Number(mark.dataset.from);
    const to = mark.dataset.to ? Number(mark.dataset.to) : Math.max(now, from);
    if (mark.tagName === "text") {
      const late = from > scale / 2;
      mark.setAttribute("x", percent(from));
      mark.setAttribute("dx", late ? -6 : 6);
      mark.setAttribute("y", late ? 11 : 18);
      mark.setAttribute("text-anchor", late ? "end" : "start");
    } else if (mark.tagName === "line") {
      mark.setAttribute("x1", percent(from));
      mark.setAttribute("x2", percent(to));
    } else {
      mark.setAttribute("x", percent(from));
      mark.setAttribute("width", percent(Math.max(0, to - from)));
    }
  };
  const drawAll = () => {
    for (const mark of all("#timeline .bars [data-from]")) place(mark);
  };
  /* the first word comes without a fragment: run.js changes the state, we part the bar */
  const noteFirstWord = (row) => {
    const waited = row.querySelector(".waited:not([data-to]), .waited[data-to='']");
    if (!waited || row.querySelector(".wrote")) return;
    const key = CSS.escape(row.dataset.open);
    if (!document.querySelector(`.flow [data-state-of="${key}"][data-state="writing"]`)) return;
    const wrote = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of [["class", "wrote"], ["y", 10], ["height", 9], ["data-from", Math.round(now)], ["data-to", ""]]) {
      wrote.setAttribute(name, value);
    }
    waited.dataset.to = Math.round(now);
    waited.after(wrote);
    place(waited);
    row.querySelector("[data-tick]")?.removeAttribute("data-tick");
  };
  const draw = () => {
    const timeline = document.getElementById("timeline");
    if (!timeline) return;
    scale = Math.max(scale, Number(timeline.dataset.scale));
    if (now > scale) {
      stretch();
      timeline.dataset.scale = scale;
      drawAll();
    }
    for (const row of all("[data-open]", timeline)) {
      noteFirstWord(row);
      for (const mark of all(".bars [data-to='']", row)) place(mark);
    }
    for (const mark of all(".bars .pause[data-to='']", timeline)) place(mark);
    const line = timeline.querySelector(".grid .now");
    line?.setAttribute("x1", percent(now));
    line?.setAttribute("x2", percent(now));
  };

  /* ── what open calls have come to, from what they wrote ── */
  const dollars = (nanos) => {
    const amount = nanos / 1e9;
    if (!nanos) return "$0";
    if (amount >= 1) return `$${amount.toFixed(2)}`;
    return amount >= 0.001 ? `$${amount.toFixed(4)}` : `$${amount.toFixed(6)}`;
  };
  const countFlights = () => {
    const out = document.querySelector("[data-flights]");
    if (!out?.dataset.flights) return;
    let nanos = 0;
    for (const flight of out.dataset.flights.split(";")) {
      const [key, prompt, unit] = flight.split(" ");
      const stream = document.querySelector(`[data-stream="${CSS.escape(key)}"]`);
      nanos += Number(prompt) + Number(unit) * (stream?.textContent.length ?? 0);
    }
    out.textContent = `≈ ${dollars(nanos)}`;
    const meter = document.querySelector(".meter");
    const share = (100 * nanos) / Number(meter.dataset.whole);
    meter.querySelector(".flight").setAttribute("width", `${Math.min(share, 100).toFixed(2)}%`);
  };

  let counted = 0;
  let drawn = 0;
  document.addEventListener("run:tick", (event) => {
    now = event.detail.now;
    if (now - drawn >= DRAW_MS || now < drawn) {
      drawn = now;
      draw();
    }
    if (Math.abs(now - counted) < 1000) return;
    counted = now;
    countFlights();
  });

  document.addEventListener("htmx:oobAfterSwap", ({ target }) => {
    if (!target.closest?.("#timeline")) return;
    if (target.id === "timeline") scale = Math.max(Number(target.dataset.scale), 1);
    draw();
    drawAll();
  });

  /* ── one polite sentence now and then; states say themselves ── */
  setInterval(() => {
    const voice = document.getElementById("run-voice");
    const status = document.getElementById("run-status");
    if (!voice || status?.dataset.state !== "running" || document.hidden || "replay" in page.dataset) return;
    const progress = document.querySelector(".progress > span")?.textContent.trim() ?? "";
    voice.textContent = `Still writing. ${progress}, ${Math.round(now / 1000)} seconds.`;
  }, VOICE_MS);

  if (page.dataset.status === "running") draw();
})();
