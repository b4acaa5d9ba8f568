// Days as columns, each as high as the share that was skipped: "skipped/due" a day, oldest first.

const COLUMN = { width: 10, bar: 7 };
const HEIGHT = 100;
const LEAST = 2.5; // a day on which nothing was skipped is no day without scans
const STUB = 12; // of a few scans: how many of them were skipped is chance
const NS = "http://www.w3.org/2000/svg";

class Days extends HTMLElement {
  static observedAttributes = ["values", "tallest", "few", "titles"];

  attributeChangedCallback() {
    const values = (this.getAttribute("values") ?? "").split(",").filter(Boolean);
    if (this.shadowRoot === null) this.attachShadow({ mode: "open" });
    const picture = document.createElementNS(NS, "svg");
    picture.setAttribute("viewBox", `0 0 ${values.length * COLUMN.width} ${HEIGHT}`);
    picture.setAttribute("preserveAspectRatio", "none");
    picture.setAttribute("style", "display: block; width: 100%; height: 100%");
    const titles = (this.getAttribute("titles") ?? "").split("|");
    values.forEach((value, at) => picture.append(...this.column(value, at, titles[at])));
    this.shadowRoot.replaceChildren(picture);
  }

  column(value, at, title) {
    const [skipped, due] = value.split("/").map(Number);
    if (due === 0) return [];
    const tallest = Number(this.getAttribute("tallest")) || 1;
    const isFew = due < Number(this.getAttribute("few"));
    const height = isFew ? STUB : Math.max(LEAST, HEIGHT * Math.min(1, skipped / due / tallest));
    const style = isFew ? "fill: var(--quiet); opacity: .45" : "fill: currentColor";
    const bar = this.box(at, height, style);
    if (!title) return [bar];
    const whole = this.box(at, HEIGHT, "fill: transparent"); // the pointer finds it anywhere above
    const said = document.createElementNS(NS, "title");
    said.textContent = title;
    whole.append(said);
    return [bar, whole];
  }

  box(at, height, style) {
    const box = document.createElementNS(NS, "rect");
    const place = { x: at * COLUMN.width + (COLUMN.width - COLUMN.bar) / 2, y: HEIGHT - height, width: COLUMN.bar, height };
    for (const [name, value] of Object.entries(place)) box.setAttribute(name, value);
    box.setAttribute("style", style);
    return box;
  }
}

customElements.define("custos-days", Days);
