/* Plays a run that is over again, as it happened. Frames go through the code that applies
   live ones; a jump applies the last version of each part at once, then the texts. */
"use strict";

const replayRun = ({ page, clock, texts, parts, show, settle }) => {
  const SAY_MS = 100;
  const MOST_DT_MS = 250;      /* a hidden page does not play */
  const MOST_FRAMES = 300;     /* more at once are a jump */
  const bar = document.getElementById("replay");
  const range = bar.querySelector("input[type=range]");
  const button = bar.querySelector("[data-play]");
  const out = bar.querySelector("output");
  const marks = bar.querySelector(".marks");
  let frames = [];
  let changes = [];            /* by frame: the parts that it changes */
  let total = 1;
  let at = 0;                  /* ms since the run's start */
  let next = 0;                /* the first frame that has not been applied */
  let playing = false;
  let speed = 1;
  let before = 0;
  let said = 0;

  /* ── what was written when ── */
  const written = new Map();   /* call n → {text, frames, lengths} */
  const thoughts = [];         /* [frame, note] */
  const record = (frame, index) => {
    if (frame.k === "note" && frame.reasoning) thoughts.push([index, frame]);
    for (const [, n, offset, text] of frame.x ?? []) {
      if (!written.has(n)) written.set(n, { text: "", frames: [], lengths: [] });
      const call = written.get(n);
      if (offset > call.text.length) continue;
      call.text += text.slice(call.text.length - offset);
      call.frames.push(index);
      call.lengths.push(call.text.length);
    }
  };
  /* how many of `sorted` are below `value` */
  const countBelow = (sorted, value) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const textOf = (n, end) => {
    const call = written.get(n);
    const count = call ? countBelow(call.frames, end) : 0;
    return count ? call.text.slice(0, call.lengths[count - 1]) : "";
  };

  /* ── jumping ── */
  const first = new Map();     /* id → the part as the page began with it */
  const partsIn = (html) => {
    const parsed = document.createElement("template");
    parsed.innerHTML = html;
    return [...parsed.content.children].filter((part) => part.id !== "run-voice");
  };
  const prepare = () => {
    changes = frames.map((frame) => (frame.html ? partsIn(frame.html) : []));
    for (const part of changes.flat()) {
      const shown = document.getElementById(part.id);
      part.removeAttribute("hx-swap-oob");
      if (shown && !first.has(part.id)) first.set(part.id, shown.cloneNode(true));
    }
  };
  const jump = (t) => {
    const end = countBelow(frames.map((frame) => frame.t), t + 1);
    const latest = new Map();
    const isBack = end < next;
    if (isBack) for (const [id, part] of first) latest.set(id, part);
    for (const part of changes.slice(isBack ? 0 : next, end).flat()) {
      latest.delete(part.id);  /* so that the order is that of the last versions */
      latest.set(part.id, part);
    }
    settle();
    parts.drop();
    parts.place([...latest.values()].map((part) => part.cloneNode(true)), { always: true });
    for (const place of document.querySelectorAll("[data-stream]")) {
      const n = Number(place.dataset.call);
      texts.put(place.dataset.stream, n, textOf(n, end));
    }
    for (const box of document.querySelectorAll(".draft[data-status=writing] .text")) {
      box.scrollTop = box.scrollHeight;
    }
    const seen = countBelow(thoughts.map(([index]) => index), end);
    const newest = new Map(thoughts.slice(0, seen).map(([, note]) => [note.key, note]));
    newest.forEach(texts.think);
    next = end;
    at = t;
    say(true);
  };

  /* ── playing ── */
  const words = (t) => `${clock.spell(t)} / ${clock.spell(total)}`;
  const say = (now = false) => {
    if (!now && performance.now() - said < SAY_MS) return;
    said = performance.now();
    range.value = at;
    range.setAttribute("aria-valuetext", `${clock.spell(at)} of ${clock.spell(total)}`);
    out.textContent = words(at);
    clock.show(at);
  };
  const label = () => {
    const word = playing ? "Pause" : at >= total ? "Again" : "Play";
    button.lastChild.textContent = word;
    button.querySelector("use").setAttribute("href", playing ? "#g-pause" : "#g-play");
  };
  const step = (now) => {
    if (!playing) return;
    at = Math.min(total, at + Math.min(now - before, MOST_DT_MS) * speed);
    before = now;
    const due = countBelow(frames.slice(next, next + MOST_FRAMES + 1).map((frame) => frame.t), at + 1);
    if (due > MOST_FRAMES) jump(at);
    else for (const frame of frames.slice(next, next += due)) show(frame);
    if (at >= total) playing = false;
    say(!playing);
    if (playing) requestAnimationFrame(step);
    else label();
  };
  const play = () => {
    if (at >= total) jump(0);
    playing = true;
    before = performance.now();
    label();
    requestAnimationFrame(step);
  };
  const pause = () => {
    playing = false;
    label();
    say(true);
  };
  const toggle = () => (playing ? pause() : play());
  let wanted = null;
  const seek = (t) => {
    if (wanted === null) {
      requestAnimationFrame(() => {
        jump(wanted);
        wanted = null;
        before = performance.now();
        label();
      });
    }
    wanted = Math.max(0, Math.min(total, t));
  };

  /* ── the bar ── */
  const drawMarks = () => {
    const opened = frames.filter((frame) => frame.k === "layer" && frame.state === "open");
    for (const { t, layer } of opened) {
      const x = `${(100 * t) / total}%`;
      const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
      for (const [name, value] of [["x1", x], ["x2", x], ["y1", 0], ["y2", 6]]) line.setAttribute(name, value);
      const number = document.createElementNS("http://www.w3.org/2000/svg", "text");
      number.setAttribute("x", x);
      number.setAttribute("y", 17);
      number.textContent = layer;
      marks.append(line, number);
    }
    const starts = opened.map(({ t, layer }) => `layer ${layer} at ${clock.spell(t)}`);
    if (starts.length) bar.querySelector("[data-starts]").textContent = `Layers open: ${starts.join(", ")}.`;
    return opened.map(({ t }) => t);
  };
  const SECOND = 1000;
  const steer = (event, opened) => {
    const big = Math.max(SECOND, total / 50);
    const here = wanted ?? at;
    const to = {
      ArrowLeft: here - big, ArrowDown: here - big, ArrowRight: here + big, ArrowUp: here + big,
      PageUp: opened.find((t) => t > here) ?? total,
      PageDown: opened.filter((t) => t < here - SECOND).pop() ?? 0,
    }[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === " ") toggle();
    else if (to !== undefined) seek(to);
    else return;
    event.preventDefault();
  };
  const begin = (told) => {
    let t = 0;
    frames = told.map((frame) => ({ ...frame, t: (t = Math.max(t, frame.t)) }));
    total = Math.max(1, t);
    frames.forEach(record);
    prepare();
    range.max = total;
    const opened = drawMarks();
    range.addEventListener("input", () => seek(Number(range.value)));
    range.addEventListener("keydown", (event) => steer(event, opened));
    button.addEventListener("click", toggle);
    bar.addEventListener("change", (event) => {
      if (event.target.name === "speed") speed = Number(event.target.value);
    });
    for (const one of bar.querySelectorAll("[disabled]")) one.disabled = false;
    bar.setAttribute("aria-busy", "false");
    jump(0);
    label();
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) play();
  };
  const load = async () => {
    try {
      const answer = await fetch(bar.dataset.frames, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      begin(await answer.json());
    } catch {
      out.textContent = "The recording could not be read. Load the page again.";
      bar.setAttribute("aria-busy", "false");
    }
  };
  page.addEventListener("replay:toggle", toggle);
  load();
};
