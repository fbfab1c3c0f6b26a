/* Follows one run. The server rendered the page up to the feed entry in data-last;
   the socket (link.js) goes on from there. Text goes into text nodes (texts.js), all else
   arrives as HTML of the page's own partials (parts.js). A replay has its own clock. */
"use strict";

(() => {
  const page = document.getElementById("run");
  const ACK_EVERY = 32;
  const RELOAD_MS = 2000;
  const TICK_MS = 100;
  const LATEST_MS = 100;
  const STRUCTURE = new Set(["run", "layer", "draft", "end"]);

  /* ── loading the page again, when what we have cannot be right ── */
  let leaving = false;
  const reload = () => {
    if (leaving) return;
    const key = `moa-reload:${location.pathname}`;
    const last = Number(sessionStorage.getItem(key) || 0);
    const wait = Math.max(0, last + RELOAD_MS - Date.now());
    leaving = true;
    setTimeout(() => {
      sessionStorage.setItem(key, String(Date.now()));
      location.reload();
    }, wait);
  };

  const clock = runClock(page);
  const texts = draftTexts({ gap: reload });
  const parts = pageParts({ texts, swapped: clock.tick });

  /* ── what came in is shown once a frame: parts first, which are absolute, then the text
     that they do not have yet ── */
  let words = [];
  let frame = 0;
  let timer = 0;
  const settle = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    frame = timer = 0;
    parts.flush();
    const told = words;
    words = [];
    for (const entry of told) {
      if (entry.k === "delta") entry.x.forEach(texts.write);
      else texts.think(entry);
    }
    texts.flush();
  };
  const show = (entry) => {
    if (entry.html) {
      parts.add(entry.html);
      words = words.filter((one) => one.k === "delta" || one.key !== entry.key);
    } else if (entry.k === "delta" || entry.k === "note") words.push(entry);
    if (document.hidden || entry.k === "end") settle();
    else {
      frame ||= requestAnimationFrame(settle);
      /* a window that nobody sees may get no frames for seconds */
      timer ||= setTimeout(settle, LATEST_MS);
    }
  };
  if ("replay" in page.dataset) {
    clock.stop();
    replayRun({ page, clock, texts, parts, show, settle });
    return;
  }

  /* ── the feed ── */
  let last = page.dataset.last;
  let unacked = 0;
  let ended = page.dataset.status !== "running" && page.dataset.status !== "queued";
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
  const finish = () => {
    ended = true;
    const state = document.getElementById("run-status");
    document.dispatchEvent(new CustomEvent("run:end", {
      detail: { state: state?.dataset.state, words: state?.textContent.trim() },
    }));
  };
  const take = (entry, socket) => {
    if (leaving || isOld(entry.id)) return;
    if (!follows(entry.id, entry) || (STRUCTURE.has(entry.k) && !entry.html)) {
      reload();
      return;
    }
    last = entry.id;
    link.notice("");
    if (typeof entry.t === "number") clock.heed(entry.t);
    if (entry.k === "end") clock.stop();
    show(entry);
    unacked += 1;
    if (unacked >= ACK_EVERY || entry.k === "end") {
      unacked = 0;
      socket.sendImmediately(JSON.stringify({ ack: last }));
    }
    if (entry.k === "end") finish();
  };

  /* ── the socket ── */
  const stop = stopButton({ say: (...said) => link.say(...said) });
  const link = followRun({
    since: () => last,
    over: () => ended || leaving,
    opened: () => {
      unacked = 0;
      clock.freeze(false);
      stop.reachable(true);
    },
    /* what is not known is not counted on */
    lost: () => {
      clock.freeze(true);
      stop.reachable(false);
    },
    barred: clock.stop,
    take,
    reload,
  });
  if (!ended) link.start();

  /* a new card starts at its tail, so that it is followed until the reader scrolls */
  for (const box of document.querySelectorAll(".draft:not([data-status=done]) .text")) {
    box.scrollTop = box.scrollHeight;
  }
  clock.tick();
  if (!ended) setInterval(clock.tick, TICK_MS);
})();
