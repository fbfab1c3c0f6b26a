/* What a reader does with a run's page, and what the page does by itself between two
   entries of the feed. run.js writes the text and swaps the parts; nothing here speaks
   with the server. Without scripts the page is complete, if it stands still. */
"use strict";

(() => {
  const page = document.getElementById("run");
  const PHONE = matchMedia("(max-width: 700px)");
  const VOICE_MS = 7000;
  const PARTS = 5;
  const STEPS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 40, 60].map((s) => s * 1000);
  const all = (selector, root = document) => root.querySelectorAll(selector);

  /* ── tabs: one draft of each layer ── */
  const picked = new Map();    /* section id → draft key */
  const sectionOf = (node) => node.closest(".layer");
  const showPick = (section) => {
    const key = picked.get(section.id);
    if (!key) return;
    for (const card of all(".draft", section)) card.toggleAttribute("data-picked", card.dataset.key === key);
    for (const link of all("[data-pick]", section)) {
      if (link.dataset.pick === key) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  for (const card of all(".draft[data-picked]")) picked.set(sectionOf(card).id, card.dataset.key);
  const pick = (link) => {
    const section = sectionOf(link);
    picked.set(section.id, link.dataset.pick);
    showPick(section);
    history.replaceState(null, "", link.href);
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-pick]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    pick(link);
  });

  /* ── arrows: between tabs, and from draft to draft in focus ── */
  const typing = (node) => node.closest("input, textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey || typing(event.target)) return;
    const tab = event.target.closest("[data-pick]");
    if (tab) {
      const tabs = [...all("[data-pick]", sectionOf(tab))];
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
      event.preventDefault();
      pick(next);
      next.focus();
    } else if (page.dataset.view === "focus") {
      document.querySelector(step < 0 ? ".focus-bar [rel=prev]" : ".focus-bar [rel=next]")?.click();
    }
  });

  /* ── the switch says which view it is when nobody chose ── */
  const sayView = () => {
    if (page.dataset.view !== "auto") return;
    for (const link of all("[data-view-of]")) {
      const current = (link.dataset.viewOf === "tabs") === PHONE.matches;
      if (current) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  };
  PHONE.addEventListener("change", sayView);
  sayView();

  /* ── who read whom: the wires of the slot at hand ── */
  const columns = document.querySelector(".columns");
  const lightWires = (event) => {
    const key = event.target.closest?.(".seat")?.dataset.key;
    columns.toggleAttribute("data-lit", Boolean(key));
    for (const wire of all(".wires path", columns)) {
      const ends = `${wire.dataset.start} ${wire.dataset.end}`.split(" ");
      wire.toggleAttribute("data-lit", Boolean(key) && ends.includes(key));
    }
  };
  for (const name of ["pointerover", "pointerout", "focusin", "focusout"]) {
    columns.addEventListener(name, (event) => {
      lightWires(name.endsWith("out") ? { target: event.relatedTarget ?? document.body } : event);
    });
  }

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
      mark.setAttribute("x", percent(from));
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
  };

  let counted = 0;
  document.addEventListener("run:tick", (event) => {
    now = event.detail.now;
    draw();
    if (Math.abs(now - counted) < 1000) return;
    counted = now;
    countFlights();
  });

  /* ── parts that are swapped: keep the reader where they are ── */
  const chosen = (node) => {
    const selection = getSelection();
    return selection && !selection.isCollapsed && selection.containsNode(node, true);
  };
  const AWAY = 24;
  const isRead = (section) =>
    section.matches(":hover")
    || section.contains(document.activeElement)
    || chosen(section)
    || section.getBoundingClientRect().top < innerHeight * 0.25
    || [...all(".text", section)].some(
      (box) => box.scrollTop > 0 && box.scrollHeight - box.scrollTop - box.clientHeight > AWAY);

  const anchorNow = () => {
    const selection = getSelection();
    const node = selection && !selection.isCollapsed ? selection.anchorNode?.parentElement : null;
    const here = [node, document.activeElement, ...all(".draft:hover, .layer:hover, #timeline:hover")];
    return here.find((one) => one && one !== document.body && page.contains(one) && !one.closest(".flow, .run-head"));
  };
  let anchor = null;
  let anchorTop = 0;
  const keepPlace = () => {
    const moved = anchor?.isConnected ? anchor.getBoundingClientRect().top - anchorTop : 0;
    anchor = null;
    if (Math.abs(moved) > 1) scrollBy({ top: moved, behavior: "instant" });
  };
  const remember = () => {
    if (anchor) return;
    anchor = anchorNow() ?? page;
    anchorTop = anchor.getBoundingClientRect().top;
    queueMicrotask(keepPlace);
  };

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target } = event.detail;
    if (!target.classList.contains("layer")) return;
    const folds = event.detail.fragment.firstElementChild?.hasAttribute("data-folded");
    /* who reads it keeps it open; a later visit finds it folded */
    if (folds && !target.hasAttribute("data-folded") && isRead(target)) event.detail.shouldSwap = false;
    remember();
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    const part = event.target;
    const section = part.closest?.(".layer");
    if (section) showPick(section);
    if (part.closest?.("#timeline")) {
      if (part.id === "timeline") scale = Math.max(Number(part.dataset.scale), 1);
      draw();
      drawAll();
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const section = event.target.closest?.(".layer");
    if (section) showPick(section);
  });

  /* what follows an answer is not thrust upon who has just watched it come */
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href="#follow-up"], a[href="#worth"]');
    if (!link) return;
    const place = document.querySelector(link.getAttribute("href"));
    if (!place) location.assign(`?${link.hash}`);
    else if (place.hidden) place.hidden = false;
  });

  /* ── rendered or as it was written ── */
  const rendered = new WeakMap();
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-raw]");
    const prose = link && document.getElementById(link.dataset.raw);
    if (!prose || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    if (rendered.has(prose)) {
      prose.replaceChildren(rendered.get(prose));
      rendered.delete(prose);
      link.textContent = "Source";
      return;
    }
    const kept = document.createDocumentFragment();
    kept.append(...prose.childNodes);
    rendered.set(prose, kept);
    const source = document.createElement("pre");
    source.className = "raw";
    source.textContent = prose.dataset.source;
    prose.append(source);
    link.textContent = "Rendered";
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
