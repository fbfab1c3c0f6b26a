/* A run's clock on its page: every [data-tick] counts from its ms since the run's start.
   It stops where nobody knows whether the run goes on. */
"use strict";

const runClock = (page) => {
  let began = performance.now() - Number(page.dataset.elapsed);
  let running = page.dataset.status === "running";
  let frozen = false;

  const spell = (ms) => {
    const all = Math.max(0, ms);
    if (all < 60_000) return `${(all / 1000).toFixed(1)} s`;
    const minutes = Math.floor(all / 60_000);
    if (minutes < 60) return `${minutes} min ${String(Math.floor((all % 60_000) / 1000)).padStart(2, "0")} s`;
    return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
  };
  /* a node for each text that changes: no parsing, no new nodes, ten times a second */
  const put = (place, words) => {
    if (place.firstChild?.nodeType !== Node.TEXT_NODE) place.textContent = words;
    else if (place.firstChild.data !== words) place.firstChild.data = words;
  };
  const show = (now) => {
    for (const place of document.querySelectorAll("[data-tick]")) {
      put(place, spell(now - Number(place.dataset.tick)));
    }
    document.dispatchEvent(new CustomEvent("run:tick", { detail: { now } }));
  };
  const tick = () => {
    if (frozen) return;
    if (running) show(performance.now() - began);
    for (const place of document.querySelectorAll("[data-tick-since]")) {
      put(place, spell(Date.now() - Number(place.dataset.tickSince)));
    }
  };
  /* never behind what the feed has told */
  const heed = (t) => {
    running = true;
    if (performance.now() - began < t) began = performance.now() - t;
  };
  return {
    spell, show, tick, heed,
    stop: () => { running = false; },
    freeze: (yes) => { frozen = yes; },
  };
};
