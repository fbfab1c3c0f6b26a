/* The texts of drafts that are being written: appended to text nodes, at once for all
   of them, and the tail followed where the reader is at it. Offsets count UTF-16 units. */
"use strict";

const draftTexts = ({ gap }) => {
  const NEAR_TAIL = 24;
  /* a text node that grows for ever is laid out anew as a whole at each word */
  const CHUNK = 4000;
  const writers = new Map();   /* place → {n, length, fresh} */
  const places = new Map();    /* draft key → places, until the page's parts change */
  const dirty = new Set();

  const placesOf = (key) => {
    let found = places.get(key);
    if (!found?.length || !found.every((place) => place.isConnected)) {
      found = [...document.querySelectorAll(`[data-stream="${CSS.escape(key)}"]`)];
      places.set(key, found);
    }
    return found;
  };
  const writerOf = (place) => {
    let writer = writers.get(place);
    if (!writer) {
      writer = { n: Number(place.dataset.call), length: Number(place.dataset.units), fresh: "" };
      writers.set(place, writer);
    }
    return writer;
  };

  /* the first word changes a state without asking the server */
  const say = (key, state, word) => {
    for (const place of document.querySelectorAll(`[data-state-of="${CSS.escape(key)}"]`)) {
      place.dataset.state = state;
      place.querySelector(".glyph:not(.again) use")?.setAttribute("href", `#g-${state}`);
      const said = place.querySelector(".word");
      if (said) said.textContent = word;
    }
  };

  /* a long text goes on in a block of its own, begun where a line ends anyway */
  const append = (place, text) => {
    let rest = text;
    while (rest) {
      let tail = place.lastChild;
      if (tail?.nodeType === Node.ELEMENT_NODE) tail = tail.firstChild;
      if (!tail) {
        tail = new Text();
        place.append(tail);
      }
      const cut = tail.length < CHUNK ? -1 : rest.indexOf("\n") + 1;
      if (cut <= 0) {
        tail.appendData(rest);
        return;
      }
      tail.appendData(rest.slice(0, cut));
      rest = rest.slice(cut);
      const block = document.createElement("div");
      block.className = "chunk";
      block.append(new Text());
      if (rest) place.append(block);
    }
  };

  const atTail = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_TAIL;
  const flush = () => {
    if (!dirty.size) return;
    const fresh = [...dirty].filter((place) => place.isConnected && writerOf(place).fresh);
    dirty.clear();
    /* read all, then write all, then scroll: one layout, not one a draft */
    const followed = fresh.map((place) => place.closest(".text")).filter((box) => box && atTail(box));
    for (const place of fresh) {
      const writer = writerOf(place);
      append(place, writer.fresh);
      writer.fresh = "";
    }
    for (const box of followed) box.scrollTop = box.scrollHeight;
  };

  const write = ([key, n, offset, text]) => {
    for (const place of placesOf(key)) {
      const writer = writerOf(place);
      if (n < writer.n) continue;
      if (n > writer.n) {
        place.replaceChildren();
        Object.assign(writer, { n, length: 0, fresh: "" });
      }
      if (offset > writer.length) {
        gap();
        return;
      }
      const fresh = text.slice(writer.length - offset);
      if (!fresh) continue;
      if (!writer.length) say(key, "writing", "writing");
      writer.fresh += fresh;
      writer.length += fresh.length;
      dirty.add(place);
    }
  };

  /* the whole of what a call had written by some moment, at once */
  const put = (key, n, text) => {
    for (const place of placesOf(key)) {
      const writer = writerOf(place);
      if (writer.n !== n) continue;
      place.replaceChildren();
      Object.assign(writer, { length: text.length, fresh: "" });
      dirty.delete(place);
      append(place, text);
      if (text) say(key, "writing", "writing");
    }
  };

  const think = ({ key, reasoning }) => {
    const [place] = placesOf(key);
    if (!place || !reasoning || writerOf(place).length) return;
    say(key, "sent", `thinking, ${reasoning.toLocaleString("en")} characters`);
  };

  /* after parts of the page were swapped: what is gone is forgotten */
  const forget = () => {
    places.clear();
    for (const place of writers.keys()) if (!place.isConnected) writers.delete(place);
  };
  return { write, put, think, flush, forget, atTail };
};
