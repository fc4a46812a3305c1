"use strict";
(() => {
  const figure = document.querySelector("figure.where");
  if (!figure) return;
  const svg = figure.querySelector("svg.airfield");
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const find = (name) => figure.querySelector(name);
  find(".controls").hidden = false;
  let view = [0, 0, width, height];

  const show = () => svg.setAttribute("viewBox", view.join(" "));
  const clamp = (value, least, most) => Math.min(most, Math.max(least, value));
  const look = (x, y, w) => {
    w = clamp(w, width / 16, width);
    const h = (w * height) / width;
    view = [clamp(x, 0, width - w), clamp(y, 0, height - h), w, h];
    show();
  };
  const zoom = (wanted, x = view[0] + view[2] / 2, y = view[1] + view[3] / 2) => {
    const factor = clamp(view[2] * wanted, width / 16, width) / view[2];
    look(x - (x - view[0]) * factor, y - (y - view[1]) * factor, view[2] * factor);
  };
  const at = (event) => {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [place.x, place.y];
  };

  const divide = () => {
    const x = (find(".divider-at").value / 100) * width;
    find(".divider-clip").setAttribute("x", x);
    find(".divider-clip").setAttribute("width", width - x);
    find(".divider").setAttribute("d", `M${x} 0V${height}`);
  };
  const pick = (side) => {
    const menu = find(`.pick-${side}`);
    find(`use.${side}`).setAttribute("href", `#${menu.value}`);
    find(`.${side}-date`).textContent = menu.selectedOptions[0].textContent;
  };
  find(".divider-at").addEventListener("input", divide);
  for (const side of ["left", "right"]) find(`.pick-${side}`).addEventListener("change", () => pick(side));
  find(".show-shapes").addEventListener("change", (event) => find(".shapes").classList.toggle("off", !event.target.checked));
  for (const button of figure.querySelectorAll("[data-zoom]"))
    button.addEventListener("click", () =>
      button.dataset.zoom === "all" ? look(0, 0, width) : zoom(button.dataset.zoom === "in" ? 0.6 : 1 / 0.6));

  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== svg) return; // the page scrolls on
    event.preventDefault();
    zoom(event.deltaY < 0 ? 0.8 : 1.25, ...at(event));
  }, { passive: false });
  svg.addEventListener("keydown", (event) => {
    const step = view[2] / 10;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (moves[event.key]) look(view[0] + moves[event.key][0], view[1] + moves[event.key][1], view[2]);
    else if (event.key === "+" || event.key === "=") zoom(0.6);
    else if (event.key === "-") zoom(1 / 0.6);
    else return;
    event.preventDefault();
  });

  const fingers = new Map();
  svg.addEventListener("pointerdown", (event) => fingers.set(event.pointerId, event));
  svg.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const others = [...fingers.values()].filter((one) => one.pointerId !== event.pointerId);
    if (others.length) {
      const apart = (one) => Math.hypot(one.clientX - others[0].clientX, one.clientY - others[0].clientY);
      zoom(apart(before) / Math.max(1, apart(event)), ...at(others[0]));
    } else {
      const [x, y] = at(before), [newX, newY] = at(event);
      if (Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY) > 2) svg.setPointerCapture(event.pointerId);
      look(view[0] + x - newX, view[1] + y - newY, view[2]);
    }
    fingers.set(event.pointerId, event);
  });
  for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, (event) => fingers.delete(event.pointerId));
})();
