/* Follows one run. The server rendered the page up to the feed entry in data-last;
   the socket (link.js) goes on from there. Text is appended to text nodes, all else arrives as
   HTML of the page's own partials. */
"use strict";

(() => {
  const page = document.getElementById("run");
  const ACK_EVERY = 32;
  const RELOAD_MS = 2000;
  const NEAR_TAIL = 24;

  /* ── the clock: seconds that go on by themselves ── */
  let began = performance.now() - Number(page.dataset.elapsed);
  let running = page.dataset.status === "running";
  const spell = (ms) => {
    const all = Math.max(0, ms);
    if (all < 60_000) return `${(all / 1000).toFixed(1)} s`;
    const minutes = Math.floor(all / 60_000);
    if (minutes < 60) return `${minutes} min ${String(Math.floor((all % 60_000) / 1000)).padStart(2, "0")} s`;
    return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
  };
  const tick = () => {
    if (running) {
      const now = performance.now() - began;
      for (const place of document.querySelectorAll("[data-tick]")) {
        place.textContent = spell(now - Number(place.dataset.tick));
      }
      document.dispatchEvent(new CustomEvent("run:tick", { detail: { now } }));
    }
    for (const place of document.querySelectorAll("[data-tick-since]")) {
      place.textContent = spell(Date.now() - Number(place.dataset.tickSince));
    }
  };
  const heed = (t) => {
    running = true;
    if (performance.now() - began < t) began = performance.now() - t;
  };

  /* ── loading the page again, when what we have cannot be right ── */
  const reload = () => {
    const key = `moa-reload:${location.pathname}`;
    const last = Number(sessionStorage.getItem(key) || 0);
    const wait = Math.max(0, last + RELOAD_MS - Date.now());
    leaving = true;
    setTimeout(() => {
      sessionStorage.setItem(key, String(Date.now()));
      location.reload();
    }, wait);
  };
  let leaving = false;

  /* ── text ── */
  const writers = new Map();   /* draft key → {n, length, node, box} per place */
  const placesOf = (key) => document.querySelectorAll(`[data-stream="${CSS.escape(key)}"]`);

  const writerOf = (place) => {
    let writer = writers.get(place);
    if (!writer) {
      writer = {
        n: Number(place.dataset.call),
        length: Number(place.dataset.units),
        fresh: "",
      };
      writers.set(place, writer);
    }
    return writer;
  };

  const dirty = new Set();
  let frame = 0;
  const atTail = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_TAIL;
  const flush = () => {
    frame = 0;
    const texts = [...dirty].filter((place) => place.isConnected);
    dirty.clear();
    /* read all, then write all, then scroll: one layout, not one a draft */
    const followed = texts
      .map((place) => place.closest(".text"))
      .filter((box) => box && atTail(box));
    for (const place of texts) {
      const writer = writerOf(place);
      if (!writer.fresh) continue;
      if (place.lastChild) place.lastChild.appendData(writer.fresh);
      else place.append(document.createTextNode(writer.fresh));
      writer.fresh = "";
    }
    for (const box of followed) box.scrollTop = box.scrollHeight;
  };
  const later = () => {
    if (document.hidden) flush();
    else frame ||= requestAnimationFrame(flush);
  };

  const write = ([key, n, offset, text]) => {
    for (const place of placesOf(key)) {
      const writer = writerOf(place);
      if (n < writer.n) continue;
      if (n > writer.n) {
        place.textContent = "";
        Object.assign(writer, { n, length: 0, fresh: "" });
      }
      if (offset > writer.length) {
        reload();
        return;
      }
      const fresh = text.slice(writer.length - offset);
      if (!fresh) continue;
      if (!writer.length) setState(key, "writing", "writing");
      writer.fresh += fresh;
      writer.length += fresh.length;
      dirty.add(place);
    }
    if (dirty.size) later();
  };

  /* the first word changes a state without asking the server */
  const setState = (key, state, word) => {
    for (const place of document.querySelectorAll(`[data-state-of="${CSS.escape(key)}"]`)) {
      place.dataset.state = state;
      place.querySelector(".glyph:not(.again) use")?.setAttribute("href", `#g-${state}`);
      const said = place.querySelector(".word");
      if (said) said.textContent = word;
    }
  };
  const think = (entry) => {
    const [place] = placesOf(entry.key);
    if (!place || writerOf(place).length || !entry.reasoning) return;
    setState(entry.key, "sent", `thinking, ${entry.reasoning.toLocaleString("en")} characters`);
  };

  /* ── fragments: parts of the page, swapped by id ── */
  const held = new Map();      /* id → HTML that waits for a selection to end */
  const selected = (id) => {
    const selection = getSelection();
    const target = document.getElementById(id);
    return Boolean(target && selection && !selection.isCollapsed && selection.containsNode(target, true));
  };
  const swap = (html) => {
    flush();
    const before = new Map();
    for (const box of document.querySelectorAll(".text")) {
      before.set(box.id, { top: box.scrollTop, tail: atTail(box) && box.scrollTop > 0 });
    }
    const focused = document.activeElement?.id;
    htmx.swap(document.body, html, { swapStyle: "none", swapDelay: 0, settleDelay: 0 });
    for (const [id, { top, tail }] of before) {
      const box = document.getElementById(id);
      if (box) box.scrollTop = tail ? box.scrollHeight : top;
    }
    if (focused && document.activeElement?.id !== focused) {
      document.getElementById(focused)?.focus({ preventScroll: true });
    }
    for (const place of writers.keys()) if (!place.isConnected) writers.delete(place);
    tick();
  };
  const swapUnlessSelected = (html) => {
    const parsed = document.createElement("template");
    parsed.innerHTML = html;
    const now = [];
    for (const part of parsed.content.children) {
      if (selected(part.id)) held.set(part.id, part.outerHTML);
      else {
        held.delete(part.id);
        now.push(part.outerHTML);
      }
    }
    if (now.length) swap(now.join(""));
  };
  document.addEventListener("selectionchange", () => {
    for (const [id, html] of held) {
      if (selected(id)) continue;
      held.delete(id);
      swap(html);
    }
  });

  /* ── the feed ── */
  let last = page.dataset.last;
  let unacked = 0;
  const place = (id) => id.split("-").map(Number);
  const follows = (id, entry) => {
    const [epoch, seq] = place(id);
    const [knownEpoch, knownSeq] = place(last);
    if (epoch === knownEpoch) return seq === knownSeq + 1;
    return seq === 1 && (!entry.after || entry.after === last);
  };
  const isOld = (id) => {
    const [epoch, seq] = place(id);
    const [knownEpoch, knownSeq] = place(last);
    return epoch < knownEpoch || (epoch === knownEpoch && seq <= knownSeq);
  };
  const STRUCTURE = new Set(["run", "layer", "draft", "end"]);

  const take = (entry, socket) => {
    if (leaving || isOld(entry.id)) return;
    if (!follows(entry.id, entry) || (STRUCTURE.has(entry.k) && !entry.html)) {
      reload();
      return;
    }
    last = entry.id;
    link.notice("");
    if (typeof entry.t === "number") heed(entry.t);
    if (entry.k === "end") running = false;
    if (entry.k === "delta") entry.x.forEach(write);
    else if (entry.k === "note") think(entry);
    if (entry.html) swapUnlessSelected(entry.html);
    if (entry.k === "end") ended = true;
    unacked += 1;
    if (unacked >= ACK_EVERY || entry.k === "end") {
      unacked = 0;
      socket.sendImmediately(JSON.stringify({ ack: last }));
    }
  };

  /* ── the socket ── */
  let ended = page.dataset.status !== "running" && page.dataset.status !== "queued";
  const link = followRun({
    since: () => last,
    over: () => ended || leaving,
    opened: () => {
      unacked = 0;
    },
    barred: () => {
      running = false;
    },
    take,
    reload,
  });
  if (!ended) link.start();

  /* a new card starts at its tail, so that it is followed until the reader scrolls */
  for (const box of document.querySelectorAll(".draft:not([data-status=done]) .text")) {
    box.scrollTop = box.scrollHeight;
  }
  /* the answer to Stop is in the feed; until it comes, say that it was heard */
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.target.id !== "stop") return;
    const button = event.target.querySelector("button");
    if (!button) return;
    if (event.detail.successful) {
      button.disabled = true;
      button.lastChild.textContent = "Stopping";
    } else {
      link.say("The run could not be stopped. Load the page again and try once more.", "bad");
    }
  });

  tick();
  if (!ended) setInterval(tick, 100);
})();
