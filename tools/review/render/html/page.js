/* global document, window */
// Follows a packet: lights up the boxes and lines of the current hop. Without it the page is complete, only still.
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const drawing = document.querySelector(".drawing svg");
  const articles = all(".walk");
  if (!drawing || articles.length === 0) return;

  const packet = drawing.querySelector(".packet");
  const caption = document.getElementById("caption");
  const position = document.getElementById("position");
  const chooser = document.getElementById("walk");
  const button = Object.fromEntries(
    ["first", "previous", "play", "next", "last"].map((id) => [id, document.getElementById(id)]),
  );
  const stillness = window.matchMedia("(prefers-reduced-motion: reduce)");
  let hops = [];
  let at = 0;
  let playing;
  let frame;

  const byId = (selector, id) => all(selector, drawing).find((element) => id !== "" && element.dataset.id === id);

  function choose(index) {
    stop();
    articles.forEach((article, i) => {
      article.hidden = i !== index;
    });
    hops = all(".hop", articles[index]);
    for (const direction of ["out", "back"]) {
      const own = hops.filter((hop) => hop.dataset.direction === direction);
      const lines = new Set(own.map((hop) => hop.dataset.edge));
      all(".edge", drawing).forEach((edge) => edge.classList.toggle(`is-way-${direction}`, lines.has(edge.dataset.id)));
    }
    show(0);
  }

  function show(index) {
    at = Math.max(0, Math.min(hops.length - 1, index));
    const hop = hops[at];
    if (!hop) return;
    const { node, edge, edgeFrom, group, direction, table, destination } = hop.dataset;
    all(".is-now", drawing).forEach((element) => element.classList.remove("is-now", "is-reversed"));
    all("tr.is-chosen").forEach((row) => row.classList.remove("is-chosen"));
    const way = direction === "back" ? "is-back" : "is-out";
    drawing.classList.remove("is-back", "is-out");
    drawing.classList.add(way);
    drawing.classList.toggle("is-geneve", hop.parentElement.querySelector(".header-box.outer") !== null);
    const box = byId(".node", node);
    box?.classList.add("is-now");
    if (node === "") byId(".group", group)?.classList.add("is-now");
    const line = byId(".edge", edge);
    const reversed = line !== undefined && line.dataset.from !== edgeFrom;
    line?.classList.add("is-now");
    line?.classList.toggle("is-reversed", reversed);
    hops.forEach((other) => other.removeAttribute("aria-current"));
    hop.setAttribute("aria-current", "step");
    all("tr[data-table]")
      .filter((row) => table !== "" && row.dataset.table === table && row.dataset.destination === destination)
      .forEach((row) => row.classList.add("is-chosen"));
    describe(hop);
    bringIntoView(box ?? byId(".group", group));
    travel(box, line, reversed, node === "" ? 0.5 : 1);
    button.first.disabled = button.previous.disabled = at === 0;
    button.last.disabled = button.next.disabled = at === hops.length - 1;
  }

  function describe(hop) {
    const leg = hop.dataset.direction === "back" ? "Back" : "Out";
    const own = hops.filter((other) => other.dataset.direction === hop.dataset.direction);
    position.textContent = `${leg}, hop ${own.indexOf(hop) + 1} of ${own.length}`;
    const parts = [...all(".where, .what", hop), ...hop.parentElement.querySelector(".more").children];
    caption.replaceChildren(...parts.map((part) => part.cloneNode(true)));
  }

  // Only the drawing scrolls, where it is larger than its frame; the page stays where the reader is.
  function bringIntoView(box) {
    if (!box) return;
    const frameBox = drawing.parentElement.getBoundingClientRect();
    const own = box.getBoundingClientRect();
    drawing.parentElement.scrollBy({
      left: own.left + own.width / 2 - frameBox.left - frameBox.width / 2,
      top: own.top + own.height / 2 - frameBox.top - frameBox.height / 2,
      behavior: stillness.matches ? "auto" : "smooth",
    });
  }

  // The dot goes along the line to the box; half of the way while a route table decides.
  function travel(box, line, reversed, share) {
    window.cancelAnimationFrame(frame);
    const rect = box?.querySelector("rect");
    if (!line && !rect) {
      packet.setAttribute("visibility", "hidden");
      return;
    }
    packet.setAttribute("visibility", "visible");
    const place = ({ x, y }) => packet.setAttribute("transform", `translate(${x} ${y})`);
    const length = line?.getTotalLength() ?? 0;
    const along = (part) => line.getPointAtLength(length * (reversed ? 1 - part : part));
    if (!line) {
      place({
        x: Number(rect.getAttribute("x")),
        y: Number(rect.getAttribute("y")) + Number(rect.getAttribute("height")) / 2,
      });
      return;
    }
    if (stillness.matches) {
      place(along(share));
      return;
    }
    const from = share === 1 && hops[at - 1]?.dataset.node === "" ? 0.5 : 0;
    const start = window.performance.now();
    const tick = (now) => {
      const done = Math.min(1, (now - start) / 420);
      place(along(from + (share - from) * done));
      if (done < 1) frame = window.requestAnimationFrame(tick);
    };
    frame = window.requestAnimationFrame(tick);
  }

  function stop() {
    window.clearInterval(playing);
    playing = undefined;
    button.play.textContent = "Play";
    button.play.setAttribute("aria-pressed", "false");
  }

  function play() {
    if (playing !== undefined) {
      stop();
      return;
    }
    if (at === hops.length - 1) show(0);
    button.play.textContent = "Pause";
    button.play.setAttribute("aria-pressed", "true");
    playing = window.setInterval(() => {
      if (at >= hops.length - 1) stop();
      else show(at + 1);
    }, 1400);
  }

  const steps = {
    ArrowRight: () => show(at + 1),
    ArrowLeft: () => show(at - 1),
    Home: () => show(0),
    End: () => show(hops.length - 1),
    p: play,
  };
  document.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    const busy = event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select, input, textarea");
    if (!step || busy) return;
    event.preventDefault();
    if (event.key !== "p") stop();
    step();
  });
  button.first.addEventListener("click", () => (stop(), show(0)));
  button.previous.addEventListener("click", () => (stop(), show(at - 1)));
  button.next.addEventListener("click", () => (stop(), show(at + 1)));
  button.last.addEventListener("click", () => (stop(), show(hops.length - 1)));
  button.play.addEventListener("click", play);
  articles.forEach((article, index) =>
    all(".hop", article).forEach((hop) =>
      hop.addEventListener("click", () => {
        stop();
        if (articles[index].hidden) choose(index);
        show(hops.indexOf(hop));
      }),
    ),
  );
  chooser.addEventListener("change", () => choose(Number(chooser.value)));
  // What does not work is what people came for.
  const bad = articles.findIndex((article) => !["delivered", "by rule"].includes(article.dataset.verdict));
  chooser.value = String(Math.max(0, bad));
  choose(Math.max(0, bad));
})();
