/* Slots and layers are dragged to where they belong; Esc calls it off. */

import { act, holdKeeping, keepSoon, query, state } from "./sending.js";

let drag = null;
const FAR = 6;

document.addEventListener("dragstart", (event) => {
  if (event.target.closest?.("#diagram")) event.preventDefault();
});

document.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest("#diagram [data-drag]");
  drag = null;
  if (!handle || event.button || event.pointerType === "touch" || event.target.closest("button")) return;
  const layer = Number(handle.closest(".layer").dataset.layer);
  const slot = handle.dataset.drag === "slot" ? [...handle.closest(".seats").children].indexOf(handle.parentElement) : -1;
  const own = handle.closest(".layer");
  const [list, at] = [listOf(own), Number(own.dataset.at)];
  drag = { handle, layer, slot, list, at, x: event.clientX, y: event.clientY, moving: false };
});

document.addEventListener("pointermove", (event) => {
  if (!drag || drag.ended) return;
  const dx = event.clientX - drag.x;
  const dy = event.clientY - drag.y;
  if (!drag.moving && Math.hypot(dx, dy) < FAR) return;
  if (!drag.moving) begin();
  drag.handle.style.translate = `${dx}px ${dy}px`;
  drag.to = drag.slot < 0 ? layerGap(event.clientX, event.clientY) : slotGap(event.clientX, event.clientY);
  showMark(drag.to);
});

document.addEventListener("pointerup", () => {
  if (!drag?.moving) return;
  const { layer, slot, to } = drag;
  endDrag();
  if (!to) return;
  if (slot < 0) {
    const at = to.list === drag.list && to.at > drag.at ? to.at - 1 : to.at;
    if (to.list !== drag.list || at !== drag.at) act(`layer-to:${layer}:${to.list}.${at}`, { diagram: true });
    return;
  }
  const at = to.layer === layer && to.at > slot ? to.at - 1 : to.at;
  if (to.layer !== layer || at !== slot) act(`slot-to:${layer}.${slot}:${to.layer}.${at}`, { diagram: true });
});
document.addEventListener("pointercancel", endDrag);

function begin() {
  drag.moving = drag.moved = true;
  holdKeeping();
  drag.handle.dataset.dragging = "";
  query("#diagram").dataset.dropping = "";
  drag.mark = document.createElement("div");
  drag.mark.className = "drop-mark";
  query("#diagram .scroll").append(drag.mark);
}

/* says whether there was one */
export function endDrag() {
  if (!drag?.moving) return false;
  drag.moving = false;
  drag.ended = true;
  drag.mark.remove();
  drag.handle.style.translate = "";
  delete drag.handle.dataset.dragging;
  delete query("#diagram").dataset.dropping;
  if (state.unsent) keepSoon();
  return true;
}

const listOf = (layer) => Number(layer.closest("[data-list]").dataset.list);
const boxes = () => [...document.querySelectorAll("#diagram .layer")].map((each) => ({ layer: each, box: each.querySelector("header").getBoundingClientRect() }));

function slotGap(x, y) {
  const columns = boxes();
  const away = (at, low, high) => (at < low ? low - at : at > high ? at - high : 0);
  /* of two branches, one above the other, the one at the pointer's height */
  const distance = ({ box, layer }) => {
    const whole = layer.getBoundingClientRect();
    return away(x, box.left, box.right) + (layer.closest(".lane") ? away(y, whole.top, whole.bottom) : 0);
  };
  const near = columns.reduce((one, other) => (distance(other) < distance(one) ? other : one));
  const seats = [...near.layer.querySelectorAll(".seats > li")].filter((each) => each.querySelector(".seat"));
  const middles = seats.map((each) => { const box = each.getBoundingClientRect(); return drag.handle.parentElement === each ? drag.y : (box.top + box.bottom) / 2; });
  const at = middles.filter((middle) => middle < y).length;
  const list = near.layer.querySelector(".seats").getBoundingClientRect();
  const first = seats[0]?.getBoundingClientRect();
  const top = seats.length ? (at < seats.length ? seats[at].getBoundingClientRect().top : seats[at - 1].getBoundingClientRect().bottom) : (first ?? list).top;
  return { layer: columns.indexOf(near), at, mark: { left: list.left, top: top - 2, width: list.width, height: 3 } };
}

/* the list whose box the pointer is in: a branch, else the recipe's own */
function listAt(x, y) {
  const inside = ({ left, right, top, bottom }) => x > left && x < right && y > top && y < bottom;
  const lane = [...document.querySelectorAll("#diagram .lane")].find((each) => inside(each.getBoundingClientRect()));
  return lane ?? query("#diagram .mixture");
}

function layerGap(x, y) {
  const area = listAt(x, y);
  const list = Number(area.dataset.list);
  const columns = boxes().filter(({ layer }) => listOf(layer) === list);
  if (!columns.length) {
    const { left, top, height } = area.getBoundingClientRect();
    return { list, at: 0, mark: { left, top, width: 3, height } };
  }
  const at = columns.filter(({ box, layer }) => (drag.handle.closest(".layer") === layer ? drag.x : (box.left + box.right) / 2) < x).length;
  const edge = at < columns.length ? columns[at].layer.getBoundingClientRect().left : columns[at - 1].layer.getBoundingClientRect().right;
  const { top, height } = area.getBoundingClientRect();
  return { list, at, mark: { left: edge - 2, top, width: 3, height } };
}

function showMark({ mark }) {
  const scroll = query("#diagram .scroll");
  const around = scroll.getBoundingClientRect();
  drag.mark.style.left = `${mark.left - around.left + scroll.scrollLeft}px`;
  drag.mark.style.top = `${mark.top - around.top}px`;
  drag.mark.style.width = `${mark.width}px`;
  drag.mark.style.height = `${mark.height}px`;
}

/* the click that ends a drag chooses nothing */
export const wasDragged = () => Boolean(drag?.moved);

document.addEventListener("htmx:oobBeforeSwap", (event) => {
  if (drag?.moving && event.detail.target.id === "diagram") event.detail.shouldSwap = false;
});
